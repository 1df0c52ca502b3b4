"""Max pain, walls and pinning; put/call ratios and options that stand out."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.activity import large, premium, put_call, unusual
from quant.exposure import DealerSigns, open_lines
from quant.history import z_score_of_log
from quant.open_interest import max_pain, max_pains, pins, walls
from quant.surface import fit_surface
from tests.quant.made import APRIL, JUNE, RATE, SPOT, made_chain, steady

FRIDAY = date(2026, 3, 6)

holdings = st.lists(
    st.tuples(st.integers(50, 150), st.booleans(), st.one_of(st.just(float("nan")), st.floats(0, 1e5))),
    min_size=1, max_size=30,
)  # fmt: skip


@steady
@given(holdings)
def test_max_pain_is_where_every_other_strike_pays_at_least_as_much(rows):
    strike, call, held = (np.array(x) for x in zip(*rows, strict=True))
    strike = strike.astype(float)

    def paid(at):
        intrinsic = np.where(call, np.maximum(at - strike, 0), np.maximum(strike - at, 0))
        return float(np.nansum(intrinsic * held))

    found = max_pain(strike, call, held)
    if not np.nansum(held) > 0:
        assert found is None
    else:
        assert found in strike
        assert paid(found) <= min(paid(k) for k in strike) * (1 + 1e-9) + 1e-6


def test_every_expiry_has_its_max_pain_and_says_whether_it_lives():
    chain = made_chain((date(2026, 2, 27), APRIL, JUNE))
    none = replace(chain, open_interest=np.where(chain.expiry == np.datetime64(JUNE), np.nan, chain.open_interest))
    assert [(day, alive) for day, _, alive in max_pains(none)] == [(date(2026, 2, 27), False), (APRIL, True)]


def test_walls_are_the_most_open_calls_above_and_puts_below():
    chain = made_chain()
    held = np.where(chain.call & np.isin(chain.strike, (110.0, 90.0)), 5000.0, 10.0)
    held = np.where(~chain.call & (chain.strike == 85.0), 4000.0, held)
    chain = replace(chain, open_interest=held)
    calls, puts = walls(chain, call=True), walls(chain, call=False)
    assert (calls[0].strike, calls[0].open_interest) == (110.0, 10_000.0)
    assert (puts[0].strike, puts[0].open_interest) == (85.0, 8000.0)
    assert calls[0].share == pytest.approx(10_000 / held[chain.call].sum())
    assert all(wall.strike >= SPOT for wall in calls) and all(wall.strike <= SPOT for wall in puts)
    assert walls(replace(chain, open_interest=np.full(len(chain), np.nan)), call=True) == ()


def pinned(chain, *signs):
    return pins(chain, open_lines(chain, fit_surface(chain, RATE), DealerSigns(*signs)))


def heavy(strike=100.0, contracts=20_000.0, around=100.0, calls=1.0, expiries=(FRIDAY, APRIL)):
    chain = made_chain(expiries, vol=lambda k, t: np.full(np.shape(k), 0.2))
    held = np.where(chain.strike == strike, contracts, around) * np.where(chain.call, calls, 1.0)
    return replace(chain, open_interest=held)


def test_a_heavy_strike_at_the_spot_days_before_expiry_pins():
    (pin,) = pinned(heavy())
    assert (pin.expiry, pin.strike) == (FRIDAY, 100.0)
    assert pin.score == pytest.approx(pin.concentration * pin.hedging * pin.nearness * pin.urgency)
    assert pin.concentration > 0.98 and pin.nearness > 0.99 and pin.hedging == pytest.approx(0.5)
    assert pin.urgency == pytest.approx(1 - (4 + 2 / 24) / 7, abs=0.01)  # quoted on a Monday at 14:00


def test_it_pins_less_further_away_with_even_strikes_and_where_dealers_are_short():
    (best,) = pinned(heavy(calls=3.0))
    (away,) = pinned(heavy(102.5, calls=3.0))
    (even,) = pinned(heavy(contracts=500.0, around=499.0))
    (short,) = pinned(heavy(calls=3.0), -1.0, 1.0)
    assert best.score > away.score > 0
    assert even.concentration < 0.01
    assert short.hedging == pytest.approx(0.25) and best.hedging == pytest.approx(0.75)
    assert pinned(heavy(), -1.0, -1.0)[0].score == 0.0


def test_nothing_pins_beyond_a_week_or_with_few_contracts():
    assert pinned(heavy(expiries=(APRIL,))) == ()
    assert pinned(heavy(contracts=400.0, around=0.0)) == ()
    assert len(pinned(heavy(contracts=500.0, around=0.0))) == 1


open_contracts = st.lists(st.floats(0, 1e6), min_size=50, max_size=50)


@steady
@given(open_contracts, st.floats(-1, 1), st.floats(-1, 1))
def test_every_part_of_a_pinning_score_lies_between_0_and_1(held, calls, puts):
    chain = replace(made_chain((FRIDAY,)), open_interest=np.array(held))
    for pin in pinned(chain, calls, puts):
        assert all(0 <= part <= 1 for part in pin[2:])


def test_put_call_ratios_are_puts_over_calls():
    chain = made_chain((APRIL,), half_spread=0.0)
    chain = replace(chain, volume=np.where(chain.call, 10.0, 15.0), open_interest=np.where(chain.call, 100.0, 50.0))
    volume, interest, paid_ratio = put_call(chain)
    assert (volume, interest) == (1.5, 0.5)
    paid = chain.volume * np.where(np.isfinite(chain.mid), chain.mid, chain.last)
    assert paid_ratio == pytest.approx(paid[~chain.call].sum() / paid[chain.call].sum())


def test_a_ratio_over_no_calls_is_unknown():
    chain = made_chain((APRIL,))
    assert put_call(chain.rows(~chain.call)) == (None, None, None)
    assert put_call(replace(chain, volume=np.full(len(chain), np.nan)))[0] is None


def test_premium_is_volume_at_the_mid_in_dollars_else_at_the_last_price():
    chain = made_chain((APRIL,), strikes=[100.0])
    quoted = premium(chain)
    assert quoted == pytest.approx(10 * 100 * chain.mid)
    one_sided = replace(chain, bid=np.zeros(2), last=np.array([1.25, np.nan]))
    assert premium(one_sided)[0] == 1250.0 and np.isnan(premium(one_sided)[1])


def test_unusual_is_more_than_twice_the_open_interest_and_a_hundred_contracts():
    chain = made_chain((APRIL,), strikes=[95.0, 100.0, 105.0])
    volume = np.array([200.0, 201.0, 99.0, 100.0, 150.0, 1000.0])
    held = np.array([100.0, 100.0, 0.0, 0.0, np.nan, 400.0])
    found = unusual(replace(chain, volume=volume, open_interest=held))
    assert set(found.row) == {1, 3, 5}
    by_row = dict(zip(found.row.tolist(), found.ratio.tolist(), strict=True))
    assert by_row[1] == pytest.approx(2.01) and by_row[5] == 2.5 and np.isnan(by_row[3])
    assert np.all(np.diff(found.premium) <= 0)


def test_the_largest_premiums_come_first():
    chain = made_chain((APRIL,))
    found = large(replace(chain, volume=np.where(chain.strike == 120.0, 9000.0, 10.0)), 2)
    assert set(chain.strike[found.row]) == {70.0, 120.0} and len(found) == 2
    assert chain.strike[found.row[0]] == 120.0 and not chain.call[found.row[0]]


def test_volume_is_judged_by_its_logarithm():
    past = np.exp(np.tile([9.0, 11.0], 10))
    assert z_score_of_log(past, float(np.exp(13.0)), 20) == pytest.approx(3.0)
    assert z_score_of_log(past, float(np.exp(13.0)), 21) is None
    assert z_score_of_log(np.full(30, 5.0), 6.0, 20) is None
    assert z_score_of_log(past, 0.0, 20) is None
