"""An approval binds to the exact order a person looked at, once, and in time."""

from datetime import timedelta
from pathlib import Path

import pytest
from langgraph.types import Command
from psycopg.types.json import Jsonb

from apps.commands.approve import approve
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.errors import AlreadyDecided, Refused, StaleApproval, UnknownId
from domain.order import Decision
from graph.desk import OrderContext
from market.synthetic import SyntheticSource
from memory import runs
from memory.orders import STAGED
from tests.desk import fund_on, words
from tests.money import (
    MARKET,
    OTHER,
    SEED,
    SPREAD,
    START,
    book,
    cash,
    desk_of,
    held,
    live_in,
    order_of,
    pass_time,
    propose,
    sent,
    steps,
)  # fmt: skip

SECOND = timedelta(seconds=1)


def say_yes(fund: Fund, order_id: str, by: str = "eva", expected_hash: str | None = None) -> str:
    return approve(fund, order_id, by, expected_hash, follow=True).status


def test_an_approved_order_fills_and_becomes_a_position(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    before = cash(fund)

    assert say_yes(fund, order_id) == "filled"

    (position,) = held(fund)
    ticket = order_of(fund, order_id).staged.ticket
    assert position.legs == ticket.legs
    assert position.order_id == order_id
    assert cash(fund) - before == pytest.approx(position.cost)
    assert position.cost >= ticket.cash - 2 * 0.65 - 1e-9, "never worse than the limit, fees apart"


def test_the_story_of_an_approval_is_written_in_order(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    say_yes(fund, order_id)
    assert steps(fund, order_id) == [
        "staged", "approve", "place_order", "record_outcome", "submitting", "fill", "fill", "filled",
    ]  # fmt: skip


def test_nothing_is_sent_without_an_approval(fund: Fund) -> None:
    propose(fund, *SPREAD)
    desk = desk_of(fund)
    bring_up_to_date(fund, Cycles(fund), desk)
    pass_time(fund, desk.clock.now() + timedelta(days=3))
    bring_up_to_date(fund, Cycles(fund), desk)
    assert sent(fund) == []


def test_the_first_answer_wins_and_the_second_is_told_who_and_when(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    say_yes(fund, order_id, by="ann")
    moment = order_of(fund, order_id).decided_at
    assert moment is not None

    with pytest.raises(AlreadyDecided, match=rf"answered by ann at {moment:%Y-%m-%d %H:%M:%S}"):
        say_yes(fund, order_id, by="bob")
    with pytest.raises(AlreadyDecided, match="answered by ann"):
        desk_of(fund).approvals.reject(order_id, "bob", "too late")

    assert sent(fund) == [order_id]
    assert order_of(fund, order_id).decided_by == "ann"


def test_a_rejected_order_cannot_be_approved(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.reject(order_id, "ann", "too large")
    with pytest.raises(AlreadyDecided, match="is rejected: it was answered by ann"):
        say_yes(fund, order_id, by="bob")
    assert sent(fund) == []


def test_an_approval_of_another_hash_decides_nothing(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    right = order_of(fund, order_id).staged.hash
    with pytest.raises(StaleApproval, match="is not the order with hash"):
        say_yes(fund, order_id, expected_hash="0" * 64)
    with pytest.raises(StaleApproval):
        say_yes(fund, order_id, expected_hash=right[:12])
    assert order_of(fund, order_id).status == "staged"
    assert say_yes(fund, order_id, expected_hash=right) == "filled"


def test_an_unknown_order_is_named(fund: Fund) -> None:
    with pytest.raises(UnknownId, match="no order 'R9999-1'"):
        say_yes(fund, "R9999-1")


def test_an_approval_after_the_order_s_time_is_stale(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    pass_time(fund, order_of(fund, order_id).staged.ticket.expires_at + SECOND)
    with pytest.raises(StaleApproval, match="expired"):
        say_yes(fund, order_id)
    assert sent(fund) == []


@pytest.mark.parametrize(("late", "places"), [(-SECOND, True), (timedelta(0), False), (SECOND, False)])
def test_an_order_lives_until_its_last_moment_and_not_in_it(fund: Fund, late: timedelta, places: bool) -> None:
    order_id = propose(fund, *SPREAD)
    end = order_of(fund, order_id).staged.ticket.expires_at
    pass_time(fund, end + late)
    if places:
        say_yes(fund, order_id)
    else:
        with pytest.raises(Refused):
            say_yes(fund, order_id)
    assert bool(sent(fund)) is places
    with fund.database.connection() as connection:
        filled = connection.execute("SELECT count(*) AS n FROM fund.fills WHERE at > %s", [end]).fetchone()
    assert filled == {"n": 0}


def test_an_order_nobody_answers_expires_and_says_so(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    pass_time(fund, order_of(fund, order_id).staged.ticket.expires_at + SECOND)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert order_of(fund, order_id).status == "expired"
    with pytest.raises(AlreadyDecided, match="is expired"):
        say_yes(fund, order_id)
    assert steps(fund, order_id) == ["staged", "expired", "record_outcome"]


def test_an_approval_that_was_held_up_until_after_the_order_s_time_places_nothing(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    pass_time(fund, order_of(fund, order_id).staged.ticket.expires_at + SECOND)

    bring_up_to_date(fund, Cycles(fund), desk_of(fund))

    row = order_of(fund, order_id)
    assert (row.status, sent(fund)) == ("refused", [])
    assert "expired" in (row.outcome or "")


def test_an_order_whose_row_was_changed_after_the_approval_is_refused(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    tamper(fund, order_id)

    Cycles(fund).threads.carry(order_id)

    row = order_of(fund, order_id)
    assert row.status == "refused"
    assert "its hash differs" in (row.outcome or "")


def test_an_order_whose_row_was_changed_before_the_approval_is_refused_too(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    looked_at = order_of(fund, order_id).staged.hash
    tamper(fund, order_id)
    with pytest.raises(Refused, match="its hash differs"):
        say_yes(fund, order_id, expected_hash=looked_at)
    assert sent(fund) == []


def test_an_order_whose_row_was_changed_on_its_way_to_the_venue_is_not_sent(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    Cycles(fund).threads.carry(order_id)
    assert order_of(fund, order_id).status == "queued"
    tamper(fund, order_id)

    bring_up_to_date(fund, Cycles(fund), desk_of(fund))

    assert (order_of(fund, order_id).status, sent(fund)) == ("refused", [])


def tamper(fund: Fund, order_id: str) -> None:
    """Ten times the size, everything else as it was."""
    document = STAGED.dump_python(order_of(fund, order_id).staged, mode="json")
    document["ticket"]["contracts"] *= 10
    for leg in document["ticket"]["legs"]:
        leg["contracts"] *= 10
    with fund.database.connection() as connection:
        connection.execute("UPDATE fund.orders SET document = %s WHERE order_id = %s", [Jsonb(document), order_id])


# threads


def test_an_old_answer_given_again_to_a_finished_thread_places_nothing(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    threads, config = Cycles(fund).threads, {"configurable": {"thread_id": order_id}}
    waiting = threads.graph.get_state(config)
    say_yes(fund, order_id)
    row = order_of(fund, order_id)
    answer = Decision(order_id, row.staged.hash, "approve", "mallory", row.staged_at)
    before = (held(fund), cash(fund), sent(fund), steps(fund, order_id))

    for where in (config, waiting.config):
        given = Command(resume={waiting.interrupts[0].id: answer})
        threads.graph.invoke(given, where, context=OrderContext(desk_of(fund).clerk), durability="sync")
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))

    assert (held(fund), cash(fund), sent(fund), steps(fund, order_id)) == before


def test_a_thread_that_has_begun_is_not_begun_again(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    threads, config = Cycles(fund).threads, {"configurable": {"thread_id": order_id}}

    def past() -> int:
        return len(list(threads.graph.get_state_history(config)))

    waiting = past()
    threads.carry(order_id)
    threads.sweep()
    assert past() == waiting, "waiting it is left alone"

    say_yes(fund, order_id)
    ended = past()
    threads.carry(order_id)
    threads.sweep()
    assert past() == ended, "ended it is left alone"
    assert sent(fund) == [order_id]


def test_an_approval_in_the_row_alone_is_carried_on_by_whoever_comes_next(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert order_of(fund, order_id).status == "filled"
    assert sent(fund) == [order_id]


class Torn:
    """A witness in whose presence the process is torn away at one step, once."""

    def __init__(self, at: str) -> None:
        self.at = at

    def entering(self, node: str, thread_id: str) -> None:
        if node == self.at:
            self.at = ""
            raise KeyboardInterrupt

    def leaving(self, node: str, thread_id: str) -> None:
        pass


def test_an_order_that_expired_on_its_way_to_the_executor_ends_and_holds_nothing_up(
    database_url: str, tmp_path: Path
) -> None:
    with fund_on(database_url, tmp_path, witness=Torn("place_order")) as fund:
        order_id = propose(fund, *SPREAD)
        with pytest.raises(KeyboardInterrupt):
            say_yes(fund, order_id)
        pass_time(fund, order_of(fund, order_id).staged.ticket.expires_at + SECOND)
        for _ in range(2):
            bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        row = order_of(fund, order_id)
        assert (row.status, sent(fund)) == ("refused", [])
        assert "expired" in (row.outcome or "")
        assert book(fund).promises == ()


def test_an_order_that_cannot_be_looked_at_now_holds_up_no_other(fund: Fund) -> None:
    stuck, fine = propose(fund, *SPREAD), propose(fund, *OTHER)
    desk_of(fund).approvals.approve(stuck, "eva")
    live_in(fund, SyntheticSource(SEED, underlyings=1))  # ZMKT and no other

    assert say_yes(fund, fine) == "filled"
    assert order_of(fund, stuck).status == "approved"

    live_in(fund, MARKET)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert order_of(fund, stuck).status == "filled"


def test_an_order_left_working_ends_with_its_time_and_never_fills_after_it(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD, "--limit", "5.00")
    approve(fund, order_id, "eva", None, follow=False)
    pass_time(fund, order_of(fund, order_id).staged.ticket.expires_at + SECOND)
    cycles = Cycles(fund)
    begin(fund, cycles, words("run", "ZMKT"))
    row = order_of(fund, order_id)
    assert (row.status, row.outcome) == ("cancelled", "time to live is over")
    assert book(fund).promises == ()
    with fund.database.connection() as connection:
        (run,) = runs.unfinished(connection)
    assert run["as_of"] == desk_of(fund).clock.now() > START
