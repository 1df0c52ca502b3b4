"""What the nodes reach for: ports, given to the graph as its runtime context and never checkpointed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.debate import Debate
from domain.mandate import Mandate
from domain.ports import Journal, Json, Snapshots, Staging, Witness
from domain.run import Opening, Outcome, Recheck, RunRequest
from execution.view import Views


@dataclass(frozen=True)
class Desk:
    """The desk of a cycle. ``opener`` gathers account, book, regime and snapshots; ``recorder`` keeps the result,
    ``remember`` the debates for later cycles."""

    mandate: Mandate
    snapshots: Snapshots
    views: Views
    journal: Journal
    witness: Witness
    staging: Staging
    opener: Callable[[RunRequest], Opening]
    recorder: Callable[[str, Json, str], None]
    remember: Callable[[RunRequest, Sequence[Debate]], None]


class OrderDesk(Protocol):
    """What an order's thread reaches for. Nothing here transmits: the executor does, from the rows this writes."""

    @property
    def witness(self) -> Witness: ...

    def recheck(self, order_id: str) -> Recheck:
        """Look at an approved order again: its row, its hash, fresh quotes, a fresh book, the same rules."""
        ...

    def hand_over(self, order_id: str, recheck: Recheck) -> tuple[str, ...]:
        """Give it to the executor, once; the reasons why not, where its approval does not bind any more."""
        ...

    def conclude(self, order_id: str, outcome: Outcome, reasons: tuple[str, ...]) -> None:
        """Write how the thread ended."""
        ...


@dataclass(frozen=True)
class OrderContext:
    """The runtime context of an order's thread."""

    desk: OrderDesk


class Silent:
    """A witness that tells nobody."""

    def entering(self, node: str, thread_id: str) -> None:
        pass

    def leaving(self, node: str, thread_id: str) -> None:
        pass
