"""``fund arb``: none in fair markets, a watchlist or one symbol, and what it refuses."""

import pytest

from agents.arbitrage_report import arbitrage_report
from apps.commands.arb import tell
from config.mandate_file import load_mandate
from tests.agents.material import AS_OF, T
from tests.agents.test_arbitrage_report import dear
from tests.apps.cli import DATA, Cli, refused

FILE = DATA / "chains_spy_cboe_daily" / "SPY_2026-08-20.csv.gz"


def test_the_synthetic_market_has_none_in_any_of_its_underlyings(shared: Cli) -> None:
    found = shared.json("arb")
    assert found["synthetic"] and found["count"] == 0 and len(found["underlyings"]) == 12
    assert all(one["rows_hunted"] > 100 and one["problem"] is None for one in found["underlyings"])
    assert found["costs"] == {
        "fee": 0.65, "lend": 0.04, "borrow": 0.05, "stock_half_spread": 0.01, "dividend_ceiling": 0.08,
        "min_dollars": 0.01,
    }  # fmt: skip
    page = shared.text("arb")
    assert "0 arbitrages at the quotes, after fees." in page and "SYNTHETIC" in page


@pytest.mark.skipif(not FILE.exists(), reason="no recorded chain here")
def test_recorded_spy_has_none_and_says_what_was_left_out(shared: Cli) -> None:
    shared.json("data", "import", str(FILE))
    (one,) = shared.json("arb", "SPY")["underlyings"]
    assert one["findings"] == [] and one["rows_hunted"] > 12_000
    assert any("not quoted on both sides" in reason for reason in one["left_out"])
    (late,) = shared.json("arb", "SPY", "--source", "recorded", "--as-of", "2026-08-24T12:00:00-04:00")["underlyings"]
    assert late["problem"].startswith("stale quotes are no arbitrage") and late["rows_hunted"] == 0
    refused(shared.here("arb", "SPY", "ZMKT"), "several markets")


def test_a_finding_is_told_with_its_legs_and_what_could_break_it(capsys: pytest.CaptureFixture[str]) -> None:
    tell(arbitrage_report("made", AS_OF, 0.03, {T: dear()}, load_mandate(None, {})))
    page = " ".join(capsys.readouterr().out.split())
    assert "bull call spread for a credit" in page and f"+1 {T}261120C00100000 at" in page
    assert "the sizes at these quotes are not known" in page


def test_a_symbol_no_source_knows_is_refused(shared: Cli) -> None:
    refused(shared.here("arb", "NOPE"), "NOPE", "has")
