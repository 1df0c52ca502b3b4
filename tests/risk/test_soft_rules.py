"""The mandate's own rules, each at its edge, one step past it, and alone."""

import math
from dataclasses import replace

import pytest

from domain.leg import option_leg
from domain.mandate import OrderRules
from domain.regime import REGIMES, RegimeName
from risk.gate import check_portfolio, refusals
from tests.risk.builders import (
    MANDATE,
    UNCORRELATED,
    answer,
    book,
    facts,
    order,
    position,
    promise,
    refused,
    short_put_spread,
)


def test_an_unknown_regime_refuses_with_its_reason() -> None:
    world = facts(regime=None)
    assert answer(world, "regime_known").reason == "the regime is unknown: there is no VIX series"
    assert answer(world, "structure_allowed").reason == "long_straddle may not be opened in an unknown regime"
    for rule in ("regime_known", "structure_allowed", "position_size", "sector_exposure", "var_budget"):
        assert rule in refused(world)
    assert "regime_known" in [check.rule for check in refusals(check_portfolio(world))]


def test_a_regime_without_limits_refuses() -> None:
    limits = MANDATE.risk.model_construct(**dict(MANDATE.risk) | {"regimes": {}})
    assert answer(facts(limits=limits), "regime_known").reason == "the mandate has no limits for neutral"


@pytest.mark.parametrize("regime", REGIMES)
def test_only_the_structures_of_the_regime_may_be_opened(regime: RegimeName) -> None:
    spread = order(short_put_spread(), max_loss=380.0)
    allowed = "bull_put_spread" in MANDATE.risk.regimes[regime].structures
    assert refused(facts(spread, regime=regime)) == ([] if allowed else ["structure_allowed"])


@pytest.mark.parametrize(
    ("regime", "budget"), [("low_vol", 20_000), ("neutral", 20_000), ("high_vol", 10_000), ("crisis_mode", 5_000)]
)
def test_the_book_s_one_day_risk_stays_within_the_budget(regime: RegimeName, budget: float) -> None:
    account = book(
        positions=(position(day_risk=1_000.0),), promises=(promise(day_risk=500.0),), correlations=UNCORRELATED
    )
    assert refused(facts(order(day_risk=budget - 1_500), account, regime)) == []
    assert refused(facts(order(day_risk=budget - 1_499), account, regime)) == ["var_budget"]


def test_an_unknown_day_risk_of_one_position_refuses() -> None:
    account = book(positions=(position(day_risk=None),), correlations=UNCORRELATED)
    assert refused(facts(account=account)) == ["var_budget"]
    assert [check.rule for check in refusals(check_portfolio(facts(account=account)))] == ["var_budget"]


def test_one_structure_may_lose_thirty_percent() -> None:
    def world(loss: float) -> list[str]:
        held = position(strategy="long_straddle", max_loss=loss)
        return refused(facts(order(max_loss=10_000.0), book(positions=(held,), correlations=UNCORRELATED)))

    assert world(290_000.0) == []
    assert world(290_001.0) == ["strategy_concentration"]


def test_a_line_that_sells_options_may_lose_two_percent() -> None:
    assert refused(facts(order(short_put_spread(), max_loss=20_000.0))) == []
    assert refused(facts(order(short_put_spread(), max_loss=20_001.0))) == ["short_line"]
    assert refused(facts(order(max_loss=20_001.0))) == []


# correlation


def held(n: int) -> tuple[object, ...]:
    return tuple(position(position_id=f"p{i}", ticker=f"T{i}") for i in range(n))


def correlated(n: int, value: float) -> list[str]:
    correlations = {f"T{i}|XYZ": value for i in range(n)}
    return refused(facts(account=book(positions=held(n), correlations=correlations)))


def test_three_positions_may_move_together_and_a_fourth_may_not() -> None:
    assert correlated(2, 0.7) == []
    assert correlated(3, 0.7) == ["correlated_positions"]
    assert correlated(3, 0.699) == []


@pytest.mark.parametrize("value", [-0.9, math.nan, math.inf])
def test_opposite_and_unknown_correlations_count(value: float) -> None:
    assert correlated(3, value) == ["correlated_positions"]


