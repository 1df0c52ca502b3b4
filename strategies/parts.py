"""Every structure that could be made of a book's legs: the pieces the tagger chooses from, and what each one costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache

from domain.leg import Leg
from strategies.held import KNOWN
from strategies.template import SAME, LegTemplate, Structure

Slot = tuple[date, str]  # expiry and class
STOCK: Slot = (date.min, "")
NEAREST = 4  # partners of one leg in rows of three or four, besides those of its rank; and later expiries
ROWS: tuple[Structure, ...] = tuple(row for row in KNOWN if row.name != "cash_secured_put")  # cash decides that one

# A cost is one whole number, so that it adds and compares as its figures do in this order. Figures are kept twelvefold:
# a part of up to four legs then splits evenly over them.
BITS = (24, 24, 16, 16, 16, 24, 72, 32, 24)
WHOLE = 12


def price(*figures: int) -> int:
    """The cost whose figures these are: calls sold that nothing covers, puts sold that nothing covers, groups, groups
    over two expiries, groups of unequal ratio, structures, squares of the strike ranges of calls and of puts (cents),
    days between expiries, and places in the catalogue."""
    total = 0
    for figure, bits in zip(figures, BITS, strict=True):
        total = (total << bits) + WHOLE * figure
    return total


REACH, DAYS = price(0, 0, 0, 0, 0, 0, 1, 0, 0), price(0, 0, 0, 0, 0, 0, 0, 1, 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One contract of the book, or its stock. ``count`` is signed contracts, or lots of shares."""

    leg: Leg
    count: int
    slot: Slot
    strike: float


@dataclass(frozen=True, slots=True)
class Part:
    """One row on particular entries: ``places`` are theirs in the book's order, ``ratios`` those of the row.

    ``once`` is paid however often it is taken, ``each`` for every one; ``share`` is what one leg bears of one.
    """

    row: Structure
    places: tuple[int, ...]
    ratios: tuple[int, ...]
    once: int
    each: int

    @property
    def share(self) -> int:
        return (self.once + self.each) // len(self.places)


def parts(entries: list[Entry]) -> list[list[Part]]:
    """All structures by the first of their entries, the cheapest share first."""
    found: list[list[Part]] = [[] for _ in entries]
    book = _Book(entries)
    for rank, row in enumerate(ROWS):
        for near, far in _pairs(row, book.slots):
            wanted = [(leg.kind, leg.ratio > 0, _slot(leg, near, far)) for leg in row.legs]
            if all(want in book.pools for want in wanted):
                for places in book.extend(row, [book.pools[want] for want in wanted], ()):
                    found[min(places)].append(_part(row, rank, places, entries))
    for bucket in found:
        bucket.sort(key=lambda part: (part.share, part.places))
    return found


def _pairs(row: Structure, slots: list[Slot]) -> Iterator[tuple[Slot, Slot]]:
    """Near and far slots the row may take; the far one ends later."""
    if not any(leg.kind != "stock" for leg in row.legs):
        yield STOCK, STOCK
    elif not row.spans_expiries:
        yield from ((slot, slot) for slot in slots)
    else:
        for slot in slots:
            later = [x for x in slots if x[0] > slot[0]]
            yield from ((slot, far) for far in (later if len(row.legs) == 2 else later[:NEAREST]))


def _slot(leg: LegTemplate, near: Slot, far: Slot) -> Slot:
    return STOCK if leg.kind == "stock" else far if leg.slot == "far" else near


