"""The long tail of vendors: every real sample is stored row by row or refused in one true line."""

import gzip
import io
import random
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.importing import ParsedFile
from market.importer import data_files
from market.layouts import BadFile, parse
from market.layouts.retail import in_percent, spelled_out
from tests.market.test_layouts_chains import DATA, only_chain, read

FOLDERS = (
    "chain_formats", "chains_lean_algoseek", "iv_term_snapshots", "crypto_deribit_other", "crypto_dvol",
    "crypto_deribit_trades", "payloads_cboe_delayed",
)  # fmt: skip
SAMPLES = [path for folder in FOLDERS if (DATA / folder).is_dir() for path in data_files([DATA / folder])]
# What cannot be stored, and the words of the reason.
REFUSED = {
    "alphavantage_historical_options_sample.csv": "2 × no spot in the file and too few pairs",
    "ibkr_reqSecDefOptParams_SPY_chain.json": "a list of expiries and strikes",
    "optionsdx_header_reference.csv": "a header and no rows",
    "lean_minute_aapl_20140606_trade_american.zip": "minutes of trade alone",
    "lean_universe_aapl_20140606.csv.gz": "without bid and ask",
    "lean_universe_aapl_20140609.csv.gz": "without bid and ask",
    "perpetual_futures_prices.csv.gz": "no daily bars",
    "deribit_btc_option_trades_2025-05-26_27.csv.gz": "single trades",
    "historical_data_AAPL.json.gz": "yearly extremes",
    "quotes_AAPL.json.gz": "without its options",
}
needs_data = pytest.mark.skipif(not SAMPLES, reason="no vendor files here")


def real(folder: str, start: str) -> ParsedFile:
    path = next((DATA / folder).glob(f"{start}*"))
    return parse(path, path.read_bytes())


@needs_data
@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_every_sample_is_stored_or_refused_with_its_reason(path: Path) -> None:
    if path.name in REFUSED:
        with pytest.raises(BadFile) as refusal:
            parse(path, path.read_bytes())
        assert REFUSED[path.name] in str(refusal.value) and "\n" not in str(refusal.value)
        return

    parsed = parse(path, path.read_bytes())

    assert parsed.rows == parsed.kept + sum(parsed.dropped.values())
    assert parsed.kept == sum(len(chain) for chain in parsed.chains) or parsed.series
    assert parsed.kept >= 0.98 * parsed.rows or parsed.dropped.keys() & {
        "no session on that day", "only one of call and put", "after the session's close",
        "a strike from before a split, quoted no more",
    }  # fmt: skip
    assert len(parsed.warnings) <= 4


@needs_data
@pytest.mark.parametrize(
    ("start", "ticker", "session", "spot", "contracts"),
    [
        ("barchart", "SPY", "2020-07-02", 312.9, 230),
        ("ibkr_MSFT", "MSFT", "2026-07-28", 394.5, 307),
        ("optionlab", "MSFT", "2021-11-22", 342.25, 1995),
        ("optionchainanalytics", "SPY", "2024-06-14", 541.65, 7396),
        ("turingtrader", "SPX", "2018-01-02", 2693.6, 10572),
        ("oipd_apache2_WTI", "/CL", "2025-09-08", 61.69, 284),
        ("oipd_apache2_bitcoin", "BTC", "2025-08-30", 108864, 76),
    ],
)
def test_a_sample_is_of_the_ticker_session_and_spot_it_was_taken_at(
    start: str, ticker: str, session: str, spot: float, contracts: int
) -> None:
    chain = only_chain(real("chain_formats", start))

    assert (chain.ticker, str(chain.session), len(chain)) == (ticker, session, contracts)
    assert chain.spot == pytest.approx(spot, rel=1e-4)


@needs_data
def test_open_interest_without_bid_and_ask_is_kept_and_holidays_are_not() -> None:
    parsed = real("chains_oi_volume_history_2026", "AAPL")

    assert parsed.dropped == {"no session on that day": 10678}
    assert len(parsed.chains) == 62
    assert not any(chain.two_sided.any() for chain in parsed.chains)
    assert all(200 < chain.spot < 350 and np.nansum(chain.open_interest) > 1e6 for chain in parsed.chains)
    assert 0.05 < np.nanmedian(parsed.chains[0].iv) < 1


@needs_data
def test_strikes_from_before_a_split_do_not_count_their_open_interest_twice() -> None:
    before, after = real("chains_lean_algoseek", "AAPL_2014").chains

    assert (before.spot, after.spot) == (pytest.approx(645.5, rel=1e-3), pytest.approx(93.66, rel=1e-3))
    assert before.strike.max() == 1050 and after.strike.max() < 200


@needs_data
def test_lean_minutes_are_true_at_the_end_of_their_minute_and_stand_until_the_next() -> None:
    parsed = real("chains_lean_algoseek", "lean_indexoption_minute_spx_20210114")

    first, last = parsed.chains[0], parsed.chains[-1]
    assert first.quote_time == datetime.fromisoformat("2021-01-14T09:31:00-05:00")
    assert last.quote_time == datetime.fromisoformat("2021-01-14T16:15:00-05:00")
    assert all(len(chain) == 6 and 3750 < chain.spot < 3850 for chain in parsed.chains)
    assert "quotes stand unchanged" in parsed.warnings[0]


