"""A stored run decides the same again, from what it stored and from nothing else."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.commands.approve import approve
from apps.commands.halt import halt
from apps.commands.replay import command as replay_command
from apps.commands.replay import differences
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles, replay
from apps.wiring import Fund
from domain.errors import BadInput, Corrupt
from market.synthetic import SyntheticSource
from memory import runs
from tests.desk import WATCHLIST, fund_on, words
from tests.money import SEED, close, desk_of, held, in_every_regime, live_in, order_of, pass_time


@pytest.fixture
def ran(database_url: str, tmp_path: Path) -> Iterator[tuple[Fund, Any]]:
    """A fund with one finished run whose orders wait, and the run's result."""
    with fund_on(database_url, tmp_path) as fund:
        yield fund, run_again(fund)


def run_again(fund: Fund) -> Any:
    desk_of(fund)
    cycles = Cycles(fund)
    return cycles.carry_on(begin(fund, cycles, words("run", *WATCHLIST)))


def assert_the_same_again(fund: Fund, run_id: str) -> None:
    with fund.database.connection() as connection:
        stored, again, before, after = replay(fund, runs.run(connection, run_id))
    assert before == after
    assert differences(stored, again) == []
    assert len(stored["orders"]) > 0


def test_a_run_decides_the_same_again(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    assert_the_same_again(fund, result["run_id"])


def test_what_came_later_changes_nothing(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    first, *_ = [order["order_id"] for order in result["orders"]]
    assert approve(fund, first, "eva", None, follow=True).status == "filled"
    pass_time(fund, desk_of(fund).clock.now() + timedelta(days=2))
    later = run_again(fund)
    assert later["regime"] != result["regime"] or later["signals"] != result["signals"]
    approve(fund, close(fund, held(fund)[0].position_id), "eva", None, follow=True)
    halt(fund, "enough", "eva")
    pass_time(fund, desk_of(fund).clock.now() + timedelta(days=60))
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))

    assert_the_same_again(fund, result["run_id"])


def test_a_run_that_began_with_positions_orders_and_a_halt_decides_the_same_again(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    first, *others = [order["order_id"] for order in result["orders"]]
    approve(fund, first, "eva", None, follow=True)
    desk_of(fund).approvals.approve(others[0], "eva")
    halt(fund, "enough", "eva")
    second = run_again(fund)
    assert second["orders"] == []
    with fund.database.connection() as connection:
        _, _, before, after = replay(fund, runs.run(connection, second["run_id"]))
    assert before == after


def test_no_checkpoint_is_read(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    with fund.database.connection() as connection:
        connection.execute("DROP SCHEMA langgraph CASCADE")
    assert_the_same_again(fund, result["run_id"])


def test_no_market_is_asked(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    live_in(fund, SyntheticSource(SEED, shock=lambda day: 10.0))
    assert_the_same_again(fund, result["run_id"])


def test_another_mandate_of_today_changes_nothing(ran: tuple[Fund, Any], database_url: str, tmp_path: Path) -> None:
    _, result = ran
    with fund_on(database_url, tmp_path / "later", in_every_regime(position=0.0)) as fund:
        assert_the_same_again(fund, result["run_id"])


def test_nothing_is_written(ran: tuple[Fund, Any]) -> None:
    fund, result = ran

    def everything() -> dict[str, int]:
        with fund.database.connection() as connection:
            tables = connection.execute(
                "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
                " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
            counts = {}
            for table in tables:
                found = connection.execute(f"SELECT count(*) AS n FROM {table['name']}".encode()).fetchone()
                counts[table["name"]] = found["n"] if found else 0
            return counts

    before = everything()
    assert before["fund.orders"] == len(result["orders"])
    assert_the_same_again(fund, result["run_id"])
    assert everything() == before


def test_an_order_staged_by_the_run_is_the_one_that_is_decided_again(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    with fund.database.connection() as connection:
        _, again, *_ = replay(fund, runs.run(connection, result["run_id"]))
    for order in again["orders"]:
        assert order["hash"] == order_of(fund, order["order_id"]).staged.hash


def test_evidence_that_was_changed_is_found_out(ran: tuple[Fund, Any]) -> None:
    fund, result = ran
    with fund.database.connection() as connection:
        connection.execute("UPDATE fund.snapshots SET body = substring(body FROM 1 FOR 100) WHERE kind = 'chain'")
    with fund_on(str(fund.settings.database_url), fund.settings.home) as fresh:
        with fresh.database.connection() as connection:
            row = runs.run(connection, result["run_id"])
        with pytest.raises(Corrupt):
            replay(fresh, row)


def test_an_unfinished_run_cannot_be_replayed(
    ran: tuple[Fund, Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fund, result = ran
    monkeypatch.setenv("FUND_DATABASE_URL", str(fund.settings.database_url))
    monkeypatch.setenv("FUND_HOME", str(fund.settings.home))
    assert replay_command(words("replay", result["run_id"], "--json")) == 0
    assert '"identical": true' in capsys.readouterr().out

    cycles = Cycles(fund)
    begun = begin(fund, cycles, words("run", "ZAIR"))
    with pytest.raises(BadInput, match=f"{begun} is running"):
        replay_command(words("replay", begun))
