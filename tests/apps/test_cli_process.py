"""What only a process of its own shows: interrupts, closed pipes, what is loaded, what is left behind."""

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apps.cli import ROOT, Answer, Cli
from tests.conftest import temporary_folder
from tests.memory.harness import processes

INTERRUPTED = (130, -signal.SIGINT)  # Python itself ends by the signal when it comes while a module is being built
HEAVY = ("numpy", "pydantic", "langgraph", "langchain_core", "psycopg", "pandas", "scipy", "numba", "rich")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A home with a server of its own, at a path short enough for its socket."""
    folder = temporary_folder()
    yield folder / "home"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["propose", "--help"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import json, sys\nfrom apps.main import main\n"
        f"try:\n    main({words!r})\nexcept SystemExit:\n    pass\n"
        f"print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stderr) == []
    assert done.stdout.startswith("usage: fund")


def test_every_command_is_explained() -> None:
    done = subprocess.run([sys.executable, "-m", "apps.main"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    for name in ("run", "approve", "positions", "why", "replay", "data", "halt", "doctor"):
        assert f"\n  {name} " in done.stdout


def interrupted(fund: Cli, after: float, *words: str) -> Answer:
    process = fund.process(*words)
    time.sleep(after)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return Answer(process.returncode, out, err)


def test_a_run_interrupted_at_any_moment_ends_in_one_line_and_loses_nothing(fund: Cli) -> None:
    started = time.monotonic()
    whole = fund.run("run", "ZMKT", "--seed", "5", "--json").json
    seconds = time.monotonic() - started

    for share in (0.3, 0.65, 0.85):
        answer = interrupted(fund, share * seconds, "run", "ZMKT", "--json")
        assert answer.code in (0, *INTERRUPTED), answer.err
        if answer.out:
            json.loads(answer.out)  # it came after the end
        else:
            *reminder, last = answer.err.splitlines()
            assert len(reminder) <= 1 and last.startswith("fund: interrupted; nothing is lost"), answer.err

    assert fund.json("status")["runs"][-1]["run_id"] == whole["run_id"]
    finish_all(fund)
    assert fund.json("doctor")["problems"] == []


def finish_all(fund: Cli) -> None:
    """Resume what was interrupted, give up what a later run has overtaken; every run then ends, each ticker with at
    most one live order."""
    while "running" in {run["status"] for run in fund.json("status")["runs"]}:
        answer = fund.here("run", "--resume")
        if answer.code:
            overtaken = re.search(r"fund run --abandon (R\d+)", answer.err)
            assert overtaken, answer.err
            assert fund.here("run", "--abandon", overtaken[1]).code == 0
    for account in fund.json("status")["accounts"]:
        orders = fund.json("orders", "--account", account["account_id"])["orders"]
        tickers = [order["ticker"] for order in orders]
        assert len(tickers) == len(set(tickers))


@pytest.mark.parametrize("words", [("why", "R0001"), ("why", "R0001", "--json")])
def test_a_reader_that_leaves_early_is_no_error(shared: Cli, first_run: object, words: tuple[str, ...]) -> None:
    process = shared.process(*words)
    assert process.stdout and process.stderr
    process.stdout.close()
    complaint = process.stderr.read()
    assert process.wait(timeout=30) in (1, 141) and complaint == ""


def test_a_full_disk_under_the_output_is_one_line(shared: Cli, first_run: object) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no full device here")
    with full.open("w") as stream:
        answer = shared.run("why", "R0001", stdout=stream)
    assert answer.code == 4 and "No space left on device" in answer.err and len(answer.err.splitlines()) <= 2


def test_a_terminal_without_our_characters_shows_others(shared: Cli, first_run: object) -> None:
    plain = Cli(shared.home, shared.url, {"PYTHONIOENCODING": "ascii"})
    answer = plain.run("why", "R0001")
    assert answer.code == 0 and answer.err == "" and "synthetic-11" in answer.out


def test_no_command_leaves_a_process_behind(home: Path) -> None:
    fund = Cli(home)
    for words, code in ((("run", "ZMKT"), 0), (("run", "NOPE"), 2)):
        answer = fund.run(*words)
        assert answer.code == code, answer.err
        assert processes(home) == [], words

    answer = interrupted(fund, 1.5, "run", "ZMKT")
    assert answer.code in (0, *INTERRUPTED)
    assert processes(home) == []


def test_killed_in_the_middle_the_next_command_works(home: Path) -> None:
    fund = Cli(home)
    process = fund.process("run", "ZMKT", "--json")
    time.sleep(2.0)
    process.kill()
    process.communicate()

    status = fund.run("status", "--json")
    resumed = fund.run("run", "--resume", "--json")

    assert status.code == 0
    running = [run for run in status.json["runs"] if run["status"] == "running"]
    overtaken = "has run since" in resumed.err  # by a run of another test in this home
    assert resumed.code == (0 if running and not overtaken else 2)
    assert processes(home) == []
