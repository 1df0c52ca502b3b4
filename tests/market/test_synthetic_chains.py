"""The synthetic exchange lists and quotes what a real one could."""

import time
from datetime import date, timedelta

import numpy as np
import pytest

from domain.chain import Chain
from domain.session import expiry_moment, is_session, next_session, previous_session, session_close, years_to_expiry
from domain.tick import on_tick, tick_size
from market.measures import MEASURES, measure
from market.synthetic import SyntheticSource, start_moment
from market.synthetic_calendar import third_friday
from quant.surface import Smile, fit_surface, iv30, skew

RATE = 0.04


@pytest.fixture(scope="module")
def source() -> SyntheticSource:
    return SyntheticSource(7)


@pytest.fixture(scope="module")
def chains(source: SyntheticSource) -> list[Chain]:
    days = (start_moment(7), session_close(date(2026, 3, 20)), session_close(date(2025, 12, 30)))
    found = [source.chain(ticker, moment) for moment in days for ticker in source.universe()]
    return [chain for chain in found if chain is not None]


def test_chains_have_the_size_and_order_of_real_ones(chains: list[Chain]) -> None:
    assert len(chains) == 36
    assert min(map(len, chains)) >= 300 and max(map(len, chains)) <= 1800
    assert 400 <= np.median([len(chain) for chain in chains]) <= 1500
    for chain in chains:
        order = np.lexsort((~chain.call, chain.strike, chain.expiry))
        assert np.array_equal(order, np.arange(len(chain)))
        assert np.array_equal(chain.call, np.tile([True, False], len(chain) // 2))


def test_expiries_are_sessions_and_include_the_third_fridays(chains: list[Chain]) -> None:
    for chain in chains:
        expiries = np.unique(chain.expiry)
        assert all(is_session(day) and expiry_moment(day) > chain.quote_time for day in expiries.tolist())
        months = [chain.session.replace(day=1) + timedelta(days=31 * k) for k in (1, 2, 3)]
        fridays = [third_friday(month.year, month.month) for month in months]
        monthlies = [day if is_session(day) else previous_session(day) for day in fridays]
        assert all(np.datetime64(day) in expiries for day in monthlies)
        assert 250 <= (expiries[-1] - np.datetime64(chain.session)).astype(int) <= 370


def test_no_quote_is_crossed_and_all_are_on_the_tick(chains: list[Chain]) -> None:
    for chain in chains:
        assert (chain.ask > chain.bid).all() and (chain.bid >= 0).all()
        for quote in np.concatenate((chain.bid, chain.ask)):
            assert on_tick(quote, tick_size(chain.tick_class, quote, 1))


def test_some_strikes_have_no_bid_and_some_names_are_hard_to_trade(chains: list[Chain]) -> None:
    def usual_spread(chain: Chain) -> float:
        days = (chain.expiry - np.datetime64(chain.session)).astype(int)
        near = (days >= 15) & (days <= 60) & (np.abs(np.log(chain.strike / chain.spot)) < 0.06)
        return float(np.nanmedian(((chain.ask - chain.bid) / chain.mid)[near]))

    assert any((chain.bid == 0).any() for chain in chains)
    spreads = {chain.ticker: usual_spread(chain) for chain in chains[:12]}
    assert spreads["ZMKT"] < 0.05 and spreads["ZCPU"] < 0.05
    assert sum(spread > 0.10 for spread in spreads.values()) >= 2
    assert {"penny", "standard"} <= {chain.tick_class for chain in chains}


def test_no_parity_trade_earns_anything_at_the_quotes(chains: list[Chain], source: SyntheticSource) -> None:
    for chain in chains:
        call, put = chain.call, ~chain.call
        years = years_to_expiry(chain.expiry, chain.quote_time)[call]
        owed = chain.strike[call] * np.exp(-RATE * years)
        rich, dear = chain.bid[call] - chain.ask[put] + owed, chain.ask[call] - chain.bid[put] + owed
        for day in np.unique(chain.expiry):  # one prepaid forward must fit between all pairs of an expiry
            rows = chain.expiry[call] == day
            quoted = rows & (chain.bid[put] > 0)
            assert rich[rows].max() <= dear[quoted].min() + 1e-9


def test_no_vertical_butterfly_or_calendar_is_free(chains: list[Chain]) -> None:
    for chain in chains:
        for day in np.unique(chain.expiry):
            for side in (True, False):
                rows = np.flatnonzero((chain.expiry == day) & (chain.call == side))
                sign = 1 if side else -1
                nearer, further = rows[::sign][:-1], rows[::sign][1:]
                assert (chain.bid[further] <= chain.ask[nearer] + 1e-9).all()
                low, middle, high = rows[:-2], rows[1:-1], rows[2:]
                weight = (chain.strike[high] - chain.strike[middle]) / (chain.strike[high] - chain.strike[low])
                cost = weight * chain.ask[low] + (1 - weight) * chain.ask[high] - chain.bid[middle]
                assert (cost > -1e-9).all()


def test_total_variance_does_not_fall_in_time(chains: list[Chain]) -> None:
    for chain in chains:
        slices = fit_surface(chain, RATE).slices
        total = np.array([smile.atm**2 * smile.years for smile in slices])
        assert (np.diff(total) > -0.02 * total[1:]).all()


def test_a_listed_contract_stays_listed_until_it_expires(source: SyntheticSource) -> None:
    day = date(2026, 2, 2)
    for ticker in ("ZMKT", "ZSHP", "ZRIG"):
        known: set[tuple[object, float]] = set()
        for _ in range(30):
            chain = source.chain(ticker, session_close(day) - timedelta(hours=2))
            assert chain is not None
            listed = set(zip(chain.expiry.tolist(), chain.strike.tolist(), strict=True))
            assert {contract for contract in known if contract[0] >= day} <= listed  # type: ignore[operator]
            known, day = listed, next_session(day)
        day = date(2026, 2, 2)


def test_smiles_lean_to_puts_and_most_for_the_index(chains: list[Chain]) -> None:
    leans = {chain.ticker: (skew(fit_surface(chain, RATE)) or 0) for chain in chains[:12]}
    implied = {chain.ticker: (iv30(fit_surface(chain, RATE)) or 1) for chain in chains[:12]}
    relative = {ticker: leans[ticker] / implied[ticker] for ticker in leans}
    assert np.mean(list(relative.values())) > 0.05
    assert relative["ZMKT"] > np.median(list(relative.values()))


def forward_variance(near: Smile, far: Smile) -> float:
    """Annual variance at the money between two expiries."""
    return (far.atm**2 * far.years - near.atm**2 * near.years) / (far.years - near.years)


def test_an_earnings_day_lifts_the_expiries_behind_it(source: SyntheticSource) -> None:
    seen = 0
    for ticker in source.universe():
        context = source.context(ticker, start_moment(7))
        for announced in context.earnings:
            chain = source.chain(ticker, session_close(previous_session(announced.day)) - timedelta(days=7))
            assert chain is not None and chain.session < announced.day
            slices = fit_surface(chain, RATE).slices
            early = [smile for smile in slices if smile.expiry < announced.day]
            late = [smile for smile in slices if smile.expiry >= announced.day]
            if early and len(late) > 1 and late[0].years - early[-1].years < 16 / 365:
                seen += 1
                across, beyond = forward_variance(early[-1], late[0]), forward_variance(late[0], late[1])
                assert across > 1.1 * beyond
    assert seen >= 3


def test_volume_only_grows_in_a_session_while_open_interest_stands(source: SyntheticSource) -> None:
    moment = start_moment(7)
    morning, noon = source.chain("ZCPU", moment), source.chain("ZCPU", moment + timedelta(hours=2))
    assert morning is not None and noon is not None
    assert (noon.volume >= morning.volume).all() and noon.volume.sum() > morning.volume.sum()
    assert np.array_equal(noon.open_interest, morning.open_interest)
    assert np.isnan(morning.last[morning.volume == 0]).all() and (morning.last[morning.volume > 0] > 0).all()


def test_unusual_volume_happens_on_some_days_only(source: SyntheticSource) -> None:
    day, unusual, looked = date(2026, 1, 5), 0, 0
    for _ in range(15):
        for ticker in source.universe():
            chain = source.chain(ticker, session_close(day))
            assert chain is not None
            unusual += bool(((chain.volume > 2 * chain.open_interest) & (chain.volume > 200)).sum() >= 2)
            looked += 1
        day = next_session(day)
    assert 0.02 < unusual / looked < 0.3


def test_the_history_of_iv30_is_what_the_chains_of_those_days_say(source: SyntheticSource) -> None:
    for day in (date(2025, 11, 3), date(2026, 4, 2), date(2026, 6, 18), date(2026, 9, 3)):
        for ticker in source.universe():
            chain = source.chain(ticker, session_close(day))
            history = source.context(ticker, session_close(day)).iv_history
            assert chain is not None and history is not None
            assert history.dates[-1] == np.datetime64(day)
            assert history.values[-1] == pytest.approx(iv30(fit_surface(chain, RATE)), abs=0.005)


@pytest.mark.parametrize("day", [date(2022, 3, 1), date(2025, 11, 28), date(2026, 6, 18)])
def test_the_past_s_measures_are_what_the_chains_of_those_days_say(source: SyntheticSource, day: date) -> None:
    for ticker in ("ZMKT", "ZCPU", "ZBNK", "ZINS"):
        chain = source.chain(ticker, session_close(day))
        assert chain is not None
        said, past = measure(chain, RATE), source.context(ticker, session_close(day)).measures
        assert past.keys() == MEASURES.keys()
        last = {name: float(series.values[-1]) for name, series in past.items()}
        assert last["skew_25d"] == pytest.approx(said["skew_25d"], abs=0.01)
        # a strip of few listed strikes ends before the tails do
        assert -0.005 < last["model_free_iv30"] - (said["model_free_iv30"] or 0.0) < 0.03
        for name in ("volume", "open_interest", "put_call_volume", "put_call_open_interest"):
            assert last[name] == pytest.approx(said[name], rel=1e-3)
        assert last["put_call_premium"] == pytest.approx(said["put_call_premium"], rel=0.03)
        assert {series.dates[-1] for series in past.values()} == {np.datetime64(day)}


def test_how_long_the_whole_universe_takes(capsys: pytest.CaptureFixture[str]) -> None:
    fresh, moment = SyntheticSource(5), start_moment(5)
    began = time.perf_counter()
    rows = 0
    for ticker in fresh.universe():
        chain = fresh.chain(ticker, moment)
        rows += 0 if chain is None else len(chain)
        fresh.context(ticker, moment)
    fresh.volatility_indices(moment)
    with capsys.disabled():
        print(f"\nsynthetic: 12 chains ({rows} rows) and contexts in {time.perf_counter() - began:.2f} s from cold")
    assert rows > 12 * 300
