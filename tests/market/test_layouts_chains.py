"""Vendor chains: what is kept, what is dropped and why, and when the quotes were true."""

import gzip
import os
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pytest

from domain.chain import Chain
from domain.errors import BadInput
from domain.importing import ParsedFile
from market.layouts import BadFile, LayoutUnknown, parse

DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
FOLDERS = ("chains_spy_cboe_daily", "chains_single_names_2026", "chains_cboe_quotedata", "market_prices", "market_vol")
READ = [
    *(
        p
        for folder in (*FOLDERS, "market_rates")
        for p in sorted(DATA.glob(f"{folder}/*.csv*"))
        if p.name != "INDEX.csv"
    ),
    *sorted(DATA.glob("chain_formats/yfinance_*")),
    *sorted(DATA.glob("chain_formats/cboe_datashop_*")),
]
needs_data = pytest.mark.skipif(not READ, reason="no vendor files here")

DAILY = "session_date,ticker,expiry,right,strike,option,bid,ask,last_trade_price,volume,open_interest,iv\n"
SNAPSHOT = "updated,underlying,spot,symbol,expiration,side,strike,bid,ask,mid,last,volume,openInterest,iv\n"
OPTIONSDX = (
    "[QUOTE_UNIXTIME], [QUOTE_READTIME], [QUOTE_DATE], [QUOTE_TIME_HOURS], [UNDERLYING_LAST], [EXPIRE_DATE], "
    "[EXPIRE_UNIX], [DTE], [C_DELTA], [C_GAMMA], [C_VEGA], [C_THETA], [C_RHO], [C_IV], [C_VOLUME], [C_LAST], [C_SIZE], "
    "[C_BID], [C_ASK], [STRIKE], [P_BID], [P_ASK], [P_SIZE], [P_LAST], [P_DELTA], [P_GAMMA], [P_VEGA], [P_THETA], "
    "[P_RHO], [P_IV], [P_VOLUME], [STRIKE_DISTANCE], [STRIKE_DISTANCE_PCT]\n"
)


def daily(right: str = "C", strike: float = 100.0, bid: object = 1.0, ask: object = 1.1, **other: object) -> str:
    """One line of a daily file on spot 100; ``other`` overrides any column."""
    row = {"session": "2026-08-20", "ticker": "SPY", "expiry": "2026-08-21", "shown": strike, "root": "SPY"} | other
    symbol = f"{row['root']}260821{right}{round(strike * 1000):08d}"
    return f"{row['session']},{row['ticker']},{row['expiry']},{right},{row['shown']},{symbol},{bid},{ask},1,5,7,0.2\n"


PAIRS = "".join(daily("C", k, 101 - k, round(101.2 - k, 2)) + daily("P", k, 1.0, 1.2) for k in (98.0, 99.0, 100.0))


def read(text: str, name: str = "SPY.csv") -> ParsedFile:
    return parse(Path(name), text.encode())


def only_chain(parsed: ParsedFile) -> Chain:
    (chain,) = parsed.chains
    return chain


@needs_data
@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_every_row_of_a_real_file_is_kept_or_dropped_for_a_reason(path: Path) -> None:
    parsed = parse(path, path.read_bytes())
    body = path.read_bytes()
    text = gzip.decompress(body) if path.suffix == ".gz" else body
    lines = sum(1 for line in text.splitlines() if line.strip())
    preamble = 3 if "quotedata" in path.name and "2019" not in path.name else 1
    contracts_a_line = 2 if "quotedata" in path.name else 1

    assert parsed.rows == parsed.kept + sum(parsed.dropped.values()) == contracts_a_line * (lines - preamble)
    assert parsed.kept >= 0.999 * parsed.rows
    assert sum(len(chain) for chain in parsed.chains) in (0, parsed.kept)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (daily(shown=""), "no strike"),
        (daily(expiry="soon"), "bad expiry"),
        (daily(shown=101.0), "symbol disagrees with its columns"),
        (daily(expiry="2026-08-24"), "symbol disagrees with its columns"),
        (daily(root="QQQ"), "symbol disagrees with its columns"),
        (daily(root="SPY1"), "adjusted contract"),
        (daily(bid=1.2, ask=1.1), "crossed quote"),
        (daily(bid=-0.01), "negative price"),
        (daily(bid="abc"), "not a number"),
        (daily(ask="inf"), "not a number"),
        (daily(session="2026-08-22"), "no session on that day"),
        (daily(session="2026-08-24"), "expired before the quote"),
        (daily("C", 98.0, 3.0, 3.2), "duplicate contract"),
        (daily(strike=103.0) + daily(strike=103.0, bid=0.9), "conflicting duplicate contract"),
        ("2026-08-20,SPY,2026-08-21,C,100.0,SPY260821C00100000,1.0\n", "wrong number of fields"),
        (daily().replace("\n", ",extra\n"), "wrong number of fields"),
        ("2026-08-20,SPY,2026-08-21,C,103.0,garbage,1,1,1,1,1,1\n", "unreadable symbol"),
        ("2026-08-20,SPY,2026-08-21,C,103.0,SPY260821C00103000,,,,,,\n", "nothing quoted"),
    ],
)
def test_a_corrupt_row_is_counted_under_its_reason(row: str, reason: str) -> None:
    parsed = read(DAILY + PAIRS + row)

    assert parsed.dropped == {reason: row.count("\n")}
    assert parsed.kept == 6 == len(only_chain(parsed))


