"""Coin options from file to answer: read by ``fund vol``, refused by whatever would trade them."""

import pytest

from tests.apps.cli import DATA, Cli, refused

MOMENT = "2025-12-31T22:00:00Z"
DVOL = 0.4301  # BTC DVOL at the end of 2025-12-31, from crypto_dvol
FOLDERS = ("crypto_deribit_daily/deribit_options_202512.csv.gz", "crypto_dvol")
pytestmark = pytest.mark.skipif(not (DATA / FOLDERS[0]).is_file(), reason="no vendor files here")


@pytest.fixture(scope="module")
def coins(shared: Cli) -> Cli:
    shared.json("data", "import", *(str(DATA / name) for name in FOLDERS))
    return shared


def test_fund_vol_reads_coin_options_in_dollars(coins: Cli) -> None:
    found = coins.json("vol", "BTC", "--source", "recorded", "--as-of", MOMENT)

    assert (found["ticker"], found["session"]) == ("BTC", "2025-12-31")
    assert found["iv30"] == pytest.approx(DVOL, abs=0.05)
    assert found["model_free_iv30"] == pytest.approx(DVOL, abs=0.05)
    assert found["reasons"]["earnings"] == "a coin reports none"
    near = next(row for row in found["term"] if row["days"] > 20)
    assert 0.3 < near["atm_iv"] < 0.5


def test_a_run_over_coin_options_proposes_nothing_and_says_why(coins: Cli) -> None:
    told = coins.text("run", "BTC", "--source", "recorded", "--as-of", MOMENT)

    assert "its options are paid in coin; no broker here trades them" in " ".join(told.split())
    refused(coins.here("propose", "BTC", "bull_put_spread"), "BTC: its options are paid in coin")
    assert coins.json("orders")["orders"] == []


def test_no_cycle_looks_at_coin_options_unasked(coins: Cli) -> None:
    refused(coins.here("run", "--source", "recorded", "--as-of", MOMENT), "has no symbols")