@needs_data
def test_a_vendors_volatilities_become_the_thirty_day_history_of_the_ticker() -> None:
    ((kind, iv30),) = real("iv_term_snapshots", "SPX").series
    (_, own), (_, skew) = real("chain_formats", "ivolatility").series

    assert (kind, iv30.name, len(iv30)) == ("measure", "SPX iv30", 64)
    assert (iv30.values > 0.08).all() and (iv30.values < 0.3).all()
    assert (own.name, own.values[0]) == ("IWM iv30", 0.193746)
    assert (skew.name, skew.values[0]) == ("IWM skew_25d", pytest.approx(0.223881 - 0.173986))


@needs_data
def test_dvol_is_an_index_in_points_and_the_model_free_history_as_a_decimal() -> None:
    (kind, index), (other, measure) = real("crypto_dvol", "btc").series

    assert (kind, index.name, other, measure.name) == ("volatility", "BTC DVOL", "measure", "BTC model_free_iv30")
    assert np.allclose(index.values / 100, measure.values)


@needs_data
def test_cboes_document_of_a_saturday_is_fridays_close() -> None:
    chain = only_chain(real("payloads_cboe_delayed", "options"))

    assert (chain.ticker, chain.session, chain.cadence, len(chain)) == ("AAPL", date(2026, 7, 24), "eod", 3576)
    assert chain.quote_time == datetime.fromisoformat("2026-07-24T16:00:00-04:00")


BARCHART = "Strike,Last,% From Last,Bid,Midpoint,Ask,Change,%Chg,IV,Volume,Open Int,Type,Time\n"


def test_percent_signs_thousands_and_dashes_are_read_as_meant() -> None:
    rows = "".join(
        f'{k},1,0%,{bid},1,{bid + 0.1:.2f},0,unch,25.00%,"1,234",-,{side},N/A\n'
        for k in (99, 100, 101)
        for side, bid in (("Call", 102 - k), ("Put", 2))
    )

    chain = only_chain(read(BARCHART + rows, "spy-options-exp-2020-07-10-weekly-07-05-2020.csv"))

    assert chain.iv.tolist() == [0.25] * 6 and chain.volume.tolist() == [1234] * 6
    assert np.isnan(chain.open_interest).all()
    assert (chain.ticker, str(chain.session), str(chain.expiry[0])) == ("SPY", "2020-07-02", "2020-07-10")


def test_a_name_that_does_not_tell_what_the_columns_do_not_is_refused_with_an_example() -> None:
    with pytest.raises(BadFile, match="name it like spy-options-exp-2020-07-10"):
        read(BARCHART + "1,1,0%,1,1,1,0,unch,1%,1,1,Call,N/A\n", "download.csv")
    with pytest.raises(BadFile, match="is no day"):
        read("Type,Strike,Bid,Ask,Expiration\ncall,1,1,1,2021-11-26\n", "msft_2021-13-22.csv")


HISTORY = (
    "date,spot,expiration,strike,call_price,call_delta,call_volume,call_iv,call_oi,"
    "put_price,put_delta,put_volume,put_iv,put_oi\n"
)


def day_of(day: str, volume: int = 5) -> str:
    return "".join(f"{day},100,2026-09-18,{k},3,0.5,{volume},20,7,2,-0.5,3,21,9\n" for k in (95, 100, 105))


def test_a_session_that_only_repeats_the_one_before_is_a_copy_unless_nothing_traded() -> None:
    copied = read(HISTORY + day_of("2026-08-19") + day_of("2026-08-20") + day_of("2026-08-21", volume=6), "AAA.csv")
    quiet = day_of("2026-08-19", volume=0).replace("-0.5,3", "-0.5,0")
    idle = read(HISTORY + quiet + quiet.replace("08-19", "08-20"), "AAA.csv")

    assert copied.dropped == {"copy of the session before": 6}
    assert [str(chain.session) for chain in copied.chains] == ["2026-08-19", "2026-08-21"]
    assert len(idle.chains) == 2 and not idle.dropped


OPTION_METRICS = (
    "secid,date,symbol,exdate,cp_flag,strike_price,best_bid,best_offer,volume,open_interest,impl_volatility\n"
)


def test_option_metrics_counts_strikes_in_thousandths() -> None:
    rows = "".join(
        f"108105,2018-01-02,SPXW 180105{side}{k * 1000:08d},2018-01-05,{side},{k * 1000},{bid},{bid + 1},1,2,0.1\n"
        for k in (2690, 2700, 2710)
        for side, bid in (("C", 2720 - k), ("P", 20))
    )

    chain = only_chain(read(OPTION_METRICS + rows, "om.csv"))

    assert (chain.ticker, chain.root[0], chain.strike[0], chain.spot) == ("SPX", "SPXW", 2690.0, pytest.approx(2700))


