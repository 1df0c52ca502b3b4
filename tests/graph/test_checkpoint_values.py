"""Every value that enters a checkpoint comes back as it went in: equal, and of the same types all the way down."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_type_hints

import pytest

from apps.commands.approve import approve
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.order import Decision
from graph.cycle import debate_tasks
from graph.state import DebateTask, FundState, OrderState
from memory.checkpoints import saver
from tests.graph.deciding import decide, request_at
from tests.money import SPREAD, START, desk_of, order_of, propose


@pytest.fixture
def state(fund: Fund) -> FundState:
    """The end of a real cycle, with a position, a promise, a staged order and a halt in its book."""
    approve(fund, propose(fund, "ZBNK", "bull_put_spread"), "eva", None, follow=True)
    desk_of(fund).approvals.approve(propose(fund, "ZOIL", "bull_put_spread"), "eva")
    propose(fund, "ZPIL", "bull_put_spread")
    found = decide(fund, request_at(fund, START))
    book = found["opening"].book
    assert book.positions and book.promises and book.staged
    assert found["vetting"].orders and found["debates"] and found["selection"].vetoes
    return found


def round_trip(fund: Fund, value: Any) -> Any:
    serializer = saver(fund.database).serde
    return serializer.loads_typed(serializer.dumps_typed(value))


def test_every_field_of_a_cycle_s_state(fund: Fund, state: FundState) -> None:
    assert set(state) == set(get_type_hints(FundState)), "a field without a value is a field without a test"
    for name, value in state.items():
        assert_same(name, round_trip(fund, value), value)


def test_what_a_debate_gets_to_see(fund: Fund, state: FundState) -> None:
    tasks = debate_tasks(state)
    assert tasks
    for task in tasks:
        assert set(task) == set(get_type_hints(DebateTask))
        assert_same("task", round_trip(fund, task), task)


def test_every_field_of_an_order_s_state(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    row = order_of(fund, order_id)
    full: OrderState = {
        "order_id": order_id,
        "hash": row.staged.hash,
        "decision": Decision(order_id, row.staged.hash, "approve", "eva", START, "because"),
        "recheck": desk_of(fund).clerk.recheck(order_id),
        "refusals": ["one", "two"],
        "outcome": "placed",
    }
    assert set(full) == set(get_type_hints(OrderState))
    for name, value in full.items():
        assert_same(name, round_trip(fund, value), value)


def test_an_order_s_thread_holds_those_fields_and_no_others(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    approve(fund, order_id, "eva", None, follow=True)
    values = Cycles(fund).threads.graph.get_state({"configurable": {"thread_id": order_id}}).values
    assert set(values) <= set(get_type_hints(OrderState))
    assert isinstance(values["decision"], Decision)
    assert values["outcome"] == "placed"


def test_what_the_comparison_is_worth() -> None:
    for one, other in [((1,), [1]), (1, 1.0), (1.0, "1.0"), ({"a": (1,)}, {"a": [1]}), (None, 0)]:
        with pytest.raises(AssertionError):
            assert_same("x", one, other)


def assert_same(path: str, came: Any, went: Any) -> None:
    """Equal, and every part of the same type; NaN is itself."""
    assert type(came) is type(went), f"{path}: {type(went).__name__} came back as {type(came).__name__}"
    inside = list(parts(went))
    if not inside:
        assert came == went or (came != came and went != went), f"{path}: {went!r} came back as {came!r}"
    others = dict(parts(came))
    assert len(others) == len(inside), path
    for key, part in inside:
        assert_same(f"{path}.{key}", others[key], part)


def parts(value: Any) -> Iterator[tuple[Any, Any]]:
    if is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in fields(value))
    elif isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list | tuple):
        yield from enumerate(value)
