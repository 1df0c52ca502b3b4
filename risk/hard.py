"""The six hard limits. Constants in code; a mandate may tighten them, nothing may loosen them.

A limit's share is of NLV. Whatever is not known refuses. The worst cases of positions and promises are added up without
netting, so the sums are upper bounds.
"""

import math

from domain.order import Check
from domain.regime import RegimeName
from risk.facts import Facts, naked_reasons, total
from risk.verdict import at_least, at_most, below, money, number, over, percent, without

DAILY_LOSS = 0.03  # of the previous session's NLV; reached means halted
POSITION: dict[RegimeName, float] = {"low_vol": 0.05, "neutral": 0.05, "high_vol": 0.05, "crisis_mode": 0.02}
SECTOR = 0.15
FREE_MARGIN = 0.20
ORDER_CONTRACTS = 10  # above, a person decides


def daily_loss(facts: Facts) -> Check:
    """NLV against that of the previous session's close. A loss of exactly the limit halts."""
    before, now = number(facts.book.previous_nlv), number(facts.book.nlv)
    loss = over(before - now, before)
    limit = lower(DAILY_LOSS, facts.limits.daily_loss)
    reason = f"NLV {money(now)} against {money(before)} at the previous close is a loss of {percent(loss)}"
    return below("daily_loss", "portfolio", loss, limit, f"{reason}, {percent(limit)} halts")


def position_size(facts: Facts) -> Check:
    """The worst case of everything in the order's underlying, over NLV."""
    order = facts.the_order
    ticker = order.ticket.ticker
    worst = total(order.worst, *(h.max_loss for h in facts.holdings if h.ticker == ticker))
    share, limit = over(worst, number(facts.book.nlv)), position_limit(facts)
    reason = f"worst case {money(worst)} in {ticker} is {percent(share)} of NLV, limit {percent(limit)}"
    return at_most("position_size", facts.scope, share, limit, reason)


def position_limit(facts: Facts) -> float:
    """The share of NLV one underlying may lose in this regime, NaN if the regime is unknown."""
    if facts.regime.name is None or facts.row is None:
        return math.nan
    return lower(POSITION[facts.regime.name], facts.row.position)


def sector_exposure(facts: Facts) -> Check:
    """The worst case of everything in the order's sector, over NLV.

    A holding whose sector is unknown counts in every sector, and an order whose sector is unknown in the fullest one:
    whichever they belong to, the limit holds.
    """
    order, limit = facts.the_order, sector_limit(facts)
    known = {h.sector for h in facts.holdings if not no_sector(h.sector)} or {""}
    candidates = sorted(known) if no_sector(order.sector) else [order.sector]
    worst, sector = max((_in_sector(facts, name), name) for name in candidates)
    share = over(total(order.worst, worst), number(facts.book.nlv))
    name = f"an unknown sector, at worst {sector or 'alone'}" if no_sector(order.sector) else sector
    reason = f"worst case {money(order.worst + worst)} in {name} is {percent(share)} of NLV, limit {percent(limit)}"
    return at_most("sector_exposure", facts.scope, share, limit, reason)


def _in_sector(facts: Facts, sector: str) -> float:
    """Worst cases of the sector's holdings and of those without one; infinite if one of them is unknown."""
    held = total(*(h.max_loss for h in facts.holdings if h.sector.lower() == sector.lower() or no_sector(h.sector)))
    return math.inf if math.isnan(held) else held


def no_sector(sector: str) -> bool:
    """Whether a sector's name says that it is not known: "", "unknown", "unknown:XYZ"."""
    return sector.lower().partition(":")[0].strip() in ("", "unknown")


def sector_limit(facts: Facts) -> float:
    """The share of NLV one sector may lose in this regime, NaN if the regime is unknown."""
    return math.nan if facts.row is None else lower(SECTOR, facts.row.sector)


def free_margin(facts: Facts) -> Check:
    """What is left of NLV after the margin of positions, promises and the order."""
    nlv = number(facts.book.nlv)
    own = (facts.order.margin,) if facts.order else ()
    used = total(facts.book.margin_used, *(promise.margin for promise in facts.promises), *own)
    free, limit = over(nlv - used, nlv), higher(FREE_MARGIN, facts.limits.free_margin)
    reason = f"margin of {money(used)} leaves {percent(free)} of NLV free, at least {percent(limit)} is needed"
    return at_least("free_margin", facts.scope, free, limit, reason)


def order_size(facts: Facts) -> Check:
    """The contracts of the order's largest option leg; above the limit a person decides, never an automatism."""
    order = facts.the_order
    size = max(order.ticket.contracts, *(abs(leg.contracts) for leg in order.ticket.legs if leg.is_option), 0)
    limit = lower(ORDER_CONTRACTS, facts.orders.max_contracts)
    check = at_most("order_size", facts.scope, size, limit, f"{size} contracts, up to {limit:g} without a person")
    if check.passed or not order.by_person or not math.isfinite(limit):
        return check
    decided = f"decided by {order.person}" if order.person else "waits for a person"
    return Check(check.rule, check.scope, check.value, check.limit, True, f"{check.reason}: {decided}")


def naked_short(facts: Facts) -> Check:
    """No short option without a long one, stock or full cash behind it."""
    order = facts.the_order
    reasons = naked_reasons(order.ticket, facts.book)
    return without("naked_short", facts.scope, reasons, "every option sold is covered")


def lower(constant: float, own: float | None) -> float:
    """The tighter of two maxima; NaN if the mandate's is no finite number, so that it refuses."""
    return min(constant, number(own)) if math.isfinite(number(own)) else math.nan


def higher(constant: float, own: float | None) -> float:
    """The tighter of two minima; NaN if the mandate's is no finite number, so that it refuses."""
    return max(constant, number(own)) if math.isfinite(number(own)) else math.nan