TARDIS = (
    "exchange,symbol,timestamp,local_timestamp,type,strike_price,expiration,open_interest,last_price,bid_price,"
    "bid_amount,bid_iv,ask_price,ask_amount,ask_iv,mark_price,mark_iv,underlying_index,underlying_price,delta,gamma,"
    "vega,theta,rho\n"
)


def tardis(second: int, bid: float, symbol: str = "BTC-9JUN20-9875-P", exchange: str = "deribit") -> str:
    at = 1591574399413000 + second * 1_000_000
    return (
        f"{exchange},{symbol},{at},{at},put,9875,1591689600000000,0.1,0.0295,{bid},15,55.91,0.0235,15,68.94,"
        f"0.0221,62.89,SYN.BTC-9JUN20,9756.36,-0.6,0.001,2.2,-53.1,-0.2\n"
    )


def test_of_a_stream_the_last_update_of_each_contract_and_hour_counts() -> None:
    parsed = read(
        TARDIS + tardis(-9, 0.01) + tardis(0, 0.02) + tardis(9, 0.021)
        + tardis(0, 2, "BTC_USDC-9JUN20-9875-P") + tardis(0, 2, exchange="okex"), "tardis.csv",
    )  # fmt: skip

    assert parsed.dropped == {"superseded within the hour": 1, "wrong currency": 2}
    assert [chain.bid.tolist() for chain in parsed.chains] == [[0.02], [0.021]]
    assert [str(chain.session) for chain in parsed.chains] == ["2020-06-07", "2020-06-08"]
    chain = parsed.chains[0]
    assert (chain.inverse, chain.hours, chain.multiplier, chain.style) == (True, "always", 1, "european")
    assert chain.quote_time == datetime(2020, 6, 7, 23, 59, 59, 413000, UTC)


def zipped(members: dict[str, str]) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return body.getvalue()


def test_a_zip_of_one_table_is_that_table_and_one_of_several_is_refused() -> None:
    history = HISTORY + day_of("2026-08-19")
    alone = parse(Path("AAA.zip"), zipped({"AAA_history.csv": history}))

    assert alone.kept == 6 and alone.chains[0].ticker == "AAA"
    with pytest.raises(BadFile, match="a zip of 2 files"):
        parse(Path("AAA.zip"), zipped({"a.csv": history, "b.csv": history}))


def test_a_cboe_stamp_that_trades_contradict_is_new_yorks_not_utc() -> None:
    def document(traded: str) -> ParsedFile:
        option = '"bid": 5.0, "ask": 5.2, "iv": 0.2, "open_interest": 1, "volume": 2, "last_trade_price": 5'
        body = (
            '{"timestamp": "2026-08-20 15:00:00", "data": {"symbol": "SPY", "current_price": 700.0, "options": '
            f'[{{"option": "SPY260821C00700000", "last_trade_time": "{traded}", {option}}}]}}}}'
        )
        return parse(Path("SPY.json"), body.encode())

    (utc,), (own,) = document("2026-08-20T10:44:59").chains, document("2026-08-20T14:44:59").chains

    assert utc.quote_time == datetime(2026, 8, 20, 15, 0, tzinfo=UTC)
    assert own.quote_time == datetime(2026, 8, 20, 19, 0, tzinfo=UTC)
    with pytest.raises(BadFile, match="not a Cboe document"):
        parse(Path("SPY.json"), b'{"timestamp": "soon", "data": {"options": [{}], "symbol": "SPY"}}')


def test_helpers_leave_what_is_no_number_to_be_counted() -> None:
    import pandas as pd

    frame = pd.DataFrame({"bid": ["1,000.5", "-", None, "x"], "iv": ["12.5%", "-", None, "7"]})

    assert spelled_out(frame, "bid")["bid"].fillna("").tolist() == ["1000.5", "", "", "x"]
    assert in_percent(frame)["iv"].dropna().tolist() == [0.125, 0.07]


HOSTILE = (
    b"",
    b"-1",
    b"nan",
    b"inf",
    b"1e308",
    b"1e400",
    b"abc",
    b"9" * 20,
    b"2026-13-45",
    b"9999-12-31",
    b"-",
    b"\xff",
)


def mutated(body: bytes, dice: random.Random) -> bytes:
    """The first lines of a table with a few fields replaced by what no vendor should write."""
    lines = body.split(b"\n")[:60]
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(1, len(lines))
        fields = lines[at].split(b",")
        fields[dice.randrange(len(fields))] = dice.choice(HOSTILE)
        lines[at] = b",".join(fields)
    return b"\n".join(lines)


@needs_data
def test_no_field_whatever_it_holds_makes_a_layout_stumble() -> None:
    dice = random.Random(7)
    tables = [path for path in SAMPLES if path.name.endswith((".csv", ".csv.gz")) and path.name not in REFUSED]
    for _ in range(4):
        for path in tables:
            content = path.read_bytes()
            body = gzip.decompress(content) if path.suffix == ".gz" else content
            try:
                parsed = parse(path.with_name(path.name.removesuffix(".gz")), mutated(body, dice))
            except BadFile:
                continue
            assert parsed.rows == parsed.kept + sum(parsed.dropped.values())
            assert all(0 < chain.spot < np.inf for chain in parsed.chains)
