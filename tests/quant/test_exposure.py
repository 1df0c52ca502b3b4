"""Gamma exposure, max pain and put/call ratios."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.black import greeks
from quant.exposure import gamma_exposure, max_pain, put_call
from quant.surface import fit_surface
from tests.quant.made import APRIL, RATE, SPOT, made_chain, steady


def exposure(chain):
    return gamma_exposure(chain, fit_surface(chain, RATE))


def only(chain, rows, contracts=100.0):
    return replace(chain, open_interest=np.where(rows, contracts, 0.0))


def test_one_line_is_gamma_times_contracts_times_multiplier_times_a_per_cent():
    chain = made_chain((APRIL,), half_spread=0.0)
    found = exposure(only(chain, chain.call & (chain.strike == 100.0), 30.0))
    smile = fit_surface(chain, RATE).slices[0]
    gamma = greeks(True, SPOT, smile.forward, 100.0, smile.years, smile.vol(100.0), smile.discount).gamma
    assert found.total == pytest.approx(float(gamma) * 30 * 100 * SPOT * SPOT * 0.01)
    assert found.by_strike[0].tolist() == [100.0] and found.by_strike[1].sum() == pytest.approx(found.total)


def test_calls_count_plus_and_puts_minus_and_equal_lines_cancel():
    chain = made_chain((APRIL,))
    assert exposure(only(chain, chain.call)).total > 0 > exposure(only(chain, ~chain.call)).total
    both = exposure(chain)
    assert abs(both.total) < 1e-9 * exposure(only(chain, chain.call)).total


def test_zero_gamma_lies_between_puts_below_and_calls_above():
    chain = made_chain((APRIL,))
    rows = (chain.call & (chain.strike == 110.0)) | (~chain.call & (chain.strike == 90.0))
    found = exposure(only(chain, rows))
    assert 90 < found.zero_gamma < 110
    assert exposure(only(chain, chain.call)).zero_gamma is None


def test_expired_rows_and_unknown_open_interest_are_left_out():
    chain = made_chain((date(2026, 2, 27), APRIL))
    expired = chain.expiry < np.datetime64(APRIL)
    assert exposure(only(chain, expired)).total is None
    live = exposure(only(chain, ~expired & chain.call))
    everything = only(chain, chain.call)
    assert exposure(everything).total == pytest.approx(live.total)
    unknown = replace(chain, open_interest=np.full(len(chain), np.nan))
    assert exposure(unknown).total is None and len(exposure(unknown).by_strike[0]) == 0


def test_without_a_smile_the_rows_own_vols_serve():
    chain = made_chain((APRIL,), strikes=[100.0])
    assert fit_surface(chain, RATE).slices == ()
    assert exposure(only(chain, chain.call)).total > 0


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


def test_put_call_ratios_are_puts_over_calls():
    chain = made_chain((APRIL,), half_spread=0.0)
    chain = replace(chain, volume=np.where(chain.call, 10.0, 15.0), open_interest=np.where(chain.call, 100.0, 50.0))
    volume, interest, premium = put_call(chain)
    assert (volume, interest) == (1.5, 0.5)
    paid = chain.volume * np.where(np.isfinite(chain.mid), chain.mid, chain.last)
    assert premium == pytest.approx(paid[~chain.call].sum() / paid[chain.call].sum())


def test_a_ratio_over_no_calls_is_unknown():
    chain = made_chain((APRIL,))
    assert put_call(chain.rows(~chain.call)) == (None, None, None)
    assert put_call(replace(chain, volume=np.full(len(chain), np.nan)))[0] is None
