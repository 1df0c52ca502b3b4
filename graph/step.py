"""What every node of the cycle has around it: a witness, and one journal line for what it learned."""

from collections.abc import Callable
from typing import Any, TypeVar

from langgraph.runtime import Runtime
from pydantic_core import to_jsonable_python

from domain.run import RunRequest
from graph.desk import Desk

State = TypeVar("State")
Update = dict[str, Any]


def step(node: Callable[[State, Desk], Update]) -> Callable[..., Update]:
    """The function as a graph node: it is announced, run, journalled once by a key that a re-run repeats."""

    def run(state: State, runtime: Runtime[Desk]) -> Update:
        desk, request = runtime.context, _request(state)
        desk.witness.entering(node.__name__, request.run_id)
        update = node(state, desk)
        body = to_jsonable_python(update, inf_nan_mode="null", fallback=str)
        desk.journal.write(
            node.__name__, body, at=request.as_of, account_id=request.account_id, run_id=request.run_id,
            key=f"{request.run_id}:{node.__name__}:{_part(state)}",
        )  # fmt: skip
        desk.witness.leaving(node.__name__, request.run_id)
        return update

    run.__name__, run.__doc__ = node.__name__, node.__doc__
    run.__annotations__ = {"state": node.__annotations__["state"], "runtime": Runtime[Desk], "return": Update}
    return run


def _request(state: Any) -> RunRequest:
    request: RunRequest = state["request"]
    return request


def _part(state: Any) -> str:
    """Tells the parallel tasks of one node apart."""
    return state["candidate"].ticker if "candidate" in state else ""
