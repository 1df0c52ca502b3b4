"""Clocks are passed in. Nothing below ``apps/`` asks the operating system for the time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """An account's time: aware, never running backwards. ``wait`` lets time pass on it."""

    def now(self) -> datetime: ...

    async def wait(self, seconds: float) -> None:
        """Let that much of the account's time pass; a remembered moment returns at once."""
        ...


@dataclass
class FixedClock:
    """A clock that moves only when told: replays and tests."""

    moment: datetime

    def __post_init__(self) -> None:
        aware(self.moment)

    def now(self) -> datetime:
        return self.moment

    async def wait(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def aware(moment: datetime) -> datetime:
    """The moment itself, in UTC.

    :raises ValueError: it carries no time zone.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise ValueError(f"{moment.isoformat()} carries no time zone")
    return moment.astimezone(UTC)
