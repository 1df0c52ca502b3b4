"""Limits the person sets in the mandate, one small function each. Shares are of NLV; whatever is unknown refuses."""

import math

from domain.order import Check
from domain.session import NEW_YORK
from risk.facts import Facts, total
from risk.verdict import at_most, finite, money, number, over, percent, without


def regime_known(facts: Facts) -> Check:
    """Without a regime there are no limits, so there are no orders."""
    name = facts.regime.name
    unknown = () if facts.row else (facts.regime.reason if name is None else f"the mandate has no limits for {name}",)
    return without("regime_known", "portfolio", unknown, f"the regime is {name}")


def structure_allowed(facts: Facts) -> Check:
    """The regime's row lists what may be opened, and the legs are what they are called."""
    strategy, name = facts.the_order.ticket.strategy, facts.regime.name or "an unknown regime"
    allowed = facts.row.structures if facts.row else ()
    objections = [] if strategy in allowed else [f"{strategy} may not be opened in {name}"]
    objections += [why for why in (facts.the_order.structure,) if why]
    return without("structure_allowed", facts.scope, tuple(objections), f"{strategy} may be opened in {name}")


def var_budget(facts: Facts) -> Check:
    """One-day 95 % losses of positions, promises and the order, added up without diversification."""
    own = (facts.order.day_risk,) if facts.order else ()
    risk = total(*(holding.day_risk for holding in facts.holdings), *own)
    share = over(risk, number(facts.book.nlv))
    limit = number(facts.row.var_budget) if facts.row else math.nan
    reason = f"one-day risk of {money(risk)} is {percent(share)} of NLV, budget {percent(limit)}"
    return at_most("var_budget", facts.scope, share, limit, reason)


def strategy_concentration(facts: Facts) -> Check:
    """The worst case of everything of the order's structure."""
    order = facts.the_order
    strategy = order.ticket.strategy
    worst = total(order.worst, *(h.max_loss for h in facts.holdings if h.strategy == strategy))
    share = over(worst, number(facts.book.nlv))
    limit = number(facts.row.strategy) if facts.row else math.nan
    reason = f"worst case {money(worst)} in {strategy} is {percent(share)} of NLV, limit {percent(limit)}"
    return at_most("strategy_concentration", facts.scope, share, limit, reason)


def short_line(facts: Facts) -> Check:
    """The worst case of one structure that sells options; others are not concerned."""
    order = facts.the_order
    worst = total(order.worst) if order.sells_options else 0.0
    share, limit = over(worst, number(facts.book.nlv)), number(facts.limits.short_line)
    says = f"worst case {money(worst)} of a line that sells options is {percent(share)} of NLV, limit {percent(limit)}"
    reason = says if order.sells_options else "the order sells no options"
    return at_most("short_line", facts.scope, share, limit, reason)


def correlated_positions(facts: Facts) -> Check:
    """How many positions and promises move together with the order's underlying, the order itself included.

    Correlation counts in either direction, and a pair whose correlation is not known counts as correlated.
    """
    ticker, threshold = facts.the_order.ticket.ticker, number(facts.limits.correlation)
    together = [h.ticker for h in facts.holdings if not abs(_correlation(facts, ticker, h.ticker)) < threshold <= 1]
    limit = number(facts.limits.correlated_positions)
    with_whom = f" with {', '.join(sorted(set(together)))}" if together else ""
    n = len(together) + 1
    reason = f"{n} position{'s' * (n > 1)} would move together{with_whom}, limit {limit:g}"
    return at_most("correlated_positions", facts.scope, len(together) + 1, limit, reason)


def _correlation(facts: Facts, one: str, other: str) -> float:
    if one == other:
        return 1.0
    return facts.book.correlations.get("|".join(sorted((one, other))), math.nan)


def earnings_proximity(facts: Facts) -> Check:
    """Options may not be sold across earnings that are this close; an unknown date refuses them."""
    order, limit = facts.the_order, number(facts.limits.earnings_days)
    ticker, days = order.ticket.ticker, order.earnings_in
    shorts = [leg.expiry for leg in order.ticket.legs if leg.expiry and leg.contracts < 0]
    if not shorts:
        return without("earnings_proximity", facts.scope, (), "the order sells no options")
    if not order.earnings_known or (days is not None and not days >= 0):
        objection = f"the next earnings of {ticker} are not known, options may not be sold across them"
        return without("earnings_proximity", facts.scope, (objection,))
    if days is None:
        return without("earnings_proximity", facts.scope, (), f"no earnings of {ticker} are ahead")
    alive = (max(shorts) - facts.now.astimezone(NEW_YORK).date()).days
    reason = f"earnings of {ticker} are {days} days ahead, options sold live {alive}; {limit:g} days or less refuse"
    return Check("earnings_proximity", facts.scope, days, finite(limit), days > limit or days > alive, reason)


def order_rate(facts: Facts) -> Check:
    """Orders sent in the last minute, this one included."""
    count, limit = facts.book.orders_last_minute + 1, number(facts.orders.max_orders_per_minute)
    reason = f"order number {count} within a minute, limit {limit:g}"
    return at_most("order_rate", facts.scope, count, limit, reason)
