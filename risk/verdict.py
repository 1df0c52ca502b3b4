"""How a rule answers: one Check, finite numbers or None in it, and NaN never passes."""

import math

from domain.order import Check


def at_most(rule: str, scope: str, value: float, limit: float, reason: str) -> Check:
    """Passed when value <= limit, both finite."""
    return _check(rule, scope, value, limit, value <= limit, reason)


def at_least(rule: str, scope: str, value: float, limit: float, reason: str) -> Check:
    """Passed when value >= limit, both finite."""
    return _check(rule, scope, value, limit, value >= limit, reason)


def below(rule: str, scope: str, value: float, limit: float, reason: str) -> Check:
    """Passed when value < limit, both finite."""
    return _check(rule, scope, value, limit, value < limit, reason)


def without(rule: str, scope: str, objections: tuple[str, ...], fine: str = "") -> Check:
    """Passed when there are no objections; the value counts them."""
    return Check(rule, scope, float(len(objections)), 0.0, not objections, "; ".join(objections) or fine)


def _check(rule: str, scope: str, value: float, limit: float, passed: bool, reason: str) -> Check:
    known = math.isfinite(value) and math.isfinite(limit)
    return Check(rule, scope, finite(value), finite(limit), passed and known, reason)


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def number(value: float | None) -> float:
    """The number, NaN for None."""
    return math.nan if value is None else float(value)


def over(amount: float, nlv: float) -> float:
    """Amount as a share of NLV; NaN unless NLV is a positive number."""
    return amount / nlv if 0 < nlv < math.inf else math.nan


def money(amount: float) -> str:
    return f"{amount:,.0f}" if math.isfinite(amount) else "unknown"


def percent(share: float) -> str:
    """Two decimals, more where two would hide on which side of a round limit the share lies.

    >>> percent(0.048215), percent(0.05), percent(0.0500004)
    ('4.82 %', '5 %', '5.00004 %')
    """
    if not math.isfinite(share):
        return "unknown"
    exact = float(f"{share * 100:.6g}")
    short = round(exact, 2)
    return f"{exact if short != exact and short == round(exact) else short:.6g} %"
