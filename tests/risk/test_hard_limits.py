"""The six hard limits, each exactly at its edge and one step past it, each alone."""

import math
from dataclasses import replace

import pytest

from domain.mandate import OrderRules, RegimeLimits, RiskRules
from domain.order import Check
from domain.regime import RegimeName
from risk import hard
from risk.facts import Facts
from risk.gate import check_portfolio, refusals
from tests.risk.builders import (
    MANDATE,
    NLV,
    UNCORRELATED,
    answer,
    book,
    facts,
    order,
    position,
    promise,
    put_spread,
    refused,
    straddle,
    ticket,
)


def test_a_small_order_in_a_healthy_book_is_allowed() -> None:
    assert refused(facts()) == []
    assert refusals(check_portfolio(facts())) == ()


# daily loss


@pytest.mark.parametrize(("nlv", "halts"), [(970_001.0, False), (970_000.0, True), (969_999.0, True), (1e6, False)])
def test_a_daily_loss_of_exactly_three_percent_halts(nlv: float, halts: bool) -> None:
    world = facts(account=book(nlv=nlv))
    assert refused(world) == (["daily_loss"] if halts else [])
    assert [c.rule for c in refusals(check_portfolio(world))] == (["daily_loss"] if halts else [])


def test_the_daily_loss_is_told_in_numbers() -> None:
    check = answer(facts(account=book(nlv=970_000.0)), "daily_loss")
    assert (check.value, check.limit) == (0.03, 0.03)
    assert check.reason == "NLV 970,000 against 1,000,000 at the previous close is a loss of 3 %, 3 % halts"


@pytest.mark.parametrize("before", [None, math.nan, math.inf, 0.0, -5.0])
def test_an_unknown_previous_nlv_refuses(before: float | None) -> None:
    assert refused(facts(account=book(previous_nlv=before))) == ["daily_loss"]


# position size


@pytest.mark.parametrize(
    ("regime", "edge"), [("low_vol", 50_000), ("neutral", 50_000), ("high_vol", 50_000), ("crisis_mode", 20_000)]
)
def test_one_underlying_may_lose_five_percent_and_two_in_a_crisis(regime: RegimeName, edge: float) -> None:
    assert refused(facts(order(max_loss=edge), regime=regime)) == []
    assert refused(facts(order(max_loss=edge + 1), regime=regime)) == ["position_size"]


def test_the_worst_case_of_positions_and_promises_in_the_underlying_counts() -> None:
    held = position(ticker="XYZ", max_loss=30_000.0)
    under_way = promise(ticker="XYZ", max_loss=10_000.0)
    account = book(positions=(held,), promises=(under_way,))
    assert refused(facts(order(max_loss=10_000.0), account)) == []
    assert refused(facts(order(max_loss=10_000.01), account)) == ["position_size"]


def test_the_order_s_own_promise_is_not_counted_twice() -> None:
    own = promise(order_id="o1", ticker="XYZ", strategy="long_straddle", max_loss=50_000.0)
    assert refused(facts(order(max_loss=50_000.0, stage="send", person="eva"), book(promises=(own,)))) == []


def test_a_stated_worst_case_below_that_of_the_payoff_is_raised_to_it() -> None:
    dear = ticket(limit_price=-501.0)
    assert answer(facts(order(dear, max_loss=1.0)), "position_size").value == pytest.approx(0.0501)


def test_the_reason_gives_amount_share_and_limit() -> None:
    check = answer(facts(order(max_loss=48_200.0)), "position_size")
    assert "is 4.82 % of NLV" in answer(facts(order(max_loss=48_212.0)), "position_size").reason
    assert check.reason == "worst case 48,200 in XYZ is 4.82 % of NLV, limit 5 %"
    assert (check.value, check.limit, check.scope) == (0.0482, 0.05, "o1")


# sector


def sector_book(loss: float) -> Facts:
    held = position(sector="technology", max_loss=loss)
    return facts(order(max_loss=10_000.0), book(positions=(held,), correlations=UNCORRELATED))


def test_one_sector_may_lose_fifteen_percent() -> None:
    assert refused(sector_book(140_000.0)) == []
    assert refused(sector_book(140_001.0)) == ["sector_exposure"]


UNKNOWN_SECTORS = ["", "unknown", "Unknown", "unknown:ABC"]


@pytest.mark.parametrize("sector", UNKNOWN_SECTORS)
def test_a_position_of_an_unknown_sector_counts_in_every_sector(sector: str) -> None:
    def world(loss: float) -> list[str]:
        held = position(sector=sector, max_loss=loss)
        return refused(facts(order(max_loss=10_000.0), book(positions=(held,), correlations=UNCORRELATED)))

    assert world(140_000.0) == []
    assert world(140_001.0) == ["sector_exposure"]


@pytest.mark.parametrize("sector", UNKNOWN_SECTORS)
def test_an_order_of_an_unknown_sector_counts_in_the_fullest_one(sector: str) -> None:
    def world(loss: float) -> Facts:
        energy = position(sector="energy", max_loss=loss)
        nobody_s = promise(sector="unknown:DEF", ticker="DEF", max_loss=20_000.0)
        bank = position(position_id="p2", sector="banks", max_loss=50_000.0)
        account = book(positions=(energy, bank), promises=(nobody_s,), correlations=UNCORRELATED)
        return facts(order(sector=sector, max_loss=10_000.0), account)

    assert refused(world(120_000.0)) == []
    assert refused(world(120_001.0)) == ["sector_exposure"]
    says = "worst case 150,001 in an unknown sector, at worst energy is 15.0001 % of NLV, limit 15 %"
    assert answer(world(120_001.0), "sector_exposure").reason == says
    assert "sector_exposure" in refused(world(math.nan))


