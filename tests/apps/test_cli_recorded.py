"""Whole cycles on recorded SPY chains: what a moment sees, twice the same, whatever was imported after it."""

from pathlib import Path
from typing import Any

import pytest

from tests.apps.cli import DATA, Cli, decided

SPY = DATA / "chains_spy_cboe_daily"
SESSIONS = ("2026-07-22", "2026-08-19", "2026-08-20")
EVENING, CLOSE = "2026-08-20T18:30:00-04:00", "2026-08-20T16:00:00-04:00"
PAST = (
    *(SPY / f"SPY_{day}.csv.gz" for day in SESSIONS),
    DATA / "market_vol" / "cboe_vol_indices_2024-03_2026-08-20.csv.gz",
    DATA / "market_rates" / "fred_treasury_rates_1990_2026-08.csv.gz",
    DATA / "market_prices" / "ohlcv_6_us_2016_2026-08-21_ibkr.csv.gz",
)
LATER = SPY / "SPY_2026-08-21.csv.gz"

pytestmark = pytest.mark.skipif(not all(path.exists() for path in (*PAST, LATER)), reason="no recorded chains here")


def run_at(fund: Cli, moment: str) -> Any:
    return fund.json("run", "SPY", "--source", "recorded", "--as-of", moment)


@pytest.fixture(scope="module")
def imported(shared: Cli) -> Any:
    return shared.json("data", "import", *map(str, PAST))


@pytest.fixture(scope="module")
def evening(shared: Cli, imported: Any) -> Any:
    return run_at(shared, EVENING)


def test_every_file_is_read_and_reported(imported: Any) -> None:
    assert [report["status"] for report in imported["files"]] == ["imported"] * len(PAST)
    for report in imported["files"]:
        assert report["rows"] == report["kept"] + sum(report["dropped"].values()) > 0


def test_importing_twice_changes_nothing(shared: Cli, imported: Any) -> None:
    before = shared.json("data", "list")
    again = shared.json("data", "import", *map(str, PAST))
    assert {report["status"] for report in again["files"]} == {"unchanged"}
    assert [report["kept"] for report in again["files"]] == [report["kept"] for report in imported["files"]]
    assert shared.json("data", "list") == before


def test_in_the_evening_the_day_s_own_close_is_seen(evening: Any) -> None:
    assert evening["source"] == "recorded" and evening["account"] == "rehearsal" and not evening["synthetic"]
    assert evening["regime"]["inputs"]["vix_date"] == "2026-08-20"
    assert evening["signals"], "the chain of a known symbol gives signals"
    orders = evening["orders"]
    assert orders and {order["quote_time"] for order in orders} == {"2026-08-20T20:15:00Z"}
    assert {abstention["source"] for abstention in evening["abstentions"]} >= {"social", "fundamentals"}


def test_at_four_o_clock_only_the_day_before_is_seen(shared: Cli, evening: Any) -> None:
    result = run_at(shared, CLOSE)
    assert result["regime"]["inputs"]["vix_date"] == "2026-08-19"
    assert {order["quote_time"] for order in result["orders"]} <= {"2026-08-19T20:15:00Z"}
    assert result["account_id"] != evening["account_id"], "another moment is another rehearsal"
    told = shared.text("why", result["run_id"])
    assert "2026-08-20T20:15" not in told


def test_the_same_moment_is_the_same_rehearsal(shared: Cli, evening: Any) -> None:
    again = run_at(shared, "2026-08-20T22:30:00+00:00")
    waiting = {order["ticker"] for order in evening["orders"]}
    assert again["account_id"] == evening["account_id"]
    assert {veto["ticker"] for veto in again["vetoes"]} == waiting and not again["orders"]


def test_a_rehearsal_s_order_fills_at_the_recorded_quotes(shared: Cli, evening: Any) -> None:
    approved = shared.json("approve", evening["orders"][0]["order_id"])
    assert approved["status"] == "filled"
    held = shared.json("positions")
    assert held["account"] == "rehearsal" and held["as_of"] == "2026-08-20T22:30:00Z"


def test_it_replays_although_more_was_imported_since(shared: Cli, evening: Any) -> None:
    shared.json("data", "import", str(LATER))
    assert shared.json("replay", evening["run_id"])["identical"]


def test_what_came_later_changes_no_decision(fund: Cli, evening: Any, tmp_path: Path) -> None:
    poison = tmp_path / "SPY_2026-08-24.csv"
    poison.write_text(poisoned())
    fund.json("data", "import", *map(str, (*PAST, LATER, poison)))

    result = run_at(fund, EVENING)

    stored = {row["name"]: row["last"] for row in fund.json("data", "list")["data"] if row["kind"] == "chains"}
    assert stored["SPY"] == "2026-08-24"
    assert decided(result) == decided(evening)


def poisoned() -> str:
    """The session after the last one, the market at a tenth of its price."""
    rows = ["session_date,ticker,expiry,right,strike,option,bid,ask,last_trade_price,volume,open_interest,iv"]
    for expiry in ("2026-09-04", "2026-09-18"):
        for strike in range(60, 90):
            for right, worth in (("C", max(75 - strike, 0)), ("P", max(strike - 75, 0))):
                symbol = f"SPY{expiry.replace('-', '')[2:]}{right}{strike * 1000:08d}"
                rows.append(f"2026-08-24,SPY,{expiry},{right},{strike},{symbol},{worth + 1},{worth + 1.1},1,9,9,0.9")
    return "\n".join(rows) + "\n"
