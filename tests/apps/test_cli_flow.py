"""``fund flow``: what it says on synthetic and on recorded data, whose options it takes them for, what it refuses."""

import subprocess
import sys
from pathlib import Path

import pytest

from market.synthetic import SyntheticSource, start_moment
from quant.activity import put_call
from tests.agents.test_flow_report import PROMISED
from tests.apps.cli import DATA, ROOT, Cli, refused
from tests.apps.test_cli_vol import HEAVY

SPY = DATA / "chains_spy_cboe_daily"
FILES = tuple(SPY / f"SPY_2026-08-{day}.csv.gz" for day in (19, 20))
needs_data = pytest.mark.skipif(not all(path.exists() for path in FILES), reason="no recorded chains here")


def test_the_synthetic_market_says_all_that_is_promised(shared: Cli) -> None:
    found = shared.json("flow", "ZMKT")
    chain = SyntheticSource(11).chain("ZMKT", start_moment(11))
    assert chain is not None and set(PROMISED) <= found.keys()
    assert (found["ticker"], found["synthetic"], found["session"]) == ("ZMKT", True, "2026-03-10")
    assert list(found["put_call"].values()) == pytest.approx(put_call(chain), abs=1e-6)
    assert 0.8 * found["spot"] < found["zero_gamma"] < 1.2 * found["spot"]
    assert found["reasons"]["volume_z"].startswith("the session is not over")
    assert 0 <= found["put_call_percentile"]["open_interest"] <= 100
    assert found["interest_change"]["since"] == "2026-03-09"
    assert found["hedging"]["usual_vol_change"] is not None


def test_after_the_close_volume_stands_beside_its_own_past(shared: Cli) -> None:
    found = shared.json("flow", "ZMKT", "--as-of", "2026-03-10T16:30:00-04:00")
    assert found["volume_history_days"] == 63 and -5 < found["volume_z"] < 5
    assert all(0 <= value <= 100 for value in found["put_call_percentile"].values())


@needs_data
def test_recorded_spy(shared: Cli) -> None:
    shared.json("data", "import", *map(str, FILES))
    found = shared.json("flow", "SPY")
    assert (found["session"], found["as_of"]) == ("2026-08-20", "2026-08-20T20:15:00Z")
    assert 1e8 < abs(found["gex_total"]) < 1e11
    assert found["zero_gamma"] == pytest.approx(found["spot"], rel=0.05)
    assert found["interest_change"]["since"] == "2026-08-19"
    today = next(row for row in found["max_pain"] if row["expiry"] == "2026-08-20")
    assert today["expired"], "the options of the day are over at the quotes"
    assert all(row["ratio"] is None or row["ratio"] > 2 for row in found["unusual"])
    assert all(0 <= pin["score"] <= 1 for pin in found["pin"]) and found["pin"]


def test_the_mandate_says_whose_options_they_are(fund: Cli) -> None:
    usual = fund.json("flow", "ZBNK")
    fund.home.mkdir(exist_ok=True)
    Path(fund.home, "mandate.toml").write_text("[flow]\ndealer_calls = -1\ndealer_puts = 1\n")
    turned = fund.json("flow", "ZBNK")
    for name in ("gex_total", "vex_total", "cex_total"):
        assert turned[name] == -usual[name] != 0
    assert turned["zero_gamma"] == usual["zero_gamma"]
    Path(fund.home, "mandate.toml").write_text("[flow]\ndealer_calls = 2\n")
    refused(fund.here("flow", "ZBNK"), "dealer_calls")


def test_the_page_says_what_the_document_says(shared: Cli) -> None:
    page, found = shared.text("flow", "ZMKT"), shared.json("flow", "ZMKT")
    assert "SYNTHETIC market, nothing here is real" in page
    assert f"{found['zero_gamma']:.2f}" in page
    for row in found["max_pain"][:3]:
        assert row["expiry"] in page
    assert f"{found['put_call']['premium']:.2f}" in page
    loud = [row["occ_symbol"] for row in found["unusual"] if row["view"]]
    assert all(name in page for name in loud[:3])


def test_a_symbol_no_source_knows_is_refused_and_asking_changes_nothing(shared: Cli) -> None:
    before = shared.json("status")
    refused(shared.here("flow", "NOPE"), "NOPE", "has")
    shared.json("flow", "ZMKT", "--as-of", "2026-06-01T15:00:00Z")
    assert shared.json("status") == before


def test_questions_import_nothing_heavy(fund: Cli) -> None:
    code = (
        "import sys; from apps.main import main; main(['flow', 'ZBNK', '--json']); main(['arb', 'ZBNK', '--json']); "
        f"print(sorted(set({HEAVY}) & sys.modules.keys()), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=fund.environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr.strip()) == (0, "[]")