def test_an_order_of_an_unknown_sector_in_an_empty_book_stands_alone() -> None:
    check = answer(facts(order(sector="unknown:XYZ")), "sector_exposure")
    assert (check.passed, check.value) == (True, 0.0006)
    assert check.reason.startswith("worst case 600 in an unknown sector, at worst alone")


# free margin


def test_a_fifth_of_nlv_stays_free_of_margin() -> None:
    account = book(margin_used=500_000.0, promises=(promise(margin=200_000.0),), correlations=UNCORRELATED)
    assert refused(facts(order(margin=100_000.0), account)) == []
    assert refused(facts(order(margin=100_001.0), account)) == ["free_margin"]


def test_margin_that_is_used_up_already_refuses_before_any_order() -> None:
    assert refusals(check_portfolio(facts(account=book(margin_used=800_000.0)))) == ()
    (check,) = refusals(check_portfolio(facts(account=book(margin_used=800_001.0))))
    assert check.reason == "margin of 800,001 leaves 19.9999 % of NLV free, at least 20 % is needed"


# order size


def big(n: int, **changes: object) -> Facts:
    return facts(order(ticket(contracts=n, legs=straddle(n)), max_loss=600.0 * n, **changes))


def test_ten_contracts_pass_and_eleven_need_a_person() -> None:
    assert refused(big(10)) == []
    assert refused(big(11)) == ["order_size"]


def test_eleven_contracts_may_wait_for_a_person_but_not_be_sent_without_one() -> None:
    assert refused(big(11, needs_person=True)) == []
    assert refused(big(11, needs_person=True, stage="send")) == ["order_size"]
    assert refused(big(11, stage="send", person="  ")) == ["order_size"]
    assert refused(big(11, stage="send", person="eva")) == []


def test_the_largest_leg_of_a_ratio_counts() -> None:
    legs = (straddle(11)[0], straddle(5)[1])
    assert refused(facts(order(ticket(legs=legs, contracts=1)))) == ["order_size"]


# naked shorts


def test_a_naked_call_is_refused_whatever_its_stated_loss() -> None:
    naked = ticket(strategy="long_straddle", legs=(straddle(-1)[0],), limit_price=3.0)
    assert refused(facts(order(naked, max_loss=1.0))) == ["naked_short"]


def test_a_defined_risk_spread_is_covered() -> None:
    spread = ticket(strategy="bull_put_spread", legs=put_spread(), limit_price=1.2)
    assert refused(facts(order(spread, max_loss=380.0))) == []


# a mandate may only tighten

CONSTRUCTED = (
    ("daily_loss", hard.daily_loss, 0.5, 0.01, 0.03),
    ("free_margin", hard.free_margin, 0.0, 0.5, 0.20),
)


@pytest.mark.parametrize(("field", "rule", "loose", "tight", "constant"), CONSTRUCTED)
def test_an_unvalidated_mandate_tightens_and_never_loosens(
    field: str, rule: object, loose: float, tight: float, constant: float
) -> None:
    def limit(value: object) -> float | None:
        values = dict(MANDATE.risk) | {field: value}
        check: Check = rule(replace(facts(), limits=RiskRules.model_construct(**values)))  # type: ignore[operator]
        return check.limit

    assert (limit(loose), limit(tight), limit(constant)) == (constant, tight, constant)
    assert limit(math.nan) is None and limit(None) is None and limit(math.inf) is None


def row(**changes: object) -> RiskRules:
    values = dict(MANDATE.risk.regimes["crisis_mode"]) | changes
    regimes = {"crisis_mode": RegimeLimits.model_construct(**values)}
    return RiskRules.model_construct(**dict(MANDATE.risk) | {"regimes": regimes})


@pytest.mark.parametrize(
    ("field", "rule", "constant"), [("position", hard.position_size, 0.02), ("sector", hard.sector_exposure, 0.15)]
)
def test_a_regime_s_row_tightens_and_never_loosens(field: str, rule: object, constant: float) -> None:
    def check(value: object) -> Check:
        found: Check = rule(facts(regime="crisis_mode", limits=row(**{field: value})))  # type: ignore[operator]
        return found

    assert (check(0.9).limit, check(0.01).limit) == (constant, 0.01)
    for unusable in (math.nan, None, math.inf):
        assert check(unusable).limit is None
        assert not check(unusable).passed


def test_a_mandate_that_allows_a_thousand_contracts_still_asks_a_person_above_ten() -> None:
    loose = OrderRules.model_construct(**dict(MANDATE.orders) | {"max_contracts": 1000})
    tight = OrderRules(max_contracts=5)
    assert refused(replace(big(11), orders=loose)) == ["order_size"]
    assert refused(replace(big(6), orders=tight)) == ["order_size"]
    assert refused(replace(big(5), orders=tight)) == []


def test_a_contract_limit_that_is_no_number_refuses_even_a_person() -> None:
    broken = OrderRules.model_construct(**dict(MANDATE.orders) | {"max_contracts": None})
    assert refused(replace(big(1, person="eva"), orders=broken)) == ["order_size"]


def test_nlv_that_is_unknown_refuses_every_share_of_it() -> None:
    shares = {"daily_loss", "position_size", "sector_exposure", "free_margin", "book_known", "var_budget"}
    for nlv in (None, math.nan, math.inf, 0.0, -NLV):
        assert shares <= set(refused(facts(account=book(nlv=nlv))))
