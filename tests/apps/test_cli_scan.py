"""``fund scan``: the watchlist ranked as a cycle at the same moment would rank it."""

import pytest

from tests.apps.cli import Cli


def test_the_scan_ranks_as_the_cycle_at_the_same_moment_does(fund: Cli) -> None:
    run = fund.json("run")
    found = fund.json("scan", "--account", run["account_id"])
    assert found["synthetic"] and found["as_of"] == run["as_of"]
    debated = [row for row in found["watchlist"] if row["debated"]]
    waiting = {order["ticker"] for order in run["orders"]}
    assert [(row["ticker"], row["score"]) for row in debated] == [
        (candidate["ticker"], candidate["score"]) for candidate in run["candidates"]
    ]
    assert waiting <= {row["ticker"] for row in debated}
    for row in found["watchlist"]:
        assert sum(part["adds"] for part in row["parts"]) == pytest.approx(row["score"], abs=1e-4)
        assert row["debated"] or row["passed_over"]
    scores = [row["score"] for row in found["watchlist"]]
    assert scores == sorted(scores, reverse=True)


def test_named_symbols_are_ranked_and_told_in_words(fund: Cli) -> None:
    page = fund.text("scan", "ZMKT", "ZCPU", "ZMKT")
    assert "2 underlyings" in page and "SYNTHETIC" in page and "liquidity adds" in page
    assert page.count("ZMKT · ") == 1


def test_what_cannot_be_scanned_is_one_clear_line(fund: Cli) -> None:
    answer = fund.here("scan", "ZMKT", "NOPE")
    assert answer.code != 0 and "NOPE" in answer.err and len(answer.err.strip().splitlines()) <= 2
    empty = fund.here("scan", "--source", "recorded")
    assert empty.code != 0 and "no symbols" in empty.err
