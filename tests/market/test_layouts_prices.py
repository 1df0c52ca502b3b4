"""Price histories, volatility indices and rates."""

from pathlib import Path

import pytest

from domain.importing import ParsedFile
from market.layouts import BadFile, parse
from market.layouts.prices import PriceLayout
from market.layouts.raw import read_raw

BARS = "ticker,date,open,high,low,close,volume\n"
GOOD = "AAA,2024-01-02,10,11,9,10.5,100\nAAA,2024-01-03,10,11,9,10.5,100\nBBB,2024-01-02,5,6,4,5,1\n"


def read(text: str, name: str = "prices.csv") -> ParsedFile:
    return parse(Path(name), text.encode())


def test_each_ticker_of_a_file_is_a_history_of_its_own() -> None:
    a, b = read(BARS + GOOD).prices

    assert (a.ticker, len(a), b.ticker, len(b)) == ("AAA", 2, "BBB", 1)
    assert a.source == "prices.csv"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("AAA,2024-13-02,10,11,9,10,1", "bad date"),
        (",2024-01-04,10,11,9,10,1", "no ticker"),
        ("AAA,2024-01-04,10,11,9,,1", "no price"),
        ("AAA,2024-01-04,10,11,0,10,1", "no price"),
        ("AAA,2024-01-04,10,x,9,10,1", "not a number"),
        ("AAA,2024-01-04,10,8,9,10,1", "open or close outside the day's range"),
        ("AAA,2024-01-04,10,11,9,12,1", "open or close outside the day's range"),
        ("AAA,2024-01-04,10,11,9,10,-1", "negative count"),
        ("AAA,2024-01-03,10,11,9,10.5,100", "duplicate day"),
        ("AAA,2024-01-04,10,11,9,10", "wrong number of fields"),
    ],
)
def test_a_corrupt_bar_is_counted_under_its_reason(row: str, reason: str) -> None:
    parsed = read(BARS + GOOD + row + "\n")

    assert (parsed.rows, parsed.kept, parsed.dropped) == (4, 3, {reason: 1})


def test_of_two_bars_that_contradict_each_other_none_is_kept() -> None:
    parsed = read(BARS + GOOD + "BBB,2024-01-02,5,6,4,5.5,1\n")

    assert parsed.dropped == {"conflicting duplicate day": 2}
    assert [history.ticker for history in parsed.prices] == ["AAA"]


@pytest.mark.parametrize(
    ("header", "cells", "name", "basis"),
    [
        ("ticker,date,open,high,low,close,adj_close,volume", "A,2024-01-02,1,1,1,1,1,1", "x.csv", "split_adjusted"),
        ("ticker,date,open,high,low,close,volume,wap,count", "A,2024-01-02,1,1,1,1,1,1,1", "x.csv", "split_adjusted"),
        ("ticker,date,open,high,low,close,volume", "A,2024-01-02,1,1,1,1,1", "etf_unadjusted.csv", "unadjusted"),
        ("ticker,date,open,high,low,close,volume", "A,2024-01-02,1,1,1,1,1", "x.csv", "unstated"),
        ("date,open,high,low,close,volume", "2024-01-02,1,1,1,1,1", "SPX_daily.csv", "unstated"),
    ],
)
def test_the_basis_is_what_columns_or_name_tell(header: str, cells: str, name: str, basis: str) -> None:
    (history,) = read(f"{header}\n{cells}\n", name).prices

    assert history.basis == basis


def test_a_new_vendor_is_one_row() -> None:
    layout = PriceLayout(
        "yahoo_download",
        {"date": "Date", "open": "Open", "high": "High", "low": "Low", "close": "Close", "adjusted": "Adj Close",
         "volume": "Volume"},
        basis="split_adjusted",
    )  # fmt: skip
    raw = read_raw(Path("SPY.csv"), b"Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-02,1,2,1,2,1.9,10\n")

    assert layout.matches(raw)
    (history,) = layout.parse(raw).prices
    assert (history.ticker, history.close.tolist()) == ("SPY", [2.0])


def test_each_index_column_is_a_series_without_its_blanks() -> None:
    parsed = read("date,VIX9D,VIX,SPX\n2024-01-02,,13.2,4700\n2024-01-03,14,14.1,4710\n2024-01-04,,,4720\n")

    series = {one.name: one for kind, one in parsed.series if kind == "volatility"}
    assert {name: len(one) for name, one in series.items()} == {"VIX9D": 1, "VIX": 2}
    assert (parsed.kept, parsed.dropped) == (2, {"no value": 1})


def test_daily_bars_of_an_index_give_its_closes() -> None:
    parsed = read("date,open,high,low,close\n2024-01-02,13,14,12,13.2\n", "vix_daily_ohlc.csv")

    ((kind, series),) = parsed.series
    assert (kind, series.name, series.last()) == ("volatility", "VIX", 13.2)


def test_rates_may_be_negative_and_a_dot_means_none() -> None:
    parsed = read("date,DFF,DGS3MO\n2024-01-01,5.3,.\n2024-01-02,5.3,-0.01\n")

    series = {one.name: one for _, one in parsed.series}
    assert series["DGS3MO"].values.tolist() == [-0.01]
    assert len(series["DFF"]) == 2


def test_an_index_at_or_below_zero_and_a_repeated_day_are_counted() -> None:
    parsed = read("date,VIX\n2024-01-02,13\n2024-01-02,13\n2024-01-03,0\n2024-01-04,x\nnever,13\n")

    assert parsed.dropped == {"bad date": 1, "not a number": 1, "no positive value": 1, "duplicate day": 1}


def test_a_file_without_one_usable_row_is_refused() -> None:
    with pytest.raises(BadFile, match="no usable row: 1 × bad date"):
        read("date,VIX\nnever,13\n")
    with pytest.raises(BadFile, match="no rows"):
        read("date,VIX\n")
    with pytest.raises(BadFile, match="no rows"):
        read(BARS)
