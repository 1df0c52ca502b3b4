"""Every rule on one concrete order: the same function at staging, at the recheck and before the order is sent."""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.book import Book
from domain.mandate import Mandate
from domain.order import Check, Ticket
from domain.payoff import tied_up, worst_loss
from domain.regime import Regime
from execution.view import MarketView
from quant.indicators import correlation
from risk.day_risk import day_risk
from risk.facts import Facts, OrderFacts, Stage, reduces_risk
from risk.gate import check_order, refusals
from risk.hard import ORDER_CONTRACTS
from strategies.matching import mismatch
from strategies.pricing import executable, liquidity_problems

AUTOMATIC = "auto"  # who decided an order when nobody did


@dataclass(frozen=True)
class Vetted:
    """``day_risk`` is the order's one-day 95 % loss in account currency, None unknown."""

    checks: tuple[Check, ...]
    day_risk: float | None

    @property
    def refusals(self) -> tuple[str, ...]:
        return tuple(check.reason for check in refusals(self.checks))


def vet(
    ticket: Ticket,
    view: MarketView,
    book: Book,
    regime: Regime,
    mandate: Mandate,
    now: datetime,
    stage: Stage,
    person: str | None = None,
    by_hand: bool = False,
) -> Vetted:
    """All checks on the order. ``person`` is who approved it (``AUTOMATIC`` when nobody did), None while staging;
    ``by_hand``: it was staged by a person and waits for one whatever the mandate."""
    chain, closing = view.chain, reduces_risk(ticket, book)
    risk = None
    if closing:
        risk = 0.0
    elif chain is not None:
        risk = day_risk(ticket.legs, chain.spot, view.surface, chain.quote_time)
    worst = 0.0 if closing else worst_loss(ticket.legs, ticket.cash)
    units = [replace(leg, contracts=leg.contracts // ticket.contracts) for leg in ticket.legs]
    prices = executable(chain, units, 1.0) if chain is not None else view.problem
    order = OrderFacts(
        ticket=ticket,
        sector=view.context.sector,
        max_loss=worst,
        margin=0.0 if closing else tied_up(ticket.legs, ticket.cash),
        day_risk=risk,
        quote_time=chain.quote_time if chain else None,
        session=chain.session if chain else None,
        cadence=chain.cadence if chain else None,
        tick=None if isinstance(prices, str) else prices.tick,
        stage=stage,
        needs_person=by_hand or needs_person(ticket, mandate),
        structure=mismatch(ticket.strategy, units),
        person=None if person == AUTOMATIC else person,
        liquidity=liquidity_problems(chain, ticket.legs, mandate.liquidity) if chain else (view.problem,),
        earnings_known=view.context.earnings_known,
        earnings_in=view.context.days_to_earnings(now),
    )
    return Vetted(check_order(Facts(book, regime, mandate.risk, mandate.orders, now, order)), risk)


def needs_person(ticket: Ticket, mandate: Mandate) -> bool:
    """Whether a person must answer: always without automatic execution, and for more contracts than the hard limit."""
    largest = max((abs(leg.contracts) for leg in ticket.legs if leg.is_option), default=0)
    return not mandate.orders.auto_execute or max(ticket.contracts, largest) > min(
        ORDER_CONTRACTS, mandate.orders.max_contracts
    )


def with_correlations(book: Book, ticker: str, views: dict[str, MarketView]) -> Book:
    """The book, knowing how ``ticker`` moves with every underlying it holds or has promised."""
    own = views[ticker].context.history if ticker in views else None
    known = dict(book.correlations)
    for other in sorted(book.tickers - {ticker}):
        theirs = views[other].context.history if other in views else None
        if own is not None and theirs is not None:
            value = correlation(own.dates, own.close, theirs.dates, theirs.close)
            if value is not None:
                known["|".join(sorted((ticker, other)))] = value
    return replace(book, correlations=known)
