"""An approved order, its process killed at every step between the answer and the booked fill: sent once, never lost."""

import multiprocessing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from memory import orders, positions
from memory.accounts import cash
from tests.crash import children
from tests.crash.test_cycle_crash import KILLED, in_child
from tests.desk import database_copy, fund_on

EVENTS = [
    "entering resume_thread",  # after the decision's row and before the resume
    "entering recheck_risk",
    "leaving recheck_risk",
    "entering place_order",
    "leaving place_order",
    "entering record_outcome",
    "leaving record_outcome",
    "leaving journal_submitting",  # after our commit, before the venue hears of it
    "leaving submit",  # between the venue's commit and ours
    "entering book_fill",
    "entering apply",
]


@pytest.fixture(scope="module")
def staged_database(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> str:
    """A database with one finished cycle whose orders wait."""
    home = tmp_path_factory.mktemp("staged")
    assert in_child(children.run_cycle, module_database, home, home / "log", "") == 0
    return module_database


@pytest.fixture
def own_copy(staged_database: str) -> Iterator[str]:
    """A copy of the staged database for one test."""
    with database_copy(staged_database) as url:
        yield url


def books(url: str, home: Path) -> dict[str, Any]:
    """Everything that must not differ: the order, its fills on both sides, cash on both sides, the journal."""
    with fund_on(url, home) as fund, fund.database.connection() as connection:
        account = fund.account(None).account_id
        first = orders.orders(connection, account)
        venue = connection.execute("SELECT exec_id, price FROM paper.executions ORDER BY exec_id").fetchall()
        moved = connection.execute("SELECT coalesce(sum(cash), 0) AS cash FROM fund.fills").fetchone()
        return {
            "orders": sorted((row.order_id, row.status) for row in first),
            "venue": [(row["exec_id"], float(row["price"])) for row in venue],
            "fills": [(f["exec_id"], float(f["price"])) for f in positions.fills(connection)],
            "positions": [
                (p.position_id, p.contracts, p.legs, p.cost) for p in positions.open_positions(connection, account)
            ],
            "cash": (cash(connection, account), float(moved["cash"]) if moved else None),
            "halts": connection.execute("SELECT scope FROM fund.halts WHERE active").fetchall(),
            "sent": len([e for e in fund.journal.account(account) if e.step == "submitting"]),
            "broken": fund.journal.verify(account),
        }


@pytest.fixture(scope="module")
def undisturbed(staged_database: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("calm")
    with database_copy(staged_database) as url:
        order_id = first_order(url, home)
        assert in_child(children.approve_order, url, home, home / "log", "", order_id) == 0
        calm = books(url, home)
    assert (order_id, "filled") in calm["orders"]
    assert calm["sent"] == 1
    return calm


def first_order(url: str, home: Path) -> str:
    with fund_on(url, home) as fund, fund.database.connection() as connection:
        return min(row.order_id for row in orders.orders(connection, None, ("staged",)))


@pytest.mark.crash
@pytest.mark.parametrize("event", EVENTS)
def test_an_approved_order_is_sent_once_and_lost_never_wherever_the_process_dies(
    event: str, own_copy: str, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    order_id = first_order(own_copy, tmp_path)
    assert in_child(children.approve_order, own_copy, tmp_path, tmp_path / "log", event, order_id) == KILLED

    assert in_child(children.heal, own_copy, tmp_path, tmp_path / "log2") == 0

    assert books(own_copy, tmp_path) == undisturbed


@pytest.mark.crash
def test_healing_twice_changes_nothing(own_copy: str, tmp_path: Path, undisturbed: dict[str, Any]) -> None:
    order_id = first_order(own_copy, tmp_path)
    assert in_child(children.approve_order, own_copy, tmp_path, tmp_path / "log", "leaving submit", order_id) == KILLED
    for _ in range(2):
        assert in_child(children.heal, own_copy, tmp_path, tmp_path / "log2") == 0
    assert books(own_copy, tmp_path) == undisturbed


@pytest.mark.crash
def test_two_people_answer_at_once_and_one_is_told_that_the_other_was_faster(own_copy: str, tmp_path: Path) -> None:
    order_id = first_order(own_copy, tmp_path)
    context = multiprocessing.get_context("forkserver")
    people = ("ann", "bob")
    both = [
        context.Process(
            target=children.answer, args=(own_copy, tmp_path / name, tmp_path / f"{name}.txt", order_id, name)
        )
        for name in people
    ]
    for process in both:
        process.start()
    for process in both:
        process.join(120)
    words = sorted((tmp_path / f"{name}.txt").read_text() for name in people)
    assert [text.startswith("won: filled") for text in words] == [False, True]
    assert words[0].startswith("AlreadyDecided")
    assert "was answered by" in words[0]
