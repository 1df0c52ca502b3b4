"""What cannot be done is one clear line, and leaves nothing behind."""

import time
from pathlib import Path

import pytest

from tests.apps.cli import Cli, refused


def nothing_begun(fund: Cli) -> bool:
    status = fund.json("status")
    return not status["accounts"] and not status["runs"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "NOPE", "ZMKT"), "does not know NOPE"),
        (("run", "SPY", "--source", "recorded"), "no recorded chains"),
        (("run", "SPY", "--source", "recorded", "--as-of", "2026-08-20T18:30:00-04:00"), "does not know SPY"),
        (("run", "--account", "nobody"), "no account 'nobody'"),
        (("run", "--resume", "R9999"), "no run 'R9999'"),
        (("run", "--resume"), "no run was interrupted"),
        (("run", "--abandon", "R9999"), "no run 'R9999'"),
        (("run", "--underlyings", "5000"), "5000 underlyings"),
        (("run", "--as-of", "1900-01-01T12:00:00Z"), "1900"),
        (("run", "--as-of", "2025-06-02T15:00:00Z"), "time does not run backwards"),
        (("run", "--as-of", "2100-01-04T15:00:00Z"), "outside the synthetic market"),
        (("orders",), "no account yet"),
        (("orders", "--account", "nobody"), "no account 'nobody'"),
        (("positions",), "no account yet"),
        (("approve", "R0001-1"), "no order 'R0001-1'"),
        (("reject", "R0001-1", "--why", "no"), "no order 'R0001-1'"),
        (("edit", "R0001-1", "--contracts", "1"), "no order 'R0001-1'"),
        (("close", "PR0001-1"), "no position 'PR0001-1'"),
        (("propose", "ZMKT", "long_straddle"), "no account yet"),
        (("why", "R0001"), "no run, order or position 'R0001'"),
        (("replay", "R0001"), "no run 'R0001'"),
    ],
)
def test_on_an_empty_fund(shared: Cli, words: tuple[str, ...], says: str) -> None:
    refused(shared.here(*words, "--json"), says)
    refused(shared.here(*words), says)
    assert nothing_begun(shared)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("run", "--as-of", "2026-08-20T18:30:00"), "has no time zone"),
        (("run", "--as-of", "2026-08-20"), "2026-08-20T16:00-04:00"),
        (("run", "--as-of", "yesterday"), "'yesterday' is not a time like"),
        (("run", ""), "'' is not a symbol"),
        (("run", "ZMKT;DROP TABLE"), "is not a symbol"),
        (("run", "--as-of", ""), "is not a time like"),
        (("run", "--seed", "x"), "'x' is not a whole number"),
        (("run", "--seed", "-3"), "'-3' is not a whole number"),
        (("run", "--underlyings", "0"), "'0' is not a whole number"),
        (("run", "--source", "bloomberg"), "invalid choice: 'bloomberg'"),
        (("edit", "R1", "--contracts", "0"), "'0' is not a whole number from 1"),
        (("edit", "R1", "--contracts", "-2"), "'-2' is not a whole number from 1"),
        (("edit", "R1", "--contracts", "1.5"), "'1.5' is not a whole number from 1"),
        (("edit", "R1", "--contracts", "²"), "'²' is not a whole number from 1"),
        (("edit", "R1", "--contracts", "9" * 30), "is not a whole number from 1"),
        (("edit", "R1", "--limit", "nan"), "'nan' is not a price"),
        (("edit", "R1", "--limit", "-inf"), "'-inf' is not a price"),
        (("edit", "R1", "--limit", "1e300"), "'1e300' is not a price"),
        (("edit", "R1", "--limit", "cheap"), "'cheap' is not a price"),
        (("edit", "R1"), "nothing to change"),
        (("close", "P1", "--limit", "inf"), "'inf' is not a price"),
        (("propose", "ZMKT", "moonshot"), "no structure 'moonshot'"),
        (("propose", "ZMKT", "iron_condor", "--contracts", "0"), "'0' is not a whole number"),
        (("reject", "R1"), "required: --why"),
        (("data", "import"), "required: PATH"),
        (("data",), "required: import | record | list"),
        (("approve",), "required: ORDER"),
        (("trade",), "invalid choice: 'trade'"),
        (("why", "\udcff"), "not UTF-8"),
    ],
)
def test_words_that_make_no_sense_need_no_database(tmp_path: Path, words: tuple[str, ...], says: str) -> None:
    refused(Cli(tmp_path, "postgresql://127.0.0.1:9/none").here(*words), says)


def test_an_unknown_symbol_is_answered_within_three_seconds(shared: Cli) -> None:
    start = time.monotonic()
    answer = shared.run("run", "NOPE", "--json")
    taken = time.monotonic() - start
    refused(answer, "does not know NOPE", "ZMKT")
    assert taken < 3


def test_a_moment_beyond_the_calendar_does_not_move_the_account(fund: Cli) -> None:
    fund.text("run", "ZMKT")
    before = fund.json("status")["accounts"]

    refused(fund.here("run", "ZMKT", "--as-of", "2150-01-04T15:00:00Z"), "outside the synthetic market")
    refused(fund.here("positions", "--as-of", "2150-01-04T15:00:00Z"), "outside the synthetic market")
    refused(fund.here("positions", "--as-of", "2020-01-06T15:00:00Z"), "time does not run backwards")

    assert fund.json("status")["accounts"] == before
