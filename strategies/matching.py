"""Whether legs are the structure they are called. A limit on structures must not be dodged by a label."""

from collections.abc import Iterator, Sequence
from datetime import date

from domain.errors import BadInput
from domain.leg import Leg
from strategies.held import any_structure
from strategies.template import SAME, LegTemplate, Structure

Fit = tuple[Leg, ...]  # one leg for each of a row's, in the row's order
WEEKLIES = {"SPXW": "SPX", "NDXP": "NDX", "RUTW": "RUT", "VIXW": "VIX"}  # classes that deliver the same thing


def delivers(root: str) -> str:
    """The class whose underlying a trading class settles into: SPXW options and SPX options cover each other."""
    return WEEKLIES.get(root, root)


def mismatch(name: str, legs: Sequence[Leg]) -> str:
    """Why ``legs`` (those of one structure) are not the row ``name``; empty when they are."""
    try:
        row = any_structure(name)
    except BadInput as unknown:
        return unknown.what
    return misfit(row, legs)


def misfit(row: Structure, legs: Sequence[Leg]) -> str:
    """Why ``legs`` are not the row, whatever order they come in; empty when they are."""
    wrong = _unlike(legs) or _uncounted(row, legs)
    if wrong:
        return f"a {row.title} {wrong}"
    told = [_misplaced(row, fit) for fit in _fits(row, legs)]
    return "" if "" in told else f"a {row.title} {told[0]}"


def _unlike(legs: Sequence[Leg]) -> str:
    """Options that do not deliver the same thing, or twice the same contract: they cannot be told by strikes."""
    options = [leg for leg in legs if leg.is_option]
    if len({leg.multiplier for leg in options}) > 1:
        return "has one multiplier, not several"
    if len({delivers(leg.root) for leg in options}) > 1:
        return "has options of one class, not several"
    if len({(leg.root, leg.expiry) for leg in options}) > len({leg.expiry for leg in options}):
        return "has options of one class in each expiry, not several"
    if len({leg.symbol for leg in legs}) < len(legs):
        return "has each contract once"
    return ""


def _uncounted(row: Structure, legs: Sequence[Leg]) -> str:
    """A leg of the row that no leg can be, by right, contracts and expiry, or legs too many."""
    left, slots = list(legs), _slots(legs)
    if len(slots) > 1 + row.spans_expiries:
        return f"has {'two expiries' if row.spans_expiries else 'one expiry'}, not {len(slots)}"
    for template in row.legs:
        leg = next((leg for leg in left if _is(template, leg, slots, legs)), None)
        if leg is None:
            return f"needs {_words(template)}"
        left.remove(leg)
    return f"has {len(row.legs)} legs, not {len(legs)}" if left else ""


def _slots(legs: Sequence[Leg]) -> list[date]:
    return sorted({leg.expiry for leg in legs if leg.expiry is not None})


def _is(template: LegTemplate, leg: Leg, slots: list[date], legs: Sequence[Leg]) -> bool:
    if not leg.is_option:
        lot = max((other.multiplier for other in legs if other.is_option), default=100)
        return template.kind == "stock" and leg.contracts == template.ratio * lot
    in_slot = (leg.expiry == slots[0]) == (template.slot == "near")
    return template.kind == leg.right and leg.contracts == template.ratio and in_slot


def _fits(row: Structure, legs: Sequence[Leg]) -> Iterator[Fit]:
    """Every way to give each of the row's legs one of ``legs`` by right, contracts and expiry."""
    slots = _slots(legs)

    def extend(fit: Fit) -> Iterator[Fit]:
        if len(fit) == len(row.legs):
            yield fit
            return
        for leg in legs:
            if leg not in fit and _is(row.legs[len(fit)], leg, slots, legs):
                yield from extend((*fit, leg))

    yield from extend(())


def _misplaced(row: Structure, fit: Fit) -> str:
    """The first strike that stands in the wrong place; empty when all stand right."""
    strikes = [leg.strike or 0.0 for leg in fit]
    for i, template in enumerate(row.legs):
        if template.to is None:
            continue
        other = None if template.pair is None else strikes[template.pair]
        if not template.holds(strikes[i], strikes[template.to], other):
            return _says(template, strikes[i], strikes[template.to], other)
    anchors = [(template.kind, strikes[i]) for i, template in enumerate(row.legs) if template.is_anchor]
    put, call = (
        max((k for right, k in anchors if right == "P"), default=0.0),
        [k for right, k in anchors if right == "C"],
    )
    if call and put and not min(call) - put >= SAME:
        return f"has a put that lies below the call, not {put:g} and {min(call):g}"
    return ""


def _says(template: LegTemplate, strike: float, reference: float, other: float | None) -> str:
    leg = f"the {'call' if template.kind == 'C' else 'put'} it {'buys' if template.ratio > 0 else 'sells'}"
    if template.place == "same":
        return f"has legs that share one strike, not {reference:g} and {strike:g}"
    if template.place in ("out", "in"):
        where = "further out of the money" if template.place == "out" else "further in the money"
        return f"has {leg} {where} than {reference:g}, not at {strike:g}"
    far = "as far from" if template.place == "mirror" else "farther from"
    return (
        f"has {leg} {far} {reference:g} {'as' if template.place == 'mirror' else 'than'} {other:g}, not at {strike:g}"
    )


def _words(template: LegTemplate) -> str:
    if template.kind == "stock":
        return f"{'a lot' if abs(template.ratio) == 1 else f'{abs(template.ratio)} lots'} of stock " + (
            "bought" if template.ratio > 0 else "sold"
        )
    right = "call" if template.kind == "C" else "put"
    return f"{abs(template.ratio)} {template.slot} {right} {'bought' if template.ratio > 0 else 'sold'}"
