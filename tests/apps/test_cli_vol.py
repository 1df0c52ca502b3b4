"""``fund vol``: the moment it looks at, what it says on recorded and on synthetic data, and what it refuses."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.vol_page import tell
from tests.agents.test_volatility_report import PROMISED
from tests.apps.cli import DATA, ROOT, Cli, refused

SPY = DATA / "chains_spy_cboe_daily"
FILES = (
    *(SPY / f"SPY_2026-08-{day}.csv.gz" for day in (18, 19, 20)),
    DATA / "market_vol" / "cboe_vol_indices_2024-03_2026-08-20.csv.gz",
    DATA / "market_rates" / "fred_treasury_rates_1990_2026-08.csv.gz",
    DATA / "market_prices" / "ohlcv_6_us_2016_2026-08-21_ibkr.csv.gz",
)
LATER = SPY / "SPY_2026-08-21.csv.gz"
needs_data = pytest.mark.skipif(not all(path.exists() for path in (*FILES, LATER)), reason="no recorded chains here")


@pytest.fixture(scope="module")
def recorded(shared: Cli) -> Cli:
    shared.json("data", "import", *map(str, FILES))
    return shared


@needs_data
def test_recorded_spy_at_its_latest_close(recorded: Cli) -> None:
    found = recorded.json("vol", "SPY", "--source", "recorded")

    assert set(PROMISED) <= found.keys()
    assert (found["ticker"], found["session"], found["as_of"]) == ("SPY", "2026-08-20", "2026-08-20T20:15:00Z")
    assert not found["synthetic"] and found["spot"] == pytest.approx(765.6, abs=5)
    assert found["vix_curve"]["date"] == "2026-08-20" and found["vix_curve"]["shape"] == "contango"
    # beside Cboe's VIX of that evening
    assert 100 * found["model_free_iv30"] == pytest.approx(16.01, abs=0.6)
    assert 0.10 < found["iv30"] < found["model_free_iv30"] < 0.20
    assert found["term_shape"] == "contango" and len(found["term"]) > 25
    assert 0.02 < found["skew_25d"] < 0.08
    assert found["iv_rank"] is None and found["reasons"]["iv_rank"] == "history of 2 days, 200 are needed"
    assert all(0.03 < vol < 0.3 for windows in found["realised"].values() for vol in windows.values())
    assert found["reasons"]["earnings"] == "a fund or an index reports none"


@needs_data
def test_an_earlier_moment_sees_its_own_day_and_what_is_imported_later_changes_nothing(recorded: Cli) -> None:
    moment = ("vol", "SPY", "--source", "recorded", "--as-of", "2026-08-20T09:00:00-04:00")
    before = recorded.json(*moment)
    assert before["session"] == "2026-08-19" and before["vix_curve"]["date"] == "2026-08-19"

    recorded.json("data", "import", str(LATER))

    assert recorded.json(*moment) == before
    assert recorded.json("vol", "SPY")["session"] == "2026-08-21"


@needs_data
def test_a_moment_before_the_first_chain_is_refused(recorded: Cli) -> None:
    answer = recorded.here("vol", "SPY", "--source", "recorded", "--as-of", "2026-08-18T09:00:00-04:00")
    refused(answer, "no option chain of SPY", "fund data list", code=answer.code)
    assert answer.code != 0


def test_a_symbol_no_source_knows_is_refused_in_two_lines_before_anything_starts(fund: Cli) -> None:
    for words in (("NOPE",), ("NOPE", "--source", "synthetic"), ("NOPE", "--source", "recorded")):
        refused(fund.here("vol", *words), "NOPE", "has")
    refused(fund.here("vol", "ZMKT", "--account", "nobody"), "no account 'nobody'")
    refused(fund.here("vol"), "SYMBOL")


def test_the_synthetic_market_has_history_enough_for_every_standing(fund: Cli) -> None:
    found = fund.json("vol", "ZCPU")

    assert found["synthetic"] and found["as_of"] == "2026-03-10T15:00:00Z"
    assert found["iv_history"]["days"] == 504
    for name in ("iv_rank", "iv_percentile", "skew_percentile"):
        assert 0 <= found[name] <= 100
    assert 0 <= found["variance_risk_premium"]["percentile"] <= 100
    assert found["model_free_iv30"] > found["iv30"] > 0


def test_asking_changes_nothing(fund: Cli) -> None:
    before = fund.json("status")
    assert fund.json("vol", "ZMKT", "--as-of", "2026-06-01T15:00:00+00:00")["as_of"] == "2026-06-01T15:00:00Z"
    assert fund.json("status") == before


def test_an_account_s_market_and_time_are_looked_at(fund: Cli) -> None:
    run = fund.json("run", "ZMKT", "--seed", "3")
    found = fund.json("vol", "ZMKT", "--account", run["account_id"])
    signal = next(signal for signal in run["signals"] if signal["source"] == "volatility")
    assert found["as_of"] == run["as_of"]
    assert found["iv30"] == pytest.approx(signal["metadata"]["iv30"], abs=1e-6)
    assert found["iv_rank"] == pytest.approx(signal["metadata"]["iv_rank"], abs=1e-4)
    assert found["term_shape"] == signal["metadata"]["term"]
    assert fund.json("vol", "ZMKT", "--seed", "3")["as_of"] == run["as_of"]
    refused(fund.here("vol", "ZMKT", "--account", run["account_id"], "--source", "recorded"), "not recorded")


def test_the_page_says_what_the_document_says(fund: Cli) -> None:
    page, found = fund.text("vol", "ZBNK"), fund.json("vol", "ZBNK")
    assert "SYNTHETIC market, nothing here is real" in page
    for value in (found["iv30"], found["model_free_iv30"], found["realised"]["yang_zhang"]["20"]):
        assert f"{100 * value:.1f} %" in page
    assert found["term"][0]["expiry"] in page and found["term"][-1]["expiry"] in page


def test_a_fit_and_the_quotes_off_it_are_told_on_the_page(fund: Cli, capsys: pytest.CaptureFixture[str]) -> None:
    found = fund.json("vol", "ZBNK") | {
        "quote_time": datetime(2026, 3, 10, 15, tzinfo=UTC),
        "surface": {"rmse_vol_points": 0.052, "inside_bid_ask": 0.935, "butterfly_free": True, "calendar_free": False,
                    "slices": [{}, {}]},
        "mispriced": [{"occ_symbol": f"ZBNK260417C00{strike}000", "edge": 0.031} for strike in range(100, 112)],
    }  # fmt: skip
    tell(found)
    page = capsys.readouterr().out
    assert "Surface of 2 expiries: 0.052 vol points" in page and "93.5 % inside bid" in page
    assert "butterflies free of arbitrage" in page and "NOT free" in page.replace("\n", " ")
    assert "the first of 12" in page and "ZBNK260417C00107000" in page and "ZBNK260417C00108000" not in page


@pytest.mark.parametrize("kind", ["png", "svg", "html", "pdf"])
def test_a_picture_is_drawn_in_the_format_its_name_asks_for(fund: Cli, tmp_path: Path, kind: str) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / f"vol.{kind}"
    fund.text("vol", "ZBNK", "--plot", str(path))
    starts: dict[str, Any] = {"png": b"\x89PNG", "svg": b"<?xml", "html": b"<!doctype html>", "pdf": b"%PDF"}
    content = path.read_bytes()
    assert content.startswith(starts[kind]) and len(content) > 20_000
    if kind == "png":
        from matplotlib.image import imread

        assert np.std(imread(path)) > 0.1, "it is not blank"


def test_a_picture_of_an_unknown_kind_is_refused_before_anything_is_read(fund: Cli, tmp_path: Path) -> None:
    refused(fund.here("vol", "ZBNK", "--plot", str(tmp_path / "vol.gif")), "vol.gif", ".png")


HEAVY = (
    "pandas",
    "scipy",
    "numba",
    "langgraph",
    "langchain_core",
    "matplotlib",
    "exchange_calendars",
    "brokers",
    "graph",
)


def test_a_question_imports_nothing_heavy(fund: Cli) -> None:
    """It must be answered in three times what numpy and pandas take to import (benchmarks/vol_command.py)."""
    code = (
        "import sys; from apps.main import main; code = main(['vol', 'ZBNK', '--json']); "
        f"print(sorted(set({HEAVY}) & sys.modules.keys()), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=fund.environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")


def test_a_symbol_of_a_larger_synthetic_universe(fund: Cli) -> None:
    refused(fund.here("vol", "ZQAA"), "ZQAA")
    assert fund.json("vol", "ZQAA", "--underlyings", "20", "--seed", "2")["ticker"] == "ZQAA"