def test_one_sided_and_empty_quotes_are_kept() -> None:
    chain = only_chain(read(DAILY + PAIRS + daily(strike=105.0, bid=0, ask=0.05) + daily(strike=106.0, bid="", ask=0)))

    assert chain.bid[-2:].tolist() == [0, 0]
    assert chain.ask[-2:].tolist() == [0.05, 0]


def test_rows_are_sorted_by_expiry_strike_and_calls_first() -> None:
    chain = only_chain(read(DAILY + "".join(reversed(PAIRS.splitlines(keepends=True)))))

    assert chain.strike.tolist() == [98, 98, 99, 99, 100, 100]
    assert chain.call.tolist() == [True, False] * 3
    assert chain.contract(0).occ_symbol == "SPY260821C00098000"


def test_an_end_of_day_file_belongs_to_its_sessions_close() -> None:
    chain = only_chain(read(DAILY + PAIRS))

    assert chain.quote_time == datetime.fromisoformat("2026-08-20T16:15:00-04:00")
    assert (chain.session, chain.cadence) == (date(2026, 8, 20), "eod")


def test_without_a_spot_it_is_parity_of_the_nearest_expiry_and_says_so() -> None:
    parsed = read(DAILY + PAIRS)

    assert only_chain(parsed).spot == pytest.approx(100.0)
    assert "put-call parity, unchecked" in parsed.warnings[0]


def test_the_close_beside_a_daily_file_checks_its_spot(tmp_path: Path) -> None:
    beside = tmp_path / "underlying.csv"
    beside.write_text("session_date,ticker,close\n2026-08-20,SPY,100.2\n")
    assert parse(tmp_path / "SPY.csv", (DAILY + PAIRS).encode()).warnings == ()

    beside.write_text("session_date,ticker,close\n2026-08-20,SPY,101.0\n")
    (warning,) = parse(tmp_path / "SPY.csv", (DAILY + PAIRS).encode()).warnings
    assert "far from the close 101.00" in warning


def test_too_few_pairs_and_no_spot_anywhere_is_no_chain(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="1 × no spot"):
        parse(tmp_path / "SPY.csv", (DAILY + daily()).encode())

    (tmp_path / "underlying.csv").write_text("session_date,ticker,close\n2026-08-20,SPY,100.2\n")
    assert only_chain(parse(tmp_path / "SPY.csv", (DAILY + daily()).encode())).spot == 100.2


def snapshot(updated: str, spot: float = 100.0) -> ParsedFile:
    shared = f"{updated},AAPL,{spot},AAPL260828"
    rows = [
        f"{shared}{side[0].upper()}{k * 1000:08d},2026-08-28,{side},{k},{bid},{bid + 0.2},,,,,0\n"
        for k in (98, 99, 100)
        for side, bid in (("call", 101 - k), ("put", 1))
    ]
    return read(SNAPSHOT + "".join(rows), "AAPL.csv")


@pytest.mark.parametrize(
    ("updated", "quote_time", "cadence"),
    [
        ("2026-08-20T10:06:55-04:00", "2026-08-20T10:06:55-04:00", "intraday"),
        ("2026-08-20T14:06:55+00:00", "2026-08-20T10:06:55-04:00", "intraday"),
        ("2026-08-20T16:14:59-04:00", "2026-08-20T16:14:59-04:00", "intraday"),  # delayed: not yet the close
        ("2026-08-20T16:15:00-04:00", "2026-08-20T16:00:00-04:00", "eod"),
        ("2026-08-19T22:46:58-04:00", "2026-08-19T16:00:00-04:00", "eod"),
        ("2026-08-22T09:50:09-04:00", "2026-08-21T16:00:00-04:00", "eod"),  # a Saturday
        ("2026-08-21T09:40:00-04:00", "2026-08-20T16:00:00-04:00", "eod"),  # delayed: still yesterday's close
    ],
)
def test_a_snapshot_is_as_old_as_its_stamp_unless_the_market_was_closed(
    updated: str, quote_time: str, cadence: str
) -> None:
    chain = only_chain(snapshot(updated))

    assert chain.quote_time == datetime.fromisoformat(quote_time)
    assert chain.cadence == cadence


