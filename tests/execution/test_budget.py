"""One budget: of two orders that are legal alone and not together, exactly one goes through."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from apps.commands.approve import approve
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.errors import Refused
from tests.desk import fund_on
from tests.money import OTHER, SPREAD, answer, at_once, book, desk_of, held, in_every_regime, order_of, propose, sent

STRATEGY = in_every_regime(strategy=0.002)  # 2,000 of a million: room for 760 or 1,675, not for both
BUDGETS = {
    "strategy_concentration": STRATEGY,
    "var_budget": in_every_regime(var_budget=0.0003),
    "free_margin": "[risk]\nfree_margin = 0.998",
    "correlated_positions": "[risk]\ncorrelated_positions = 1\ncorrelation = 0.0",
}


@contextmanager
def two_staged(url: str, home: Path, mandate: str) -> Iterator[tuple[Fund, str, str]]:
    with fund_on(url, home, mandate) as fund:
        yield fund, propose(fund, *SPREAD), propose(fund, *OTHER)


def statuses(fund: Fund, *order_ids: str) -> list[str]:
    return sorted(order_of(fund, order_id).status for order_id in order_ids)


@pytest.mark.parametrize("rule", BUDGETS)
def test_each_order_is_legal_alone(rule: str, database_url: str, tmp_path: Path) -> None:
    with two_staged(database_url, tmp_path, BUDGETS[rule]) as (fund, _, second):
        assert approve(fund, second, "eva", None, follow=True).status == "filled"


@pytest.mark.parametrize("rule", BUDGETS)
def test_the_second_of_two_approvals_is_refused_by_the_rule_the_first_one_filled(
    rule: str, database_url: str, tmp_path: Path
) -> None:
    with two_staged(database_url, tmp_path, BUDGETS[rule]) as (fund, first, second):
        assert approve(fund, first, "eva", None, follow=True).status == "filled"
        with pytest.raises(Refused):
            approve(fund, second, "eva", None, follow=True)

        recheck = Cycles(fund).threads.graph.get_state({"configurable": {"thread_id": second}}).values["recheck"]
        assert [check.rule for check in recheck.checks if not check.passed] == [rule]
        assert sent(fund) == [first]
        assert [position.order_id for position in held(fund)] == [first]


def test_two_sectors_one_budget(database_url: str, tmp_path: Path) -> None:
    mandate = in_every_regime(sector=0.002)
    with fund_on(database_url, tmp_path, mandate) as fund:
        first, second = propose(fund, "ZMKT", "bull_put_spread"), propose(fund, "ZSML", "bull_put_spread")
        assert {order_of(fund, one).staged.sector for one in (first, second)} == {"broad index"}
        approve(fund, first, "eva", None, follow=True)
        with pytest.raises(Refused, match=r"worst case .* in broad index"):
            approve(fund, second, "eva", None, follow=True)


def test_two_structures_in_one_underlying_share_its_budget(database_url: str, tmp_path: Path) -> None:
    mandate = in_every_regime(position=0.002)
    with fund_on(database_url, tmp_path, mandate) as fund:
        first = propose(fund, "ZAIR", "bull_put_spread")
        approve(fund, first, "eva", None, follow=True)
        with pytest.raises(Refused, match=r"position_size: worst case .* in ZAIR"):
            propose(fund, "ZAIR", "iron_condor", "--contracts", "3")


def test_of_two_approvals_that_look_at_each_other_the_first_passes_and_the_second_yields(
    database_url: str, tmp_path: Path
) -> None:
    with two_staged(database_url, tmp_path, STRATEGY) as (fund, first, second):
        desk = desk_of(fund)
        for order_id in (first, second):
            desk.approvals.approve(order_id, "eva")
        assert desk.clerk.recheck(second).passed is False
        assert desk.clerk.recheck(first).passed is True


def test_the_executor_lets_one_of_two_through_that_both_passed_their_recheck(database_url: str, tmp_path: Path) -> None:
    with two_staged(database_url, tmp_path, STRATEGY) as (fund, first, second):
        desk = desk_of(fund)
        desk.approvals.approve(second, "eva")
        passed = {second: desk.clerk.recheck(second)}  # the first one cannot be seen yet
        desk.approvals.approve(first, "eva")
        passed[first] = desk.clerk.recheck(first)  # the second one will have to yield
        for order_id, recheck in passed.items():
            desk.clerk.hand_over(order_id, recheck)
        assert statuses(fund, first, second) == ["queued", "queued"]
        bring_up_to_date(fund, Cycles(fund), desk)
        assert (order_of(fund, first).status, order_of(fund, second).status) == ("filled", "refused")


@pytest.mark.parametrize("first_to_look", [0, 1])
def test_when_both_are_approved_before_either_is_looked_at_one_still_goes_through(
    first_to_look: int, database_url: str, tmp_path: Path
) -> None:
    with two_staged(database_url, tmp_path, STRATEGY) as (fund, *both):
        for order_id in both:
            desk_of(fund).approvals.approve(order_id, "eva")
        for order_id in (both[first_to_look], both[1 - first_to_look]):
            Cycles(fund).threads.carry(order_id)
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        assert statuses(fund, *both) == ["filled", "refused"]


def test_an_order_approved_earlier_but_held_up_does_not_push_out_one_that_is_sent(
    database_url: str, tmp_path: Path
) -> None:
    with two_staged(database_url, tmp_path, STRATEGY) as (fund, first, second):
        Cycles(fund).threads.carry(second)
        desk_of(fund).approvals.approve(second, "eva")
        Cycles(fund).threads.carry(second)
        assert order_of(fund, second).status == "queued"
        with fund.database.connection() as connection:  # the first answer bears an earlier moment of the same clock
            connection.execute("UPDATE fund.orders SET decided_at = decided_at + interval '1 second'")
        desk_of(fund).approvals.approve(first, "eva")
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        assert order_of(fund, second).status == "filled"
        assert order_of(fund, first).status == "refused"


def test_an_approved_order_holds_budget_in_everybody_s_book_until_it_ends(database_url: str, tmp_path: Path) -> None:
    with two_staged(database_url, tmp_path, "") as (fund, first, _):
        assert book(fund).promises == ()
        desk_of(fund).approvals.approve(first, "eva")
        (promise,) = book(fund).promises
        staged = order_of(fund, first).staged
        assert (promise.max_loss, promise.margin) == (staged.odds.max_loss, staged.odds.max_loss)
        assert promise.day_risk == staged.day_risk
        Cycles(fund).threads.carry(first)
        assert [p.order_id for p in book(fund).promises] == [first]
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        assert book(fund).promises == ()
        assert book(fund).positions[0].max_loss == pytest.approx(staged.odds.max_loss, abs=5)


@pytest.mark.crash
def test_two_processes_approve_both_at_once_and_one_goes_through(database_url: str, tmp_path: Path) -> None:
    with two_staged(database_url, tmp_path, STRATEGY) as (fund, *both):
        said = at_once(*((answer, one) for one in both), url=database_url, home=tmp_path, mandate=STRATEGY)
        assert statuses(fund, *both) == ["filled", "refused"], said
        assert len(sent(fund)) == len(held(fund)) == 1
