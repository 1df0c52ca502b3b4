from datetime import date, timedelta
from typing import Any

import numpy as np

from agents.volatility import read
from domain.market import Earnings, PriceHistory
from domain.signal import Abstention, Signal
from tests.agents.material import (
    AS_OF,
    SESSION,
    everything,
    make_chain,
    make_context,
    make_history,
    make_series,
    walk,
)  # fmt: skip


def signals(chain: Any, **known: Any) -> dict[str, Signal]:
    found = read(*everything(chain, make_context(**known)))
    assert not isinstance(found, Abstention), found
    return {s.edge_type: s for s in found}


def earnings(days: int) -> tuple[Earnings, ...]:
    return (Earnings(SESSION + timedelta(days=days), AS_OF - timedelta(days=40)),)


CALM = make_history(walk(0.12))
YEAR = make_series(np.linspace(0.15, 0.30, 252))


def test_implied_far_above_realised_and_its_own_year_is_rich_and_has_no_direction() -> None:
    rich = signals(make_chain(0.30), history=CALM, iv_history=YEAR)["volatility_rich"]
    assert rich.direction == "neutral"
    assert rich.conviction > 0.9
    assert rich.metadata["iv_flag"] == "high"
    assert abs(float(rich.metadata["iv30"] or 0) - 0.30) < 0.005


def test_implied_below_all_that_was_realised_is_cheap() -> None:
    cheap = signals(make_chain(0.15), history=make_history(walk(0.40)), iv_history=YEAR)["volatility_cheap"]
    assert cheap.conviction > 0.9
    assert cheap.metadata["iv_flag"] == "low"
    assert float(cheap.metadata["variance_risk_premium"] or 0) < -0.1


def test_a_jump_already_over_does_not_make_options_cheap() -> None:
    close = walk(0.15)
    close[-15:] *= 1.15
    found = signals(make_chain(0.20), history=make_history(close))
    assert "volatility_cheap" not in found or found["volatility_cheap"].conviction < 0.05


def test_short_history_gives_no_rank_and_says_how_long_it_is() -> None:
    found = signals(make_chain(0.30), history=CALM, iv_history=make_series(np.full(21, 0.2)))["volatility_rich"]
    assert found.metadata["iv_rank"] is None
    assert found.metadata["iv_percentile"] is None
    assert found.metadata["iv_history_days"] == 21
    assert "21 days" in found.says


def test_one_yardstick_counts_half() -> None:
    both = signals(make_chain(0.30), history=CALM, iv_history=YEAR)["volatility_rich"]
    one = signals(make_chain(0.30), history=CALM)["volatility_rich"]
    assert abs(one.conviction - both.conviction / 2) < 0.01


def test_a_history_that_ended_long_ago_is_no_yardstick() -> None:
    old = date(2026, 6, 30)
    context = make_context(history=make_history(walk(0.1), last=old), iv_history=make_series(YEAR.values, last=old))
    found = read(*everything(make_chain(0.25), context))
    assert isinstance(found, Abstention)
    assert "51 days before" in found.reason


def test_earnings_inside_the_month_explain_part_of_the_richness() -> None:
    plain = signals(make_chain(0.30), history=CALM, iv_history=YEAR)["volatility_rich"]
    ahead = signals(make_chain(0.30), history=CALM, iv_history=YEAR, earnings=earnings(12))["volatility_rich"]
    later = signals(make_chain(0.30), history=CALM, iv_history=YEAR, earnings=earnings(31))["volatility_rich"]
    assert abs(ahead.conviction - plain.conviction / 2) < 0.001
    assert "earnings in 12 days" in ahead.says
    assert later.conviction == plain.conviction


def test_a_split_in_unadjusted_prices_is_not_volatility() -> None:
    close = walk(0.12)
    close[:-40] *= 10
    history = make_history(close, basis="unadjusted")
    opened = np.where(np.arange(len(close)) == len(close) - 40, history.close, history.open)
    split = PriceHistory(
        history.ticker, "unadjusted", "x", history.dates, opened, np.maximum(opened, close), np.minimum(opened, close),
        close, history.volume,
    )  # fmt: skip
    found = signals(make_chain(0.20), history=split)
    assert float(next(iter(found.values())).metadata["realised_yz30"] or 9) < 0.3


def test_steep_skew_is_bearish_and_inverted_skew_bullish() -> None:
    steep = signals(make_chain(lambda m, t: 0.25 - 1.2 * m), history=CALM)["skew"]
    inverted = signals(make_chain(lambda m, t: 0.25 + 0.6 * m), history=CALM)["skew"]
    assert (steep.direction, inverted.direction) == ("bearish", "bullish")
    assert float(steep.metadata["skew_25d"] or 0) > 0 > float(inverted.metadata["skew_25d"] or 0)


def test_ordinary_skew_and_a_flat_curve_are_not_worth_a_signal() -> None:
    assert set(signals(make_chain(0.2), history=CALM)) == {"volatility_rich"}


def test_backwardation_is_fear_and_contango_is_not() -> None:
    fear = signals(make_chain(lambda m, t: 0.5 - 0.8 * t), history=CALM)["term_structure"]
    calm = signals(make_chain(lambda m, t: 0.2 + 0.3 * t), history=CALM)["term_structure"]
    assert (fear.metadata["term"], fear.direction) == ("backwardation", "bearish")
    assert (calm.metadata["term"], calm.direction) == ("contango", "neutral")


def test_the_signal_is_as_old_as_the_quotes_and_their_age_is_told() -> None:
    chain = make_chain(0.3)
    found = signals(chain, history=CALM)["volatility_rich"]
    assert found.timestamp == chain.quote_time
    assert found.metadata["quote_age_minutes"] == 30.0


def test_without_usable_quotes_there_is_no_volatility() -> None:
    found = read(*everything(make_chain(0.25, days=(0,)), make_context(history=CALM)))
    assert isinstance(found, Abstention)


def test_a_skew_steeper_than_its_own_year_is_told_although_options_at_large_have_more() -> None:
    chain = make_chain(lambda m, t: 0.25 - 0.35 * m)
    usual = {"iv30": YEAR, "skew_25d": make_series(np.linspace(0.0, 0.2, 252))}
    steepest = {"iv30": YEAR, "skew_25d": make_series(np.linspace(0.0, 0.02, 252))}
    assert "skew" not in signals(chain, history=CALM, measures=usual)
    found = signals(chain, history=CALM, measures=steepest)["skew"]
    assert found.direction == "bearish" and found.metadata["skew_percentile"] == 100.0
    assert "100 of 100 days" in found.says


def test_what_the_announcement_is_paid_for_is_told() -> None:
    chain = make_chain(lambda m, t: np.sqrt(0.2**2 + np.where(t > 15 / 365, 0.05**2, 0.0) / t))
    found = signals(chain, history=make_history(walk(0.1)), iv_history=YEAR, earnings=earnings(12))["volatility_rich"]
    assert abs(float(found.metadata["earnings_move"] or 0) - 0.05) < 0.004
    assert "a move of 4.0 % either way is paid for" in found.says


def test_without_an_expiry_near_thirty_days_there_is_no_thirty_day_volatility() -> None:
    assert isinstance(read(*everything(make_chain(0.25, days=(60, 92)), make_context(history=CALM))), Abstention)


def test_the_model_free_volatility_is_among_the_facts() -> None:
    found = signals(make_chain(0.3), history=CALM)["volatility_rich"]
    assert abs(float(found.metadata["model_free_iv30"] or 0) - 0.3) < 0.01