def test_a_told_spot_stands_within_half_a_percent_of_parity_and_not_beyond() -> None:
    near, far = snapshot("2026-08-20T10:06:55-04:00", 100.45), snapshot("2026-08-20T10:06:55-04:00", 100.55)

    assert (only_chain(near).spot, near.warnings) == (100.45, ())
    assert only_chain(far).spot == pytest.approx(100.0)
    assert "the file says spot 100.55, its quotes say 100.00" in far.warnings[0]


def test_a_volume_left_out_by_a_vendor_that_omits_zeros_is_zero() -> None:
    assert only_chain(snapshot("2026-08-20T10:06:55-04:00")).volume.tolist() == [0.0] * 6


@needs_data
def test_snapshots_taken_after_hours_hold_the_closing_quotes() -> None:
    path = DATA / "chains_single_names_2026" / "TSLA_chain_2026-07_2026-08.csv.gz"
    closes = {date(2026, 8, 19): 351.12, date(2026, 8, 21): 362.86}

    chains = [chain for chain in parse(path, path.read_bytes()).chains if chain.cadence == "eod"]

    assert {chain.session for chain in chains} == set(closes)
    assert all(chain.spot == pytest.approx(closes[chain.session], abs=0.01) for chain in chains)


YAHOO = (
    "contract_symbol,last_trade_date,strike,last_price,bid,ask,volume,open_interest,implied_volatility,contract_size,"
)
YAHOO += "currency,expiration,type,date_pulled\n"


def yahoo(strike: int, side: str, currency: str = "USD", size: str = "REGULAR", traded: str = "2025-10-06") -> str:
    bid = 101 - strike if side == "C" else 1
    return (
        f"AAPL251010{side}{strike * 1000:08d},{traded} 19:59:58+00:00,{strike},1,{bid},{bid + 0.2},,1,0.3,{size},"
        f"{currency},2025-10-10,{side},2025-10-06\n"
    )


YAHOO_PAIRS = "".join(yahoo(k, side) for k in (98, 99, 100) for side in "CP")


def test_other_currencies_and_sizes_are_counted() -> None:
    parsed = read(YAHOO + YAHOO_PAIRS + yahoo(103, "C", currency="EUR") + yahoo(104, "C", size="MINI"))

    assert parsed.dropped == {"wrong currency": 1, "adjusted contract": 1}


def test_a_chain_in_the_wrong_currency_is_refused() -> None:
    with pytest.raises(BadFile, match="6 × wrong currency"):
        read(YAHOO + YAHOO_PAIRS.replace("USD", "EUR"))


def test_yahoo_quotes_belong_to_the_close_of_the_day_pulled_or_of_a_later_trade() -> None:
    pulled = only_chain(read(YAHOO + YAHOO_PAIRS))
    traded = only_chain(read(YAHOO + YAHOO_PAIRS.replace("2025-10-06 19", "2025-10-07 19")))

    assert pulled.quote_time == datetime.fromisoformat("2025-10-06T16:00:00-04:00")
    assert traded.session == date(2025, 10, 7)


@needs_data
def test_the_content_of_a_yahoo_file_counts_more_than_its_name() -> None:
    path = DATA / "chain_formats" / "yfinance_SPY_2025-08-22.csv.gz"

    parsed = parse(path, path.read_bytes())

    assert only_chain(parsed).session == date(2025, 8, 26)  # its last trade is at 16:15 of that day
    assert any("the name says 2025-08-22, the content 2025-08-26" in warning for warning in parsed.warnings)


def test_years_to_expiry_date_a_file_that_says_no_more() -> None:
    text = (
        "strike,expiry,T,type,impliedVolatility,bid,ask,spot,moneyness\n100,2026-07-20,0.008219,call,0.2,1,1.2,100,1\n"
    )

    chain = only_chain(read(text, "yfinance_SPY_2026-07-17_front.csv"))

    assert (chain.ticker, chain.session) == ("SPY", date(2026, 7, 17))
    with pytest.raises(BadFile, match="neither its columns nor its name tell the ticker"):
        read(text, "front.csv")