def test_a_threshold_of_one_leaves_only_the_same_movement_to_count() -> None:
    limits = MANDATE.risk.model_copy(update={"correlation": 1.0})
    for value, answers in ((0.99, []), (1.0, ["correlated_positions"])):
        account = book(positions=held(3), correlations={f"T{i}|XYZ": value for i in range(3)})
        assert refused(facts(account=account, limits=limits)) == answers


def test_a_pair_nobody_measured_counts_as_correlated() -> None:
    world = facts(account=book(positions=held(3)))
    assert refused(world) == ["correlated_positions"]
    reason = "4 positions would move together with T0, T1, T2, limit 3"
    assert answer(world, "correlated_positions").reason == reason


def test_positions_in_the_same_underlying_move_together() -> None:
    account = book(positions=tuple(position(position_id=f"p{i}", ticker="XYZ", sector="technology") for i in range(3)))
    assert refused(facts(account=account)) == ["correlated_positions"]


# earnings


@pytest.mark.parametrize(
    ("days", "passes"), [(0, False), (2, False), (3, True), (None, True), (-1, False)]
)  # the options sold live 29 days
def test_options_are_not_sold_across_earnings_two_days_ahead(days: int | None, passes: bool) -> None:
    world = facts(order(short_put_spread(), earnings_in=days))
    assert refused(world) == ([] if passes else ["earnings_proximity"])


def test_unknown_earnings_refuse_options_sold_and_nothing_else() -> None:
    assert refused(facts(order(short_put_spread(), earnings_known=False))) == ["earnings_proximity"]
    assert refused(facts(order(earnings_known=False))) == []
    assert refused(facts(order(earnings_in=1))) == []


def test_options_that_end_before_the_earnings_do_not_span_them() -> None:
    def tomorrow(days: int) -> list[str]:
        legs = (option_leg("XYZ260821P00100000", -1), option_leg("XYZ260821P00095000", 1))
        return refused(facts(order(short_put_spread(legs=legs), earnings_in=days)))

    assert tomorrow(2) == []
    assert tomorrow(1) == ["earnings_proximity"]


def test_the_option_sold_that_lives_longest_decides_whether_earnings_are_spanned() -> None:
    legs = (option_leg("XYZ260821P00095000", -1), option_leg("XYZ260918P00100000", -1))
    both = short_put_spread(legs=(*legs, option_leg("XYZ260918P00090000", 2)))
    assert refused(facts(order(both, earnings_in=2))) == ["earnings_proximity"]


def test_earnings_today_are_a_reason_with_numbers() -> None:
    check = answer(facts(order(short_put_spread(), earnings_in=0)), "earnings_proximity")
    assert check.reason == "earnings of XYZ are 0 days ahead, options sold live 29; 2 days or less refuse"


# order rate


def test_the_thirtieth_order_of_a_minute_passes_and_the_next_does_not() -> None:
    assert refused(facts(account=book(orders_last_minute=29))) == []
    world = facts(account=book(orders_last_minute=30))
    assert refused(world) == ["order_rate"]
    assert answer(world, "order_rate").reason == "order number 31 within a minute, limit 30"


def test_limits_that_are_no_numbers_refuse() -> None:
    for field in ("short_line", "quote_age_minutes", "correlated_positions", "daily_loss", "free_margin"):
        for value in (math.nan, None):
            limits = MANDATE.risk.model_construct(**dict(MANDATE.risk) | {field: value})
            assert len(refused(facts(limits=limits))) == 1, field
    rate = OrderRules.model_construct(**dict(MANDATE.orders) | {"max_orders_per_minute": math.nan})
    assert refused(replace(facts(), orders=rate)) == ["order_rate"]


@pytest.mark.parametrize("value", [math.nan, None])
def test_a_correlation_threshold_that_is_no_number_counts_every_position(value: float | None) -> None:
    limits = MANDATE.risk.model_construct(**dict(MANDATE.risk) | {"correlation": value})
    account = book(positions=held(3), correlations={f"T{i}|XYZ": 0.0 for i in range(3)})
    assert refused(facts(account=account, limits=limits)) == ["correlated_positions"]


@pytest.mark.parametrize("value", [math.nan, None])
def test_an_earnings_limit_that_is_no_number_refuses_options_sold_across_them(value: float | None) -> None:
    limits = MANDATE.risk.model_construct(**dict(MANDATE.risk) | {"earnings_days": value})
    assert refused(facts(order(short_put_spread(), earnings_in=10), limits=limits)) == ["earnings_proximity"]
