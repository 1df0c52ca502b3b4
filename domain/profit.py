"""Profit and loss by structure: what is realised, what is still open, and nothing left over.

Average cost (one of the two methods US brokers report by): an execution that adds to a holding moves its average price,
one that takes from it realises the difference. Fees are realised when they are paid. Realised plus unrealised is the
cash all executions moved plus the marks of what is held, whatever the order and size of the executions.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Booked:
    """One execution in a position. ``units`` are signed units of underlying, positive bought; ``price`` per unit;
    ``fee`` positive, account currency."""

    position_id: str
    strategy: str
    symbol: str
    units: int
    price: float
    fee: float


@dataclass(frozen=True)
class Profit:
    """Account currency. ``fees`` are inside ``realised``. ``unrealised`` is None where a mark is not known."""

    strategy: str
    positions: int
    still_open: int
    realised: float
    unrealised: float | None
    fees: float

    @property
    def total(self) -> float | None:
        return None if self.unrealised is None else self.realised + self.unrealised


def by_strategy(booked: Sequence[Booked], marks: Mapping[str, float | None]) -> tuple[Profit, ...]:
    """One entry a structure, by name. ``booked`` in the order of time; ``marks`` has the cash that closing each open
    position now would move (None: not known), and no entry for positions that are closed."""
    names = sorted({one.strategy for one in booked})
    return tuple(_profit(name, [one for one in booked if one.strategy == name], marks) for name in names)


def whole(parts: Iterable[Profit]) -> Profit:
    """The portfolio: the sum of its structures."""
    every = tuple(parts)
    open_parts = [part.unrealised for part in every]
    unrealised = None if None in open_parts else sum(x for x in open_parts if x is not None)
    return Profit(
        "portfolio",
        sum(part.positions for part in every),
        sum(part.still_open for part in every),
        sum(part.realised for part in every),
        unrealised,
        sum(part.fees for part in every),
    )


def _profit(name: str, booked: Sequence[Booked], marks: Mapping[str, float | None]) -> Profit:
    held = dict[tuple[str, str], tuple[int, float]]()
    realised = -sum(one.fee for one in booked)
    for one in booked:
        key = (one.position_id, one.symbol)
        units, paid = held.get(key, (0, 0.0))
        gain, units, paid = _taken(units, paid, one)
        held[key] = (units, paid)
        realised += gain
    ids = {one.position_id for one in booked}
    current = [marks[i] for i in sorted(ids & set(marks))]
    paid_for_open = sum(paid for (position_id, _), (_, paid) in held.items() if position_id in marks)
    unknown = any(mark is None for mark in current)
    unrealised = None if unknown else sum(mark for mark in current if mark is not None) - paid_for_open
    return Profit(name, len(ids), len(current), realised, unrealised, sum(one.fee for one in booked))


def _taken(units: int, paid: float, one: Booked) -> tuple[float, int, float]:
    """What one execution realises, and the holding after it: units and what they cost (negative for a short one)."""
    if units == 0 or (units > 0) == (one.units > 0):
        return 0.0, units + one.units, paid + one.units * one.price
    out = min(abs(units), abs(one.units)) * (1 if units > 0 else -1)
    cost = paid * out / units
    beyond = one.units + out
    return out * one.price - cost, units + one.units, paid - cost + beyond * one.price