def optionsdx(day: str, hour: str, strike: int, spot: float = 100.0) -> str:
    call, put = max(spot - strike, 0) + 1, max(strike - spot, 0) + 1
    return (
        f"1672779600, {day} {hour}, {day}, 16.0, {spot}, 2023-01-06, 1673038800, 3.0, 0.5, 0.05, 0.1, -0.1, 0.01, "
        f"0.21, 120, {call}, 1 x 1, {call}, {call + 0.1}, {strike}, {put}, {put + 0.1}, 2 x 2, {put}, -0.5, 0.05, "
        f"0.1, -0.1, -0.01, 0.23, , 0.0, 0.0\n"
    )


def test_an_optionsdx_line_is_two_contracts_at_their_own_time() -> None:
    rows = "".join(optionsdx("2023-01-03", "16:00", k) for k in (99, 100, 101))

    parsed = read(OPTIONSDX + rows, "spy_eod_202301.txt")

    chain = only_chain(parsed)
    assert (parsed.rows, parsed.kept, chain.ticker, chain.spot) == (6, 6, "SPY", 100.0)
    assert chain.quote_time == datetime.fromisoformat("2023-01-03T16:00:00-05:00")
    assert chain.cadence == "eod"
    assert (chain.iv[chain.call] == 0.21).all() and (chain.iv[~chain.call] == 0.23).all()
    assert chain.volume[chain.call].tolist() == [120] * 3 and np.isnan(chain.volume[~chain.call]).all()


def test_an_optionsdx_file_of_several_moments_becomes_several_chains() -> None:
    rows = [optionsdx("2023-01-03", hour, k) for hour in ("10:00", "16:00") for k in (99, 100, 101)]

    morning, close = read(OPTIONSDX + "".join(rows), "SPY.csv").chains

    assert (morning.cadence, close.cadence) == ("intraday", "eod")
    assert morning.quote_time == datetime.fromisoformat("2023-01-03T10:00:00-05:00")


@needs_data
def test_the_optionsdx_header_alone_holds_no_rows() -> None:
    path = DATA / "chain_formats" / "optionsdx_header_reference.csv"

    assert path.read_text().splitlines()[0].split(", ") == OPTIONSDX.strip().split(", ")
    with pytest.raises(BadFile, match="a header and no rows"):
        parse(path, path.read_bytes())


@needs_data
def test_datashop_quotes_of_1545_carry_nothing_of_the_close() -> None:
    path = DATA / "chain_formats" / "cboe_datashop_calcs_SPX_sample_6rows.csv"

    first, *_ = chains = parse(path, path.read_bytes()).chains

    assert [chain.session.day for chain in chains] == [4, 5, 6]
    assert first.quote_time == datetime.fromisoformat("2016-01-04T15:45:00-05:00")
    assert (first.ticker, first.style, first.cash_settled, first.spot) == ("SPX", "european", True, 2003.82)
    assert first.root.tolist() == ["SPXW", "SPXW"]
    assert np.isnan(first.volume).all() and np.isnan(first.last).all()


def test_unknown_and_unreadable_files_say_what_they_are() -> None:
    with pytest.raises(LayoutUnknown, match="no known layout; it begins 'a,b,c'"):
        read("a,b,c\n1,2,3\n")
    with pytest.raises(BadFile, match="broken gzip"):
        parse(Path("SPY.csv.gz"), gzip.compress(DAILY.encode())[:-9])
    with pytest.raises(BadFile, match="broken zip"):
        parse(Path("SPY.zip"), b"PK\x03\x04\x00\x00")
    with pytest.raises(BadFile, match="binary"):
        parse(Path("SPY.csv"), b"DBN\x03\x04\x00\x00")
    with pytest.raises(BadFile, match="empty"):
        read("")


def test_damaged_bytes_are_refused_or_counted_and_nothing_else_happens() -> None:
    texts = [DAILY + PAIRS, YAHOO + YAHOO_PAIRS, OPTIONSDX + optionsdx("2023-01-03", "16:00", 100)]
    random = np.random.default_rng(1)
    for text in texts * 100:
        damaged = bytearray(text.encode())
        for at in random.integers(0, len(damaged), 3):
            damaged[at] = random.choice(list(b'0123456789,;."-\nxCP\xff\x00'))
        try:
            parsed = parse(Path("SPY.csv"), bytes(damaged))
        except BadInput:
            continue
        assert parsed.rows == parsed.kept + sum(parsed.dropped.values())
