"""``fund data import`` of what is no data, and runs on chains that cannot be traded."""

import gzip
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.apps.cli import Answer, Cli

BARS = "ticker,date,open,high,low,close,volume\nAAA,2024-06-06,10,11,9,10,1\nAAA,2024-06-07,10,11,9,10,1\n"
DAILY = "session_date,ticker,expiry,right,strike,option,bid,ask,last_trade_price,volume,open_interest,iv\n"
YAHOO = "contractSymbol,lastTradeDate,strike,lastPrice,bid,ask,volume,openInterest,impliedVolatility,contractSize,currency,Expiration_Date,Type\n"  # noqa: E501
NEAR, FAR = "2026-08-28", "2026-09-18"
EVENING = "2026-08-20T18:30:00-04:00"

BAD = {
    "empty.csv": b"",
    "junk.csv": random.Random(1).randbytes(4000),
    "junk.csv.gz": random.Random(2).randbytes(4000),
    "cut.csv.gz": gzip.compress(BARS.encode() * 50)[:-20],
    "layout.csv": b"a,b,c\n1,2,3\n",
    "half.json": b'{"options": [',
    "wide.csv": "ticker,date\nAAA,2024-06-06\n".encode("utf-16"),
    "header.csv": DAILY.encode(),
}


def told(answer: Answer, *says: str) -> None:
    """At most two lines on stderr, a failure, no traceback."""
    lines = answer.err.splitlines()
    assert answer.code == 2 and len(lines) == 2 and lines[0].startswith("fund: ")
    assert "Traceback" not in answer.err and ".py" not in answer.err
    for words in says:
        assert words in answer.err


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_in_one_line(shared: Cli, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(BAD[name])
    told(shared.here("data", "import", str(tmp_path / name)), "fund: the file is refused", f"{tmp_path / name}: ")
    assert shared.json("data", "list")["data"] == []


def test_a_path_that_is_not_there_and_a_folder_without_data(shared: Cli, tmp_path: Path) -> None:
    told(shared.here("data", "import", str(tmp_path / "lost.csv")), "lost.csv: No such file or directory")
    told(shared.here("data", "import", str(tmp_path)), "no data file in this folder")


def test_one_bad_file_among_good_ones_leaves_the_rest_imported(fund: Cli, tmp_path: Path) -> None:
    for name, content in BAD.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "good.csv").write_text(BARS)

    answer = fund.run("data", "import", str(tmp_path), "--json")

    told(answer, f"fund: {len(BAD)} of {len(BAD) + 1} files are refused, the rest is imported")
    statuses = {Path(report["path"]).name: report["status"] for report in fund_json(answer)["files"]}
    assert statuses == dict.fromkeys(BAD, "refused") | {"good.csv": "imported"}
    assert [row["name"] for row in fund.json("data", "list")["data"]] == ["AAA"]


def fund_json(answer: Answer) -> Any:
    """The report, which is printed although files were refused."""
    return Answer(0, answer.out, "").json


def line(right: str, strike: float, bid: object, ask: object, **other: object) -> str:
    """One row of a Cboe daily file of XYZ at 100; ``other`` overrides any column."""
    row = {"session": "2026-08-20", "expiry": "2026-09-18", "iv": 0.2} | other
    symbol = f"XYZ{str(row['expiry']).replace('-', '')[2:]}{right}{round(strike * 1000):08d}"
    return f"{row['session']},XYZ,{row['expiry']},{right},{strike},{symbol},{bid},{ask},1,5,500,{row['iv']}\n"


def both(strike: int, **other: object) -> str:
    call, put = max(100 - strike, 0) + 1.0, max(strike - 100, 0) + 1.0
    return line("C", strike, call, call + 0.1, **other) + line("P", strike, put, put + 0.1, **other)


def chain(strikes: range = range(90, 111), **other: object) -> str:
    """A near expiry, which tells the spot by parity, and one that could be traded."""
    return "".join(both(strike, **({"expiry": day} | other)) for day in (NEAR, FAR) for strike in strikes)


def imported(fund: Cli, tmp_path: Path, rows: str) -> Any:
    (tmp_path / "chain.csv").write_text(DAILY + rows)
    return fund.json("data", "import", str(tmp_path / "chain.csv"))["files"][0]


