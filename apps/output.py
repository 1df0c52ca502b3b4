"""What a person or a program reads: one JSON document, or text for a terminal. Logs and progress go to stderr."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

if TYPE_CHECKING:
    from rich.console import Console


def emit(document: Any) -> None:
    """Print one JSON document; unknown numbers are null, never NaN."""
    clean = to_jsonable_python(document, inf_nan_mode="null")
    print(json.dumps(clean, indent=2, ensure_ascii=False, allow_nan=False))


def console(*, stderr: bool = False) -> "Console":
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else 110, highlight=False, soft_wrap=False)


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: Sequence[int] = ()) -> None:
    """A table on stdout; ``numbers`` are the columns to align right."""
    from rich import box
    from rich.table import Table

    drawn = Table(
        title=title, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False, title_style="bold",
        show_header=any(heads), padding=(0, 1, 0, 0),
    )  # fmt: skip
    for place, head in enumerate(heads):
        drawn.add_column(head, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*(str(cell) for cell in row))
    console().print(drawn)


def say(text: str = "") -> None:
    """A paragraph on stdout, wrapped to the terminal."""
    console().print(text, markup=False)


def clock(moment: datetime | str) -> str:
    """A moment as a person reads it."""
    when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{when.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def money(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


def plural(count: int, noun: str) -> str:
    """
    >>> plural(1, "order"), plural(0, "order")
    ('1 order', '0 orders')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def sentence(text: str) -> str:
    """
    >>> sentence("best of three")
    'Best of three.'
    """
    return f"{text[:1].upper()}{text[1:]}."


def price(amount: float) -> str:
    """A net price with the word that says which way the cash goes."""
    return f"{abs(amount):.2f} {'credit' if amount > 0 else 'debit' if amount < 0 else 'even'}"


def share(value: float | None) -> str:
    return "unknown" if value is None else f"{100 * value:.1f} %"


class Progress:
    """Prints every node of a cycle to stderr as it is left, on a terminal; quiet in a pipe."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet or not sys.stderr.isatty()

    def entering(self, node: str, thread_id: str) -> None:
        if not self._quiet:
            print(f"  {node.replace('_', ' ')} ({thread_id})", file=sys.stderr)

    def leaving(self, node: str, thread_id: str) -> None:
        pass
