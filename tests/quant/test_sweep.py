"""The compiled loops say what the room's numpy says: the same vols, the same Greeks, the same reasons."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant import black, sweep
from tests.quant.made import steady
from tests.quant.test_implied_vol import any_double


@pytest.fixture(scope="module")
def book():
    """Thirty thousand options of a chain and its wings: call, spot, forward, strike, years, vol, discount."""
    n, random = 30_000, np.random.default_rng(11)
    years = np.exp(random.uniform(np.log(1e-5), np.log(3), n))
    vol = random.uniform(0.05, 2.0, n)
    forward, discount = 100 * np.exp(0.02 * years), np.exp(-0.04 * years)
    strike = forward * np.exp(random.uniform(-8, 8, n) * vol * np.sqrt(years))
    return random.random(n) < 0.5, np.full(n, 100.0), forward, strike, years, vol, discount


def test_thirty_thousand_vols_and_reasons_are_those_of_numpy(book):
    call, _, forward, strike, years, vol, discount = book
    premium = black.price(call, forward, strike, years, vol, discount)
    ours, status = sweep.implied_vol(call, premium, forward, strike, years, discount)
    theirs, reasons = black.implied_vol(call, premium, forward, strike, years, discount)
    assert np.array_equal(status, reasons)
    # In the money the time value is what cancellation left of the price: both solve the same equation of it.
    beta = np.maximum(black.price(strike > forward, forward, strike, years, vol, 1.0), 1e-300)
    rounding = 4e-16 * np.maximum(forward, strike) / beta
    known = status == black.OK
    assert np.all(np.abs(ours / theirs - 1)[known] <= 1e-11 + rounding[known])


def test_out_of_the_money_no_quote_fails_and_no_vol_is_off(book):
    _, _, forward, strike, years, vol, discount = book
    call = strike > forward
    premium = black.price(call, forward, strike, years, vol, discount)
    found, status = sweep.implied_vol(call, premium, forward, strike, years, discount)
    assert np.all(status == black.OK)
    vega = black.greeks(call, 100.0, forward, strike, years, vol, discount).vega
    assert np.all(np.abs(found - vol) <= 1e-8 + 8 * np.finfo(float).eps * np.maximum(forward, strike) / vega)
    assert np.quantile(np.abs(found / vol - 1), 0.99) < 1e-11


def test_thirty_thousand_greeks_are_those_of_numpy(book):
    call, _, forward, strike, years, vol, discount = book
    ours, theirs = sweep.greeks(*book), black.greeks(*book)
    value = sweep.value(*book)
    premium = black.price(call, forward, strike, years, vol, discount)
    assert value.price == pytest.approx(premium, rel=1e-9, abs=1e-11)
    for name in black.Greeks._fields:
        mine, numpys = getattr(ours, name), getattr(theirs, name)
        scale = np.abs(numpys) + np.quantile(np.abs(numpys), 0.5)
        assert np.max(np.abs(mine - numpys) / scale) < 1e-9, name
        if name in value._fields:
            assert np.array_equal(getattr(value, name), mine), name


@steady
@given(st.lists(st.tuples(st.booleans(), *[any_double] * 5), min_size=1, max_size=20))
def test_any_doubles_have_the_reasons_of_numpy(quotes):
    columns = [np.array(column) for column in zip(*quotes, strict=True)]
    vol, status = sweep.implied_vol(*columns)
    assert np.array_equal(status, black.implied_vol(*columns)[1])
    assert np.array_equal(np.isfinite(vol), status == black.OK)


@steady
@given(st.lists(st.tuples(st.booleans(), *[any_double] * 6), min_size=1, max_size=20))
def test_what_is_no_market_for_numpy_is_none_here(options):
    columns = [np.array(column) for column in zip(*options, strict=True)]
    value = sweep.value(*columns)
    good = np.all([np.isfinite(x) for x in columns[1:]], axis=0)
    good &= np.all([x > 0 for x in (*columns[1:4], columns[6])], axis=0) & (columns[5] >= 0)
    assert not np.any(np.isfinite(value.price[~good]))


@pytest.mark.parametrize("solver", [black.implied_vol, sweep.implied_vol])
def test_a_vol_of_twelve_and_a_vol_for_the_last_second_are_found(solver):
    second = 1 / (365 * 86_400)
    for years, vol, strike in [(1.0, 12.0, 100.0), (3.0, 5.0, 20.0), (second, 0.3, 100.0), (second, 0.3, 100.01)]:
        premium = black.price(True, 100.0, strike, years, vol, 1.0)
        found, status = solver(True, premium, 100.0, strike, years, 1.0)
        assert status == black.OK and float(found) == pytest.approx(vol, rel=1e-6)


@pytest.mark.parametrize(
    ("premium", "forward", "strike"),
    [
        (1e-320, 100.0, 200.0),
        (1e-300, 1e200, 1.1e200),
        (1e-300, 100.0, 250.0),
        (1e-139, 1.0, 1.5),
        (1e-155, 1e-150, 2e-150),
    ],
)
def test_prices_near_the_ends_of_a_double_have_the_vols_of_numpy(premium, forward, strike):
    found, status = sweep.implied_vol(True, premium, forward, strike, 1.0, 1.0)
    theirs, reason = black.implied_vol(True, premium, forward, strike, 1.0, 1.0)
    assert status == reason == black.OK
    assert float(found) == pytest.approx(float(theirs), rel=1e-9)


def test_threads_change_nothing(book, monkeypatch):
    call, _, forward, strike, years, vol, discount = book
    premium = black.price(call, forward, strike, years, vol, discount)
    alone = sweep.implied_vol(call, premium, forward, strike, years, discount), sweep.value(*book)
    monkeypatch.setattr(sweep, "THREADED", 1000)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    shared = sweep.implied_vol(call, premium, forward, strike, years, discount), sweep.value(*book)
    for one, many in zip((*alone[0], *alone[1]), (*shared[0], *shared[1]), strict=True):
        assert np.array_equal(one, many, equal_nan=True)


def test_arguments_broadcast_and_shapes_are_kept():
    strikes = np.array([[90.0, 100.0], [110.0, 120.0]])
    vol, status = sweep.implied_vol([True, False], 8.0, 100.0, strikes, 0.5, 0.99)
    assert vol.shape == status.shape == (2, 2)
    assert sweep.value(True, 100.0, 100.0, 100.0, 0.5, 0.2, 1.0).price.shape == ()
    assert sweep.implied_vol([], [], [], [], [], [])[0].shape == (0,)


def test_at_expiry_only_intrinsic_value_and_a_step_of_delta_remain():
    value = sweep.value([True, True, False], 100.0, 100.0, [90.0, 110.0, 110.0], 0.0, 0.2, 1.0)
    assert value.price.tolist() == [10.0, 0.0, 10.0] and value.delta.tolist() == [1.0, 0.0, -1.0]
    assert not any(np.any(x) for x in (value.gamma, value.theta, value.vega, value.rho))
