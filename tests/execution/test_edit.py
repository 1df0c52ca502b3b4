"""An edit is a new order: it passes the rules, needs its own approval, and never lives longer."""

from pathlib import Path
from typing import Any

import pytest

from apps.commands.approve import approve
from apps.commands.halt import halt
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.errors import AlreadyDecided, BadInput, Refused
from tests.money import SPREAD, amend, answer, at_once, desk_of, held, order_of, propose, sent, steps


def edit(fund: Fund, order_id: str, contracts: int | None = None, limit: float | None = None) -> str:
    """Edit as ``fund edit`` does; the id of the new order."""
    order = desk_of(fund).approvals.edit(order_id, "eva", contracts, limit)
    for one in (order_id, order.ticket.order_id):
        Cycles(fund).threads.carry(one)
    return order.ticket.order_id


def test_an_edit_replaces_the_order_by_one_that_waits_for_its_own_approval(fund: Fund) -> None:
    old = propose(fund, *SPREAD)
    new = edit(fund, old, contracts=2)

    before, after = order_of(fund, old), order_of(fund, new)
    assert (before.status, before.superseded_by) == ("superseded", new)
    assert after.status == "staged"
    assert after.staged.hash != before.staged.hash
    assert [leg.contracts for leg in after.staged.ticket.legs] == [-2, 2]
    assert after.staged.odds.max_loss == pytest.approx(2 * before.staged.odds.max_loss)
    assert sent(fund) == []

    assert approve(fund, new, "eva", None, follow=True).status == "filled"
    assert sent(fund) == [new]
    assert held(fund)[0].contracts == 2
    assert steps(fund, old) == ["staged", "superseded", "record_outcome"]


def test_approving_the_old_order_names_the_new_one_and_places_nothing(fund: Fund) -> None:
    old = propose(fund, *SPREAD)
    new = edit(fund, old, contracts=2)
    with pytest.raises(AlreadyDecided, match=f"is superseded: it was answered by eva at .*, edited into {new}"):
        approve(fund, old, "bob", None, follow=True)
    with pytest.raises(AlreadyDecided, match="edited into"):
        edit(fund, old, contracts=3)
    assert sent(fund) == []


def test_an_edit_never_lives_longer_than_what_it_replaces(fund: Fund) -> None:
    old = propose(fund, *SPREAD)
    first = edit(fund, old, contracts=2)
    second = edit(fund, first, contracts=3)
    ends = {order_of(fund, one).staged.ticket.expires_at for one in (old, first, second)}
    assert len(ends) == 1
    assert len({old, first, second}) == 3


REFUSALS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("off the tick", {"limit": 2.403}, Refused, "limit_on_tick"),
    ("too large for one line", {"contracts": 60}, Refused, "short_line"),
    ("the size it has", {"contracts": 1}, BadInput, "has that size and limit already"),
    ("no contracts", {"contracts": 0}, BadInput, "is not an order"),
    ("fewer than none", {"contracts": -1}, BadInput, "is not an order"),
]


@pytest.mark.parametrize(("why", "change", "error", "says"), REFUSALS, ids=[row[0] for row in REFUSALS])
def test_an_edit_that_is_refused_leaves_the_order_as_it_was(
    fund: Fund, why: str, change: dict[str, Any], error: type[Exception], says: str
) -> None:
    old = propose(fund, *SPREAD)
    with pytest.raises(error, match=says):
        edit(fund, old, **change)
    assert order_of(fund, old).status == "staged"
    assert steps(fund, old) == ["staged"]
    assert approve(fund, old, "eva", None, follow=True).status == "filled"


def test_under_a_halt_an_order_cannot_be_edited(fund: Fund) -> None:
    old = propose(fund, *SPREAD)
    halt(fund, "enough", "eva")
    with pytest.raises(Refused, match="halted: enough"):
        edit(fund, old, contracts=2)
    assert order_of(fund, old).status == "staged"


@pytest.mark.crash
def test_an_edit_and_an_approval_at_once_leave_one_order(fund: Fund, database_url: str, tmp_path: Path) -> None:
    old = propose(fund, *SPREAD)
    said = at_once((answer, old), (amend, old), url=database_url, home=tmp_path)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    approved = said[0] == "filled"
    assert said[1].startswith("AlreadyDecided" if approved else f"{old}.2"), said
    assert order_of(fund, old).status == ("filled" if approved else "superseded")
    assert sent(fund) == ([old] if approved else [])
