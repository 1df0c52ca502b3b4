"""Deribit's chains from file to volatility: coin premiums, a market round the clock, and no orders."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from domain.chain import Chain
from domain.session import expiry_moment_always
from execution.view import chain_problem
from market.layouts import parse
from market.measures import measure
from market.precedence import visible_index
from memory.codec import decode, encode
from quant import inverse
from quant.coin import coin_forwards, in_dollars
from quant.surface import fit_surface, row_years
from tests.market.test_layouts_chains import DATA

NOW = datetime(2026, 1, 10, 16, 0, tzinfo=UTC)
FORWARDS = {date(2026, 1, 30): 91_000.0, date(2026, 2, 27): 91_500.0}
VOL = 0.45
needs_data = pytest.mark.skipif(not (DATA / "crypto_dvol").is_dir(), reason="no vendor files here")


def coin_chain(told: bool = True, spread: float = 0.0002) -> Chain:
    """Two expiries of BTC options at one volatility, quoted in coin on a Saturday."""
    strikes = np.arange(70_000.0, 115_000.0, 2_500.0)
    rows = [(day, k, call) for day in FORWARDS for k in strikes for call in (True, False)]
    expiry = np.array([row[0] for row in rows], dtype="datetime64[D]")
    strike, call = np.array([row[1] for row in rows]), np.array([row[2] for row in rows])
    forward = np.array([FORWARDS[row[0]] for row in rows])
    years = np.array([(expiry_moment_always(row[0]) - NOW).total_seconds() / 365 / 86400 for row in rows])
    coins = inverse.price(call, forward, strike, years, VOL)
    unknown = np.full(len(rows), np.nan)
    return Chain(
        "BTC", 90_500.0, NOW, NOW.date(), "intraday", "made", expiry, strike, call, coins - spread, coins + spread,
        unknown, np.ones(len(rows)), np.ones(len(rows)), unknown, np.full(len(rows), "BTC"), style="european",
        cash_settled=True, multiplier=1, inverse=True, hours="always", forward=forward if told else None,
    )  # fmt: skip


def test_coin_premiums_give_back_the_volatility_they_were_made_with() -> None:
    surface = fit_surface(coin_chain(), rate=0.04)

    assert [smile.expiry for smile in surface.slices] == list(FORWARDS)
    assert [smile.forward for smile in surface.slices] == pytest.approx(list(FORWARDS.values()), rel=1e-6)
    assert surface.at_days(30) == pytest.approx(VOL, abs=5e-4)


def test_without_the_venues_forward_parity_in_coin_tells_it() -> None:
    chain = coin_chain(told=False)

    found = coin_forwards(chain)

    expected = [FORWARDS[day.item()] for day in chain.expiry]
    assert found == pytest.approx(expected, rel=1e-9)
    no_quotes = replace(chain, bid=np.zeros(len(chain)), ask=np.zeros(len(chain)))
    assert (coin_forwards(no_quotes) == chain.spot).all()


def test_dollars_are_coins_times_the_expirys_forward_and_dollars_stay_as_they_are() -> None:
    chain = coin_chain()

    dollars = in_dollars(chain)

    assert dollars.bid == pytest.approx(chain.bid * chain.forward)
    assert in_dollars(dollars) is dollars


def test_a_coin_option_dies_at_eight_utc_also_on_a_saturday() -> None:
    years = row_years(coin_chain())

    assert years[0] * 365 == pytest.approx((datetime(2026, 1, 30, 8, tzinfo=UTC) - NOW).total_seconds() / 86400)


def test_a_coin_chain_is_stored_and_comes_back_with_its_terms() -> None:
    chain = coin_chain()
    encoded = encode(chain)

    back = decode(encoded.snapshot_id, encoded.compressed())

    assert (back.inverse, back.hours, back.multiplier) == (True, "always", 1)
    assert back.forward.tolist() == chain.forward.tolist()  # type: ignore[union-attr]
    assert len(back.rows(back.call).forward) == back.call.sum()


def test_no_order_can_be_made_on_what_no_broker_here_trades() -> None:
    assert "paid in coin" in chain_problem(coin_chain())
    future = replace(in_dollars(coin_chain()), ticker="/CL", hours="exchange")
    assert "not listed on a US exchange" in chain_problem(future)
    assert chain_problem(replace(future, ticker="CL")) == ""


@needs_data
def test_thirty_day_volatility_is_within_a_few_points_of_dvol_on_the_same_day() -> None:
    path = DATA / "crypto_dvol" / "btc_dvol_daily.csv"
    (_, dvol), _ = parse(path, path.read_bytes()).series
    index = dict(zip(dvol.dates, dvol.values, strict=True))
    path = DATA / "crypto_deribit_daily" / "deribit_options_202601.csv.gz"
    chains = [chain for chain in parse(path, path.read_bytes()).chains if chain.ticker == "BTC"][::10]
    found = [(measure(chain, 0.04), index[np.datetime64(chain.session)] / 100) for chain in chains]

    assert all(-0.06 < values["iv30"] - level < 0.01 for values, level in found)  # type: ignore[operator]
    assert all(abs(values["model_free_iv30"] - level) < 0.03 for values, level in found)  # type: ignore[operator]


@needs_data
def test_a_round_the_clock_index_is_seen_only_once_its_utc_day_is_over() -> None:
    path = DATA / "crypto_dvol" / "btc_dvol_daily.csv"
    (_, dvol), _ = parse(path, path.read_bytes()).series

    evening = visible_index(dvol, datetime(2026, 1, 14, 23, 59, tzinfo=UTC))
    midnight = visible_index(dvol, datetime(2026, 1, 15, 0, 0, tzinfo=UTC))

    assert (str(evening.dates[-1]), str(midnight.dates[-1])) == ("2026-01-13", "2026-01-14")
