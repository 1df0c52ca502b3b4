"""The recorded market: what is visible at a moment, which file counts, and that the future changes nothing."""

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from domain.chain import Chain
from domain.importing import ParsedFile
from domain.market import PriceHistory, Series
from domain.ports import MarketSource
from market.importer import import_paths
from market.measures import MEASURES, METHOD, measure
from market.precedence import best_history, visible_bars
from market.recorded import RecordedSource
from memory.archive import PgArchive
from memory.database import Database
from memory.migrate import migrate
from memory.snapshots import PgSnapshots
from quant.surface import fit_surface, iv30

DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
SPY = [DATA / "chains_spy_cboe_daily" / f"SPY_2026-08-{day}.csv.gz" for day in (18, 19, 20, 21)]
FILES = [
    *SPY,
    DATA / "chains_spy_cboe_daily" / "underlying.csv",
    DATA / "chains_single_names_2026" / "AAPL_chain_2026-07_2026-08.csv.gz",
    DATA / "market_prices",
    DATA / "market_vol",
    DATA / "market_rates",
]
needs_data = pytest.mark.skipif(not SPY[0].is_file(), reason="no vendor files here")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}-04:00")


@pytest.fixture(scope="module")
def stores(server_url: str) -> Iterator[tuple[PgArchive, PgSnapshots]]:
    """The real files, imported once for this module."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE recorded")
    with Database(server_url.replace("/fund?", "/recorded?")) as database:
        migrate(database)
        archive = PgArchive(database)
        import_paths(FILES, archive)
        yield archive, PgSnapshots(database)


@pytest.fixture
def source(stores: tuple[PgArchive, PgSnapshots]) -> RecordedSource:
    return RecordedSource(*stores)


@needs_data
def test_it_is_a_market_source_of_the_tickers_with_chains(source: MarketSource) -> None:
    assert source.universe() == ("AAPL", "SPY")
    assert source.knows("SPY") and not source.knows("AMC")
    assert source.chain("AMC", at("2026-08-20T18:30:00")) is None


@needs_data
@pytest.mark.parametrize(
    ("moment", "session"),
    [
        ("2026-08-20T16:00:00", date(2026, 8, 19)),
        ("2026-08-20T16:14:59", date(2026, 8, 19)),
        ("2026-08-20T16:15:00", date(2026, 8, 20)),
        ("2026-08-20T18:30:00", date(2026, 8, 20)),
        ("2026-08-21T16:00:00", date(2026, 8, 20)),
    ],
)
def test_spys_closing_quotes_are_seen_from_a_quarter_past_four(
    source: RecordedSource, moment: str, session: date
) -> None:
    chain = source.chain("SPY", at(moment))

    assert chain is not None and chain.session == session


@needs_data
@pytest.mark.parametrize(
    ("moment", "seen"),
    [
        ("2026-08-20T10:06:00", "2026-08-19T16:00:00"),
        ("2026-08-20T10:07:00", "2026-08-20T10:06:55.453397"),
        ("2026-08-20T18:30:00", "2026-08-20T10:06:55.453397"),
        ("2026-08-21T16:00:00", "2026-08-21T16:00:00"),
    ],
)
def test_a_snapshot_is_seen_from_its_stamp_on(source: RecordedSource, moment: str, seen: str) -> None:
    chain = source.chain("AAPL", at(moment))

    assert chain is not None and chain.quote_time == at(seen)


@needs_data
@pytest.mark.parametrize(
    ("moment", "last_bar", "last_vix", "rate_of"),
    [
        ("2026-08-20T15:59:00", date(2026, 8, 19), date(2026, 8, 19), 18),
        ("2026-08-20T16:00:00", date(2026, 8, 20), date(2026, 8, 19), 18),
        ("2026-08-20T16:15:00", date(2026, 8, 20), date(2026, 8, 20), 19),
    ],
)
def test_bars_indices_and_rates_appear_when_they_are_published(
    source: RecordedSource,
    stores: tuple[PgArchive, PgSnapshots],
    moment: str,
    last_bar: date,
    last_vix: date,
    rate_of: int,
) -> None:
    history = source.context("SPY", at(moment)).history
    vix = next(series for series in source.volatility_indices(at(moment)) if series.name == "VIX")
    rates = max(stores[0].series("rate", "DGS3MO"), key=lambda one: one.dates[-1])
    quoted = float(rates.values[rates.dates == np.datetime64(f"2026-08-{rate_of}")][0]) / 100

    assert history is not None and history.dates[-1] == np.datetime64(last_bar)
    assert vix.dates[-1] == np.datetime64(last_vix)
    assert source.rate(at(moment)) == pytest.approx(4 * np.log(1 + quoted / 4), abs=1e-12)


@needs_data
def test_a_context_names_what_there_is_not(source: RecordedSource) -> None:
    context = source.context("SPY", at("2026-08-18T16:15:00"))

    assert (context.sector, context.name) == ("broad index", "SPDR S&P 500 ETF Trust")
    assert set(context.absent) == {"posts", "headlines", "earnings", "short_interest", "iv_history", "interest_change"}
    assert context.earnings_known
    assert context.interest_change is None
    unheard_of = source.context("ZZZ", at("2026-08-18T16:15:00"))
    assert unheard_of.sector == "unknown:ZZZ"
    assert unheard_of.absent["history"] == "no price history imported"
    assert unheard_of.absent["earnings"] == "no earnings dates imported"


@needs_data
def test_earlier_chains_give_one_thirty_day_volatility_a_session_worked_out_once(
    source: RecordedSource, stores: tuple[PgArchive, PgSnapshots]
) -> None:
    moment = at("2026-08-20T18:30:00")

    history = source.context("SPY", moment).iv_history

    assert history is not None
    assert history.dates.astype(str).tolist() == ["2026-08-18", "2026-08-19"]
    # Cboe's own figures of those evenings, beside the chains
    assert history.values == pytest.approx([0.12715, 0.12061], abs=0.005)
    stamps = {row.ref.session: row.stamp for row in stores[0].measured("SPY", moment, 9)}
    assert stamps.pop(date(2026, 8, 20)) is None
    assert all(str(stamp).startswith(f"{METHOD} at 0.03") for stamp in stamps.values())


@needs_data
def test_every_measure_of_the_earlier_sessions_is_known(source: RecordedSource) -> None:
    measures = source.context("SPY", at("2026-08-20T18:30:00")).measures

    assert measures.keys() == MEASURES.keys()
    assert all(len(series) == 2 for series in measures.values())
    vix = next(series for series in source.volatility_indices(at("2026-08-20T18:30:00")) if series.name == "VIX")
    # SPY's own strip against Cboe's index of SPX on the same two evenings
    assert 100 * measures["model_free_iv30"].values == pytest.approx(vix.values[-3:-1], abs=1.0)
    assert (measures["model_free_iv30"].values > measures["iv30"].values).all()
    assert ((measures["skew_25d"].values > 0.02) & (measures["skew_25d"].values < 0.08)).all()
    assert ((measures["put_call_volume"].values > 0.5) & (measures["put_call_volume"].values < 2.5)).all()


@needs_data
def test_a_rate_imported_later_has_the_measures_worked_out_again(database: Database) -> None:
    archive = PgArchive(database)
    source = RecordedSource(archive, PgSnapshots(database))
    import_paths(SPY[1:3], archive)
    without = source.context("SPY", at("2026-08-20T18:30:00")).iv_history
    import_paths([DATA / "market_rates"], archive)

    knowing = source.context("SPY", at("2026-08-20T18:30:00")).iv_history

    fresh = RecordedSource(archive, PgSnapshots(database)).context("SPY", at("2026-08-20T18:30:00")).iv_history
    assert without is not None and knowing is not None and fresh is not None
    assert knowing.values[0] != without.values[0]
    assert knowing.values[0] == fresh.values[0]


@needs_data
def test_a_vendor_s_longer_series_is_the_history_until_it_is_out_of_date(database: Database) -> None:
    archive = PgArchive(database)
    source = RecordedSource(archive, PgSnapshots(database))
    import_paths(SPY[1:3], archive)
    moment, days = at("2026-08-20T18:30:00"), np.busday_offset("2026-08-20", np.arange(-71, 1))
    told = Series("SPY iv30", "vendor.csv", days, np.linspace(0.1, 0.2, 72))

    def history_with(series: Series) -> Series:
        file = ParsedFile("vendor", 72, 72, series=(("measure", series),))
        archive.store(series.source, series.source.ljust(64, "f"), file)
        found = source.context("SPY", moment).iv_history
        assert found is not None
        return found

    assert history_with(replace(told, source="ended.csv", dates=days - 30)).source == "recorded"
    current = history_with(told)
    assert current.source == "vendor.csv"
    assert current.dates[-1] == np.datetime64("2026-08-19"), "the session of the chain itself is not its past"


@needs_data
def test_near_expiries_alone_give_the_same_thirty_day_volatility_to_a_twentieth_of_a_point(
    source: RecordedSource,
) -> None:
    chain = source.chain("SPY", at("2026-08-20T18:30:00"))

    assert chain is not None
    assert measure(chain, 0.038)["iv30"] == pytest.approx(iv30(fit_surface(chain, 0.038)), abs=5e-4)


@needs_data
def test_no_thirty_day_volatility_from_expiries_of_a_few_days(source: RecordedSource) -> None:
    chain = source.chain("SPY", at("2026-08-20T18:30:00"))

    assert chain is not None
    assert measure(chain.rows(chain.expiry <= np.datetime64("2026-08-31")), 0.038)["iv30"] is None


def observe(source: RecordedSource, moment: datetime) -> list[Any]:
    """All that the source says at a moment, as plain values."""
    return [
        plain(value)
        for ticker in ("SPY", "AAPL")
        for value in (source.chain(ticker, moment), source.context(ticker, moment))
    ] + [plain(source.volatility_indices(moment)), source.rate(moment)]


def plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.astype(str).tolist()
    if isinstance(value, tuple):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    return {k: plain(v) for k, v in vars(value).items()} if hasattr(value, "__dict__") else value


def ruined(chain: Chain, hours: int) -> Chain:
    return replace(
        chain, bid=chain.bid * 9, ask=chain.ask * 9, spot=1.0, quote_time=chain.quote_time + timedelta(hours=hours)
    )


def garbage(archive: PgArchive, chains: list[Chain], moment: datetime) -> ParsedFile:
    """Copies of what is stored in which everything after the moment is nonsense."""
    day = np.datetime64(moment.date())

    def future(dates: Any) -> Any:
        return np.append(dates[dates <= day], day + np.arange(1, 400))

    def ruin(values: Any, dates: Any) -> Any:
        return np.append(values[dates <= day], np.full(399, 1e6))

    prices = [
        PriceHistory(h.ticker, h.basis, h.source, future(h.dates),
                     *(ruin(getattr(h, name), h.dates) for name in ("open", "high", "low", "close", "volume")))
        for ticker in ("SPY", "AAPL")
        for h in archive.prices(ticker)
    ]  # fmt: skip
    series = [
        (kind, Series(s.name, s.source, future(s.dates), ruin(s.values, s.dates)))
        for kind, names in (("volatility", ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX")), ("rate", ("DGS3MO",)))
        for name in names
        for s in archive.series(kind, name)  # type: ignore[arg-type]
    ]
    return ParsedFile("poison", 1, 1, chains=tuple(chains), prices=tuple(prices), series=tuple(series))  # type: ignore[arg-type]


@needs_data
def test_poisoning_everything_later_changes_nothing(database: Database) -> None:
    archive = PgArchive(database)
    source = RecordedSource(archive, PgSnapshots(database))
    single_name = DATA / "chains_single_names_2026" / "AAPL_chain_2026-07_2026-08.csv.gz"
    import_paths([*SPY[1:3], single_name, DATA / "market_prices", DATA / "market_vol", DATA / "market_rates"], archive)
    moment = at("2026-08-20T18:30:00")
    moments = [at("2026-08-19T12:00:00"), at("2026-08-20T16:00:00"), at("2026-08-20T16:15:00"), moment]
    latest = [source.chain(ticker, moment) for ticker in ("SPY", "AAPL")]
    before = [observe(source, earlier) for earlier in moments]

    chains = [ruined(chain, hours) for chain in latest if chain is not None for hours in (9, 30, 400)]
    archive.store("poison.csv", "f" * 64, garbage(archive, chains, moment))

    assert [observe(source, earlier) for earlier in moments] == before
    assert observe(source, moment + timedelta(days=3)) != before[-1]  # the poison was there


def history(name: str, last: str, close: float, basis: str = "split_adjusted", bars: int = 100) -> PriceHistory:
    dates = np.busday_offset(np.datetime64(last), np.arange(1 - bars, 1), roll="backward")
    price = np.full(bars, close)
    return PriceHistory("AAA", basis, name, dates, price, price, price, price, price)


@pytest.mark.parametrize(
    ("histories", "winner"),
    [
        ([history("old", "2024-01-02", 10), history("new", "2026-08-19", 10)], "new"),
        ([history("raw", "2026-08-19", 10, "unadjusted"), history("split", "2026-08-14", 10)], "split"),
        ([history("raw", "2026-08-19", 10, "unadjusted"), history("split", "2026-08-10", 10)], "raw"),
        ([history("stale", "2026-08-18", 10), history("fresh", "2026-08-19", 10)], "fresh"),
        ([history("short", "2026-08-19", 10, bars=9), history("long", "2026-08-19", 10)], "long"),
        ([history("split since", "2026-08-19", 1), history("as then", "2026-08-19", 10, "unstated")], "as then"),
    ],
)
def test_precedence_of_price_histories(histories: list[PriceHistory], winner: str) -> None:
    for order in (histories, histories[::-1]):
        best, _ = best_history(order, at("2026-08-19T18:00:00"), spot=10.2)
        assert best is not None and best.source == winner


def test_a_history_that_ended_long_ago_is_none() -> None:
    best, reason = best_history([history("old", "2024-03-08", 10)], at("2026-08-19T18:00:00"))

    assert (best, reason) == (None, "the price history ends on 2024-03-08")


def test_a_market_without_weekends_closes_its_day_at_midnight_utc() -> None:
    dates = np.arange("2026-08-10", "2026-08-22", dtype="datetime64[D]")
    coin = PriceHistory("BTC_USD", "unadjusted", "x", dates, *(np.arange(12.0) for _ in range(5)))

    assert visible_bars(coin, at("2026-08-20T19:59:59")).dates[-1] == np.datetime64("2026-08-19")
    assert visible_bars(coin, at("2026-08-20T20:00:00")).dates[-1] == np.datetime64("2026-08-20")


def test_bars_still_to_come_do_not_change_which_market_it_is() -> None:
    dates = np.append(
        np.busday_offset("2026-08-20", np.arange(-9, 1)), np.arange("2026-08-21", "2026-09-01", dtype="M8[D]")
    )
    later_on_weekends = PriceHistory("AAA", "unadjusted", "x", dates, *(np.arange(21.0) for _ in range(5)))

    assert visible_bars(later_on_weekends, at("2026-08-20T16:00:00")).dates[-1] == np.datetime64("2026-08-20")


@needs_data
def test_a_rate_long_gone_is_unknown(source: RecordedSource) -> None:
    assert source.rate(at("2026-10-02T12:00:00")) is not None
    assert source.rate(at("2026-10-05T12:00:00")) is None


@needs_data
def test_open_interest_is_compared_with_the_session_before_and_with_nothing_later(source: RecordedSource) -> None:
    early, late = at("2026-08-20T16:14:59"), at("2026-08-20T16:15:00")
    changes = [source.context("SPY", moment).interest_change for moment in (early, late)]
    assert [change.since for change in changes if change] == [date(2026, 8, 18), date(2026, 8, 19)]
    before, now = source.chain("SPY", early), source.chain("SPY", late)
    assert before is not None and now is not None
    then = {before.contract(row).occ_symbol: before.open_interest[row] for row in range(len(before))}
    held = [(now.call[row], now.open_interest[row], then.get(now.contract(row).occ_symbol)) for row in range(len(now))]
    change = changes[1]
    assert change is not None and change.quote_time < early
    for net, side in ((change.calls, True), (change.puts, False)):
        assert net == sum(here - old for call, here, old in held if call == side and old is not None)
    assert change.compared == sum(old is not None for *_, old in held) > 10_000