class _Book:
    """``pools``: places of the entries by right, side and slot, strikes ascending; ``ranks``: theirs in their pool,
    counted from below and from above."""

    def __init__(self, entries: list[Entry]) -> None:
        self.entries = entries
        self.slots = sorted({entry.slot for entry in entries if entry.slot != STOCK})
        self.pools: dict[tuple[str, bool, Slot], list[int]] = {}
        for place in sorted(range(len(entries)), key=lambda i: entries[i].strike):
            entry = entries[place]
            self.pools.setdefault((entry.leg.right or "stock", entry.count > 0, entry.slot), []).append(place)
        self.ranks = {
            place: (rank, len(pool) - 1 - rank) for pool in self.pools.values() for rank, place in enumerate(pool)
        }

    def extend(self, row: Structure, pools: list[list[int]], places: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Every choice of one entry a leg that stands as the row says."""
        if len(places) == len(row.legs):
            yield places
            return
        leg = row.legs[len(places)]
        for place in self._standing(row, leg, pools[len(places)], places):
            if abs(self.entries[place].count) >= abs(leg.ratio):
                yield from self.extend(row, pools, (*places, place))

    def _standing(self, row: Structure, leg: LegTemplate, pool: list[int], places: tuple[int, ...]) -> list[int]:
        """Entries the leg may be, given those before it."""
        if leg.kind == "stock":
            return pool
        strikes = self.entries
        if leg.to is not None:
            at = places[leg.to]
            other = None if leg.pair is None else strikes[places[leg.pair]].strike
            fits = [i for i in pool if leg.holds(strikes[i].strike, strikes[at].strike, other)]
            return self._nearest(fits, at) if len(row.legs) > 2 else fits
        across = [
            i for i, earlier in zip(places, row.legs, strict=False) if earlier.is_anchor and earlier.kind != leg.kind
        ]
        if not across:
            return pool
        sign = 1 if leg.kind == "C" else -1
        fits = [i for i in pool if sign * (strikes[i].strike - strikes[across[0]].strike) >= SAME]
        return self._nearest(fits, across[0]) if len(row.legs) > 2 else fits

    def _nearest(self, fits: list[int], at: int) -> list[int]:
        """The nearest few, and those of the same rank: in a book of many alike, rank tells what belongs together."""
        if len(fits) <= NEAREST:
            return fits
        strike, own = self.entries[at].strike, self.ranks[at]
        near = sorted(fits, key=lambda i: abs(self.entries[i].strike - strike))[:NEAREST]
        alike = [i for i in fits if i not in near and min(abs(self.ranks[i][0] - rank) for rank in own) == 0]
        return near + alike


def _part(row: Structure, rank: int, places: tuple[int, ...], entries: list[Entry]) -> Part:
    reach, gap = 0, 0
    if len(places) > 1:
        for right in ("C", "P"):
            strikes = [entries[i].strike for i in places if entries[i].leg.right == right]
            reach += round(100 * (max(strikes) - min(strikes))) ** 2 if len(strikes) > 1 else 0
    if row.spans_expiries:
        days = [entries[i].slot[0] for i in places if entries[i].slot != STOCK]
        gap = (max(days) - min(days)).days
    ratios, once, each = _figures(row, rank)
    return Part(row, places, ratios, once, each + reach * REACH + gap * DAYS)


@cache
def _figures(row: Structure, rank: int) -> tuple[tuple[int, ...], int, int]:
    """Ratios, and what the row costs once and each time whatever its strikes and days."""
    once = price(0, 0, 1, row.spans_expiries, _unequal(row), 0, 0, 0, rank)
    return tuple(leg.ratio for leg in row.legs), once, price(*uncovered(row), 0, 0, 0, 1, 0, 0, 0)


def uncovered(row: Structure) -> tuple[int, int]:
    """Calls and puts sold in one structure beyond those bought that live as long, and beyond the stock for calls."""
    last = "far" if any(leg.slot == "far" and leg.ratio < 0 for leg in row.legs) else "near"
    held = [leg for leg in row.legs if leg.ratio < 0 or leg.kind == "stock" or last == "near" or leg.slot == "far"]
    sums = {kind: sum(leg.ratio for leg in held if leg.kind == kind) for kind in ("C", "P", "stock")}
    return max(-sums["C"] - max(sums["stock"], 0), 0), max(-sums["P"], 0)


def _unequal(row: Structure) -> bool:
    ratios = [leg.ratio for leg in row.legs if leg.kind != "stock"]
    return sum(ratios) != 0 and max(map(abs, ratios), default=1) > 1
