"""Raw legs, as a broker tells them, grouped into the named structures that explain them best.

Every contract ends in exactly one group, so that the groups add up to the book. Best means, in this order:

1. the fewest calls sold that nothing covers, then puts: cover is given its due before anything else;
2. the fewest groups;
3. the fewest groups over two expiries, then of unequal ratio;
4. the fewest structures in all: an iron condor and a put spread before two put spreads and a call spread;
5. the narrowest calls and puts (squares, so that equal widths win), then the nearest expiries;
6. rows the fund may trade before mere names, in the catalogue's order.

The search is exhaustive for a small book of one underlying (a test compares it with every grouping there is). In a
large one, rows of three and more legs try only the nearest partners of a leg and those of its rank, counts above four
are taken in steps that use a leg up, and after ``STEPS`` tries the best found stands. Every one of these depends on the
book alone, never on the order of its legs or on the clock.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.leg import Leg
from domain.payoff import Risk, risk_kind, worst_loss
from strategies.held import any_structure
from strategies.matching import delivers
from strategies.parts import STOCK, Entry, Part, parts, price, uncovered

LOT = 100
STEPS = 6_000
TOGETHER = 150  # contracts of one class; where there are more, every expiry is explained by itself
UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Tagged:
    """``contracts`` times one structure; ``legs`` are those of the whole group, in the row's order.

    ``why`` says what is left open: options that nothing covers, shares short of a lot; empty when there is nothing.
    """

    name: str
    title: str
    contracts: int
    legs: tuple[Leg, ...]
    risk: Risk
    why: str = ""


def tag(legs: Sequence[Leg], free_cash: float | None = None) -> tuple[Tagged, ...]:
    """The groups of a book, by underlying and expiry. ``legs`` may name a contract more than once.

    A put sold on its own is a cash-secured put as far as ``free_cash`` pays its strike, the cheapest first; unknown
    cash (None, NaN) secures nothing.
    """
    classes: dict[tuple[str, int], list[Leg]] = defaultdict(list)
    for leg in _netted(legs):
        if leg.is_option:
            classes[delivers(leg.root), leg.multiplier].append(leg)
    odd: list[Tagged] = []
    for leg in _netted(legs):
        if not leg.is_option:
            lot = _lot(leg.symbol, list(classes))
            whole = int(leg.units / lot) * lot
            if whole:
                classes[leg.symbol, lot].append(replace(leg, contracts=whole))
            odd += [_odd(replace(leg, contracts=leg.units - whole), lot)] if whole != leg.units else []
    groups = [group for key in sorted(classes) for group in _explain(classes[key], key[1])]
    return tuple(_secured([*groups, *odd], 0.0 if free_cash is None else free_cash))


def _netted(legs: Iterable[Leg]) -> list[Leg]:
    """One leg a contract, in the order of symbols; what nets to nothing is not held."""
    net: dict[tuple[str, int], Leg] = {}
    for leg in legs:
        key = leg.symbol, leg.multiplier
        net[key] = replace(leg, contracts=leg.contracts + (net[key].contracts if key in net else 0))
    return [net[key] for key in sorted(net) if net[key].contracts]


def _lot(ticker: str, classes: list[tuple[str, int]]) -> int:
    """Shares that one contract on the stock delivers."""
    lots = [multiplier for root, multiplier in classes if root == ticker]
    return LOT if LOT in lots or not lots else min(lots)


def _odd(leg: Leg, lot: int) -> Tagged:
    why = f"{abs(leg.units)} shares are less than the {lot} of one contract"
    return Tagged(UNEXPLAINED, "odd lot", 1, (leg,), risk_kind([leg]), why)


def _explain(legs: list[Leg], lot: int) -> list[Tagged]:
    """The best groups of one class of options and its stock."""
    if len(legs) > TOGETHER and len({leg.expiry for leg in legs} - {None}) > 1:
        first = min(leg.expiry for leg in legs if leg.expiry is not None)
        now = [leg for leg in legs if leg.expiry in (None, first)]
        return _explain(now, lot) + _explain([leg for leg in legs if leg not in now], lot)
    entries = sorted((_entry(leg, lot) for leg in legs), key=lambda e: (e.slot, e.leg.right or "", e.strike))
    scale = math.gcd(*(entry.count for entry in entries))
    small = [replace(entry, count=entry.count // scale) for entry in entries]
    search = _Search(small, parts(small))
    search.run()
    found = [_group(part, n * scale, entries) for part, n in search.best]
    return sorted(found, key=lambda group: [(leg.expiry or date.min, leg.symbol) for leg in group.legs])


def _entry(leg: Leg, lot: int) -> Entry:
    if leg.expiry is None:
        return Entry(leg, leg.units // lot, STOCK, 0.0)
    return Entry(leg, leg.contracts, (leg.expiry, leg.root), leg.strike or 0.0)


def _group(part: Part, n: int, entries: list[Entry]) -> Tagged:
    legs = tuple(_share(entries[i], ratio * n) for i, ratio in zip(part.places, part.ratios, strict=True))
    calls, puts = uncovered(part.row)
    bare = [f"{_count(n * each, kind)} sold" for each, kind in ((calls, "call"), (puts, "put")) if each]
    why = f"nothing bought or held covers {' and '.join(bare)}" if bare else ""
    return Tagged(part.row.name, part.row.title, n, legs, risk_kind(legs), why)


def _share(entry: Entry, count: int) -> Leg:
    return replace(entry.leg, contracts=entry.leg.contracts // entry.count * count)


def _secured(groups: list[Tagged], cash: float) -> list[Tagged]:
    """Puts sold alone that the cash pays for, the cheapest first, under their tradable name."""
    found: dict[int, list[Tagged]] = {i: [group] for i, group in enumerate(groups)}
    bare = [i for i, group in enumerate(groups) if group.name == "short_put"]
    for i in sorted(bare, key=lambda i: (_need(groups[i]), groups[i].legs[0].symbol)):
        group, each = groups[i], _need(groups[i])
        paid = sum(each * (n + 1) <= cash for n in range(group.contracts))
        cash -= paid * each
        found[i] = [*_puts(group, paid, "cash_secured_put"), *_puts(group, group.contracts - paid, "short_put")]
    return [part for i in found for part in found[i]]


def _need(group: Tagged) -> float:
    """Cash that secures one structure."""
    return worst_loss(group.legs, 0.0) / group.contracts


def _puts(group: Tagged, n: int, name: str) -> list[Tagged]:
    """``n`` of the group's puts under that name; nothing for none."""
    legs = tuple(replace(leg, contracts=leg.contracts // group.contracts * n) for leg in group.legs)
    why = "" if name == "cash_secured_put" else f"nothing bought or held covers {_count(n, 'put')} sold"
    row = any_structure(name)
    return [Tagged(row.name, row.title, n, legs, group.risk, why)] if n else []


def _count(n: int, kind: str) -> str:
    return f"{n} {kind}{'s' * (n > 1)}"


class _Search:
    """Depth first: the first contract not yet explained goes into each part it may lead, the cheapest share first.

    A branch ends where even the cheapest shares of what is left cost more than the best book found, or where more
    options would stay uncovered than the book as a whole has to leave.
    """

    def __init__(self, entries: list[Entry], buckets: list[list[Part]]) -> None:
        self.entries, self.buckets = entries, buckets
        self.best: list[tuple[Part, int]] = []
        self._cost: int | None = None
        self._seen: dict[tuple[int, ...], int] = {}
        self._steps = 0
        self._share = [min(p.share for b in buckets for p in b if i in p.places) for i in range(len(entries))]

    def run(self) -> None:
        self._explain([entry.count for entry in self.entries], 0, [])

    def _explain(self, left: list[int], cost: int, chosen: list[tuple[Part, int]]) -> None:
        first = next((i for i, count in enumerate(left) if count), None)
        if first is None:
            if self._cost is None or cost < self._cost:
                self._cost, self.best = cost, chosen
            return
        state = tuple(left)
        if (state in self._seen and self._seen[state] <= cost) or not self._may_win(left, cost):
            return
        self._seen[state] = cost
        for part in self.buckets[first]:
            self._steps += 1
            if self._steps > STEPS and self._cost is not None:
                return
            for n in _counts(part, left):
                rest = left.copy()
                for i, ratio in zip(part.places, part.ratios, strict=True):
                    rest[i] -= n * ratio
                self._explain(rest, cost + part.once + n * part.each, [*chosen, (part, n)])

    def _may_win(self, left: list[int], cost: int) -> bool:
        if self._cost is None:
            return True
        least = sum(share for share, count in zip(self._share, left, strict=True) if count)
        return cost + least < self._cost and cost + self._bare(left) < self._cost

    def _bare(self, left: list[int]) -> int:
        """What stays uncovered whatever is done costs: only options that live as long cover one that is sold."""
        held = [(entry, count) for entry, count in zip(self.entries, left, strict=True) if count]
        stock = sum(count for entry, count in held if entry.slot == STOCK)
        calls, puts = (
            max((-sum(n for e, n in held if e.leg.right == right and e.slot[0] >= end) for end in ends), default=0)
            for right in ("C", "P")
            for ends in [{e.slot[0] for e, n in held if e.leg.right == right and n < 0}]
        )
        return price(max(calls - max(stock, 0), 0), max(puts, 0), 0, 0, 0, 0, 0, 0, 0)


def _counts(part: Part, left: list[int]) -> list[int]:
    """How often the part may be taken, the most first: any number of few, else those that use something up."""
    most = min((left[i] // ratio for i, ratio in zip(part.places, part.ratios, strict=True)), default=0)
    if most <= 4:
        return list(range(most, 0, -1))
    used = {abs(count) for count in left if 0 < abs(count) < most}
    return sorted({most, *used, *(most - count for count in used)}, reverse=True)