def test_corrupt_rows_are_counted_by_reason_never_dropped_in_silence(fund: Cli, tmp_path: Path) -> None:
    bad = (
        line("C", 120, 3, 2)
        + line("C", 121, "nan", "nan")
        + line("C", 122, -1, 2)
        + both(123, expiry="2026-08-14")
        + both(100)
        + line("X", 124, 1, 2)
        + line("C", 0, 1, 2)
        + "2026-08-20,XYZ,2026-09-18\n"
    )
    report = imported(fund, tmp_path, chain() + bad)

    assert (report["rows"], report["kept"]) == (84 + 10, 84 + 1), "a contract without a quote may still be listed"
    assert report["dropped"] == {
        "crossed quote": 1,
        "negative price": 1,
        "expired before the quote": 2,
        "duplicate contract": 2,
        "unreadable symbol": 1,
        "no strike": 1,
        "wrong number of fields": 1,
    }


def calm(fund: Cli, tmp_path: Path) -> None:
    """Indices that name a regime, and a price history, so that nothing but the chain is in the way."""
    days = [str(day) for day in np.arange("2025-06-02", "2026-11-07", dtype="datetime64[D]") if np.is_busday(day)]
    (tmp_path / "indices.csv").write_text("date,VIX,VIX3M\n" + "".join(f"{day},16,17\n" for day in days))
    bars = (f"XYZ,{day},{100 + i % 5},{102 + i % 5},{98 + i % 5},{100 + i % 7},1000\n" for i, day in enumerate(days))
    (tmp_path / "bars.csv").write_text("ticker,date,open,high,low,close,volume\n" + "".join(bars))
    assert fund.here("data", "import", str(tmp_path)).code == 0


@pytest.mark.parametrize(
    ("rows", "moment", "reason"),
    [
        pytest.param(chain(), "2026-11-02T18:30:00-05:00", "sessions have closed", id="stale"),
        pytest.param(chain().replace(",500,", ",0,"), EVENING, "open interest of 50", id="no open interest"),
    ],
)
def test_a_chain_that_is_no_market_is_not_traded(
    fund: Cli, tmp_path: Path, rows: str, moment: str, reason: str
) -> None:
    imported(fund, tmp_path, rows)
    calm(fund, tmp_path)

    result = fund.json("run", "XYZ", "--source", "recorded", "--as-of", moment)

    assert result["regime"]["name"] == "neutral"
    assert result["orders"] == []
    (veto,) = result["vetoes"]
    assert reason in str(veto["reasons"])


def test_a_vendor_s_volatility_of_zero_decides_nothing(fund: Cli, tmp_path: Path) -> None:
    """Zero is what vendors write for "not computed"; ours come from the quotes."""
    imported(fund, tmp_path, chain(iv=0))
    calm(fund, tmp_path)

    result = fund.json("run", "XYZ", "--source", "recorded", "--as-of", EVENING)

    told = [signal["metadata"] for signal in result["signals"] if signal["source"] == "volatility"]
    assert told and all(0.05 < metadata["iv30"] < 0.2 for metadata in told)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        pytest.param("".join(line("C", k, 0, 1, expiry=NEAR) for k in range(90, 111)), "no spot", id="one side only"),
        pytest.param("".join(line("C", k, 3, 2, expiry=NEAR) for k in range(90, 111)), "crossed quote", id="crossed"),
        pytest.param(chain(expiry="2026-08-14"), "expired before the quote", id="expired"),
        pytest.param("", "a header and no rows", id="empty"),
    ],
)
def test_a_chain_of_useless_rows_is_refused(shared: Cli, tmp_path: Path, rows: str, reason: str) -> None:
    (tmp_path / "chain.csv").write_text(DAILY + rows)
    told(shared.here("data", "import", str(tmp_path / "chain.csv")), reason)
    assert "XYZ" not in shared.text("data", "list")


def test_a_chain_in_another_currency_is_refused(fund: Cli, tmp_path: Path) -> None:
    rows = "".join(
        f"XYZ260828{right}{strike * 1000:08d},2026-08-20 19:59:00+00:00,{strike},1,{bid},{bid + 0.1},5,500,0.2,REGULAR,"
        f"EUR,2026-08-28,{right}\n"
        for strike in range(90, 111)
        for right, bid in (("C", max(100 - strike, 0) + 1), ("P", max(strike - 100, 0) + 1))
    )
    (tmp_path / "yahoo.csv").write_text(YAHOO + rows)
    told(fund.here("data", "import", str(tmp_path / "yahoo.csv")), "wrong currency")
    (tmp_path / "yahoo.csv").write_text(YAHOO + rows.replace("EUR", "USD"))
    assert fund.here("data", "import", str(tmp_path / "yahoo.csv")).code == 0
