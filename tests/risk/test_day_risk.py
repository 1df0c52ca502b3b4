"""One-day risk by full revaluation."""

import math
from dataclasses import replace
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leg import Leg, option_leg, stock_leg
from domain.session import YEAR_SECONDS, expiry_moment, session_close
from quant.black import price
from quant.carry import Carry
from quant.smile import Smile
from quant.surface import Surface
from risk.day_risk import GRID, Z95, day_risk

QUOTED = session_close(date(2026, 8, 20))
SPOT, VOL = 100.0, 0.20
EXPIRIES = (date(2026, 8, 21), date(2026, 9, 18), date(2026, 12, 18))
SIGMA_MOVE = Z95 * VOL / math.sqrt(252)


def smile(expiry: date) -> Smile:
    years = (expiry_moment(expiry) - QUOTED).total_seconds() / YEAR_SECONDS
    strikes = np.array([60.0, 80.0, 100.0, 120.0, 140.0])
    return Smile(expiry, years, SPOT, 1.0, strikes, np.full(5, VOL))


SURFACE = Surface("XYZ", QUOTED, SPOT, 0.0, tuple(smile(e) for e in EXPIRIES), np.array([]), np.array([], np.int8), ())


def risk(*legs: Leg, spot: float = SPOT, surface: Surface | None = SURFACE, at: datetime = QUOTED) -> float | None:
    return day_risk(legs, spot, surface, at)


def test_nothing_held_risks_nothing() -> None:
    assert risk(surface=None) == 0.0


def test_a_hundred_shares_lose_a_one_day_move_of_1_645_standard_deviations() -> None:
    assert risk(stock_leg("XYZ", 100)) == pytest.approx(100 * SPOT * SIGMA_MOVE)
    assert risk(stock_leg("XYZ", -100)) == pytest.approx(100 * SPOT * SIGMA_MOVE)


def test_a_short_put_loses_its_revaluation_after_a_fall_with_higher_volatility() -> None:
    years = SURFACE.slices[1].years
    now = price(False, SPOT, 95, years, VOL, 1.0)
    then = price(False, SPOT * (1 - SIGMA_MOVE), 95, years - 1 / 365, VOL * 1.2, 1.0)
    assert risk(option_leg("XYZ260918P00095000", -1)) == pytest.approx(100 * float(then - now))


def test_a_long_straddle_loses_most_when_nothing_moves_and_volatility_falls() -> None:
    years = SURFACE.slices[1].years
    now = sum(price(call, SPOT, 100, years, VOL, 1.0) for call in (True, False))
    then = sum(price(call, SPOT, 100, years - 1 / 365, VOL * 0.9, 1.0) for call in (True, False))
    straddle = (option_leg("XYZ260918C00100000", 1), option_leg("XYZ260918P00100000", 1))
    assert risk(*straddle) == pytest.approx(100 * float(now - then))


def test_the_risk_grows_with_the_contracts() -> None:
    one = risk(option_leg("XYZ260918P00095000", -1))
    assert one is not None and one > 0
    assert risk(option_leg("XYZ260918P00095000", -7)) == pytest.approx(7 * one)


def test_a_spread_risks_no_more_than_its_width() -> None:
    tomorrow = (option_leg("XYZ260821P00100000", -1), option_leg("XYZ260821P00099000", 1))
    found = risk(*tomorrow)
    assert found is not None and 0 < found <= 100


def test_an_option_that_is_over_is_worth_its_intrinsic_value() -> None:
    after = session_close(date(2026, 8, 21))
    assert risk(option_leg("XYZ260821P00105000", -1), at=after) == pytest.approx(100 * SPOT * SIGMA_MOVE, rel=1e-3)


def test_a_fresh_spot_away_from_the_surface_s_moves_the_forward_with_it() -> None:
    deep = option_leg("XYZ260918C00050000", 1)
    assert risk(deep, spot=110.0) == pytest.approx(100 * 110.0 * SIGMA_MOVE, rel=1e-3)


EMPTY = replace(SURFACE, slices=())
HOLED = replace(SURFACE, slices=tuple(replace(s, vols=np.full(5, np.nan)) for s in SURFACE.slices))


@pytest.mark.parametrize("surface", [None, EMPTY, HOLED])
def test_without_a_volatility_the_risk_is_unknown(surface: Surface | None) -> None:
    assert risk(stock_leg("XYZ", 100), surface=surface) is None
    assert risk(option_leg("XYZ260918P00095000", -1), surface=surface) is None


@pytest.mark.parametrize("spot", [0.0, -1.0, math.nan, math.inf])
def test_without_a_spot_the_risk_is_unknown(spot: float) -> None:
    assert risk(stock_leg("XYZ", 100), spot=spot) is None


def test_a_leg_without_a_price_makes_the_whole_unknown() -> None:
    assert risk(stock_leg("XYZ", 100), Leg("XYZ260918P00000000", -1, "P", 0.0, date(2026, 9, 18))) is None


def test_the_grid_holds_today_s_spot_and_both_sides_at_95_percent() -> None:
    assert {shock.spot for shock in GRID} >= {0.0, Z95, -Z95}
    assert all(shock.vol >= 0 for shock in GRID if shock.spot < 0)


symbols = st.sampled_from(["XYZ260918C00100000", "XYZ260918P00095000", "XYZ261218C00110000", "XYZ260821P00100000"])
holdings = st.lists(st.builds(option_leg, symbols, st.integers(-5, 5)), min_size=1, max_size=4)


@given(holdings, holdings)
def test_two_holdings_together_never_risk_more_than_their_sum(one: list[Leg], other: list[Leg]) -> None:
    alone, beside, together = risk(*one), risk(*other), risk(*one, *other)
    assert alone is not None and beside is not None and together is not None
    assert together <= alone + beside + 1e-6


AMERICAN = replace(SURFACE, rate=0.05, style="american", carries=tuple(Carry(SPOT, 0.05, 0.05) for _ in SURFACE.slices))


def test_an_american_put_that_should_be_exercised_moves_with_the_spot_alone() -> None:
    short = option_leg("XYZ260918P00140000", -1)
    assert risk(short, surface=AMERICAN) == pytest.approx(100 * SPOT * SIGMA_MOVE, rel=1e-3)
    assert risk(short, surface=replace(AMERICAN, style="european")) < 100 * SPOT * SIGMA_MOVE * 0.999


def test_out_of_the_money_american_options_risk_what_european_ones_do() -> None:
    legs = (option_leg("XYZ260918P00090000", -2), option_leg("XYZ260918C00112000", -1))
    assert risk(*legs, surface=AMERICAN) == pytest.approx(
        risk(*legs, surface=replace(AMERICAN, style="european")), rel=5e-3
    )
