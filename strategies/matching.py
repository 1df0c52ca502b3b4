"""Whether legs are the structure they are called. A limit on structures must not be dodged by a label."""

from collections.abc import Sequence
from datetime import date

from domain.leg import Leg
from strategies.catalogue import STRUCTURES, LegTemplate


def mismatch(name: str, legs: Sequence[Leg]) -> str:
    """Why ``legs`` (those of one structure) are not the catalogue's row ``name``; empty when they are."""
    row = next((row for row in STRUCTURES if row.name == name), None)
    if row is None:
        return f"{name} is not in the catalogue"
    left, found = list(legs), list[tuple[LegTemplate, Leg]]()
    for template in row.legs:
        leg = next((leg for leg in left if _is(template, leg, legs)), None)
        if leg is None:
            return f"a {row.title} needs {_words(template)}"
        left.remove(leg)
        found.append((template, leg))
    if left:
        return f"a {row.title} has {len(row.legs)} legs, not {len(legs)}"
    return _misplaced(row.title, found)


def _is(template: LegTemplate, leg: Leg, legs: Sequence[Leg]) -> bool:
    if not leg.is_option:
        lot = max((other.multiplier for other in legs), default=1)
        return template.kind == "stock" and leg.contracts == template.ratio * lot
    near = min(other.expiry for other in legs if other.expiry is not None)
    in_slot = (leg.expiry == near) == (template.slot == "near")
    return template.kind == leg.right and leg.contracts == template.ratio and in_slot


def _misplaced(title: str, found: list[tuple[LegTemplate, Leg]]) -> str:
    """Strikes and expiries that stand in the wrong order."""
    strikes = {(t.kind, t.band, t.slot): leg.strike or 0.0 for t, leg in found if leg.is_option}
    for (kind, band, slot), strike in strikes.items():
        anchor = next(
            (k for (right, other, s), k in strikes.items() if (right, s) == (kind, slot) and other != "wing"), 0.0
        )
        if band == "wing" and not (strike < anchor if kind == "P" else strike > anchor):
            return f"the wing of a {title} lies further out of the money than {anchor:g}, not at {strike:g}"
    middles = {leg.strike for t, leg in found if t.band == "atm"}
    if len(middles) > 1:
        return f"the legs of a {title} share one strike"
    puts = [leg.strike or 0.0 for t, leg in found if t.kind == "P" and t.band == "short"]
    calls = [leg.strike or 0.0 for t, leg in found if t.kind == "C" and t.band == "short"]
    if puts and calls and not max(puts) < min(calls):
        return f"the put a {title} sells lies below the call it sells"
    ends: set[date | None] = {leg.expiry for t, leg in found if t.slot == "far"}
    return f"the far legs of a {title} end on one day" if len(ends) > 1 else ""


def _words(template: LegTemplate) -> str:
    side = "bought" if template.ratio > 0 else "sold"
    kind = {"C": "call", "P": "put", "stock": "lot of stock"}[template.kind]
    return f"{abs(template.ratio)} {template.slot} {kind} {side}" if template.kind != "stock" else f"a {kind} {side}"
