"""Rules about the state of the account and of the order itself: no budget, but nothing is sent without them.

Whether the session is open is no rule: an order approved in a closed market is queued for the next one.
"""

import math

from domain.errors import BadInput
from domain.freshness import quote_age as quote_age_of
from domain.leg import Leg
from domain.option import parse_occ
from domain.order import Check
from domain.session import expiry_moment
from domain.tick import on_tick
from risk.facts import Facts, closed_position, reduces_risk, remainder
from risk.verdict import at_most, money, number, without


def halted(facts: Facts) -> Check:
    """A halt refuses every new order. A person may still reduce risk. A halted agent does not halt the fund."""
    order = facts.order
    halts = tuple(f"halted: {h.reason}" for h in facts.book.halts if not h.scope.startswith("agent:"))
    if halts and order and order.by_person and reduces_risk(order.ticket, facts.book):
        return without("halted", facts.scope, (), f"{'; '.join(halts)}; a person may still reduce risk")
    return without("halted", facts.scope, halts, "no halt")


def reconciled(facts: Facts) -> Check:
    """Our ledger and the venue's must agree, for closing too: against a wrong ledger a close may open."""
    objections = () if facts.book.reconciled else ("the ledger and the venue disagree",)
    return without("reconciled", "portfolio", objections, "the ledger and the venue agree")


def book_known(facts: Facts) -> Check:
    """Every position is marked, NLV is a positive number, cash is known, and the book is not of a later moment."""
    book = facts.book
    objections = list(book.problems)
    if not 0 < number(book.nlv) < math.inf:
        objections.append(f"NLV is {money(number(book.nlv))}")
    if not math.isfinite(number(book.cash)):
        objections.append("cash is unknown")
    if book.as_of > facts.now:
        objections.append(f"the book is of {book.as_of.isoformat()}, later than now")
    return without("book_known", "portfolio", tuple(objections), f"NLV is {money(number(book.nlv))}")


def own_account(facts: Facts) -> Check:
    """The order is for the account whose book is judged."""
    theirs, ours = facts.the_order.ticket.account_id, facts.book.account_id
    objections = () if theirs == ours else (f"the order is for account {theirs}, the book is that of {ours}",)
    return without("own_account", facts.scope, objections, f"account {ours}")


def position_held(facts: Facts) -> Check:
    """An order that closes finds the position as it was: what is gone, or smaller by now, would be opened the other way
    round."""
    ticket = facts.the_order.ticket
    position = closed_position(ticket, facts.book)
    gone = ticket.purpose == "close" and (position is None or remainder(position, ticket) is None)
    objections = (f"{ticket.closes or 'no position'} does not hold what the order closes",) if gone else ()
    return without("position_held", facts.scope, objections, "it closes what is held, or it opens")


def duplicate_ticker(facts: Facts) -> Check:
    """No second proposal while one waits, no second position of the same structure in the same underlying."""
    order = facts.the_order
    ticker, strategy = order.ticket.ticker, order.ticket.strategy
    objections = [f"{ticker} has an order that waits for approval"] * (
        order.stage == "stage" and ticker in facts.book.staged
    )
    objections += [
        f"a {strategy} in {ticker} is held or under way already"
        for holding in facts.holdings
        if (holding.ticker, holding.strategy) == (ticker, strategy)
    ]
    return without("duplicate_ticker", facts.scope, tuple(objections), f"no other {strategy} in {ticker}")


def duplicate_close(facts: Facts) -> Check:
    """No close while another order of the same structure in the same underlying is under way."""
    ticket = facts.the_order.ticket
    objections = tuple(
        f"order {promise.order_id} of the same {ticket.strategy} in {ticket.ticker} is under way"
        for promise in facts.promises
        if (promise.ticker, promise.strategy) == (ticket.ticker, ticket.strategy)
    )
    return without("duplicate_close", facts.scope, objections, "no other order of this position is under way")


def quote_age(facts: Facts) -> Check:
    """End-of-day quotes are fresh until the next session closes; intraday ones age by the minute of trading."""
    order, ticker = facts.the_order, facts.the_order.ticket.ticker
    if order.quote_time is None or order.session is None or order.cadence is None:
        return at_most("quote_age", facts.scope, math.nan, math.nan, f"{ticker} has no quotes")
    limit = number(facts.limits.quote_age_minutes)
    age = quote_age_of(order.quote_time, order.session, order.cadence, facts.now, limit, ticker)
    return at_most("quote_age", facts.scope, age.value, age.limit, age.says)


def liquidity(facts: Facts) -> Check:
    """Every leg can be traded at a fair width; the caller looked at the quotes and gives its reasons."""
    return without("liquidity", facts.scope, facts.the_order.liquidity, "every leg is liquid enough")


def limit_on_tick(facts: Facts) -> Check:
    """The limit price is one the venue accepts."""
    price, tick = facts.the_order.ticket.limit_price, number(facts.the_order.tick)
    if not 0 < tick < math.inf:
        return without("limit_on_tick", facts.scope, ("the price increment is unknown",))
    objections = () if on_tick(price, tick) else (f"the limit {price:g} is not a multiple of {tick:g}",)
    return without("limit_on_tick", facts.scope, objections, f"the limit {price:g} is a multiple of {tick:g}")


def alive(facts: Facts) -> Check:
    """Neither the order nor one of its options is over."""
    ticket = facts.the_order.ticket
    objections = [f"the order expired at {ticket.expires_at.isoformat()}"] * (not ticket.expires_at > facts.now)
    objections += [f"{leg.symbol} is over" for leg in ticket.legs if _is_over(leg, facts)]
    return without("alive", facts.scope, tuple(objections), f"the order lives until {ticket.expires_at.isoformat()}")


def _is_over(leg: Leg, facts: Facts) -> bool:
    if leg.expiry is None:
        return False
    try:
        root = parse_occ(leg.symbol).root
    except BadInput:
        return True
    return not expiry_moment(leg.expiry, root) > facts.now
