"""What the nodes call: the decision itself, step by step. No LangGraph here, so that a backtest runs the same code."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from agents.alpha import score_watchlist, tradable_options
from agents.panel import Evidence, analysts, read_watchlist
from agents.ranker import rank
from domain.book import Book, Promise
from domain.debate import Debate
from domain.leg import price_unit
from domain.mandate import Mandate
from domain.order import Proposal, StagedOrder, Ticket, Veto
from domain.payoff import tied_up
from domain.run import Allowance, Opening, Ranking, Selection, SizedProposal, Sizing, Vetting
from domain.signal import ROLES, Composite, Reading, Role
from execution.vetting import Vetted, needs_person, vet, with_correlations
from execution.view import MarketView
from graph.desk import Desk
from graph.state import DebateTask, FundState
from quant.realised import yang_zhang
from risk.day_risk import day_risk
from risk.facts import Facts
from risk.gate import check_portfolio
from strategies.optimiser import best_proposal
from strategies.room import room_of
from strategies.selector import choose_structures
from strategies.setting import Setting, setting_of
from strategies.sizer import size

REALISED_DAYS = 30


def view_of(ticker: str, opening: Opening, desk: Desk) -> MarketView:
    return desk.views.of(opening.ref(ticker), opening.rate)


def read(role: Role, opening: Opening, desk: Desk) -> Reading:
    """One analyst over the whole watchlist."""
    request = opening.request

    def evidence() -> Iterator[Evidence]:
        for ticker in request.tickers:
            view = view_of(ticker, opening, desk)
            yield Evidence(ticker, view.chain, view.surface, view.context, request.as_of)

    return read_watchlist(role, evidence(), analysts(desk.mandate.flow)[role])


def readings(state: FundState) -> tuple[Reading, ...]:
    return tuple(state[role] for role in ROLES)


def rank_candidates(state: FundState, desk: Desk) -> Ranking:
    """The best by alpha score; tickers without a usable chain or with a live staged order are passed over."""
    opening = state["opening"]
    blocked = {ref.ticker: ref.problem for ref in opening.snapshots if ref.chain_id is None}
    for ticker in opening.book.staged:
        blocked[ticker] = "an order in it waits for approval"
    mandate, signals = desk.mandate, [signal for reading in readings(state) for signal in reading.signals]
    tradable = {
        ticker: tradable_options(view_of(ticker, opening, desk).chain, mandate.selection, mandate.liquidity)
        for ticker in opening.request.tickers
    }
    alphas = score_watchlist(state["composites"], signals, tradable, mandate.cycle.alpha)
    candidates, vetoes = rank(state["composites"], alphas, mandate.cycle, blocked)
    return Ranking(candidates, vetoes)


def debate_tasks(state: FundState) -> list[DebateTask]:
    signals = [signal for reading in readings(state) for signal in reading.signals]
    composites = {composite.ticker: composite for composite in state["composites"]}
    return [
        DebateTask(
            request=state["request"],
            candidate=candidate,
            composite=composites[candidate.ticker],
            signals=[signal for signal in signals if signal.ticker == candidate.ticker],
        )
        for candidate in state["ranking"].candidates
    ]


def check_risk(opening: Opening, desk: Desk) -> Allowance:
    """Whether anything new is allowed now, and which structures the regime allows."""
    facts = Facts(opening.book, opening.regime, desk.mandate.risk, desk.mandate.orders, opening.request.as_of)
    return Allowance(check_portfolio(facts), facts.row.structures if facts.row else ())


def select_strategies(state: FundState, desk: Desk) -> Selection:
    """One structure a debated candidate, its legs optimised, or the reasons for none."""
    proposals: list[Proposal] = []
    vetoes: list[Veto] = []
    debates = {debate.ticker: debate for debate in state.get("debates", [])}
    composites = {composite.ticker: composite for composite in state["composites"]}
    for candidate in state["ranking"].candidates:
        ticker = candidate.ticker
        found = _propose(ticker, candidate.rank, debates[ticker], composites[ticker], state, desk)
        if isinstance(found, Proposal):
            proposals.append(found)
        else:
            vetoes.append(found)
    return Selection(tuple(proposals), tuple(vetoes))


def _propose(
    ticker: str, place: int, debate: Debate, composite: Composite, state: FundState, desk: Desk
) -> Proposal | Veto:
    opening, mandate, allowance = state["opening"], desk.mandate, state["allowance"]
    if debate.verdict == "inconclusive" and debate.conflicted:
        return Veto(ticker, "debate", ("inconclusive: both sides have a case",))
    if allowance.refusals:
        return Veto(ticker, "check_risk", allowance.refusals)
    view = view_of(ticker, opening, desk)
    choice = choose_structures(
        debate, composite, opening.regime, allowance.structures, mandate.cycle, mandate.selection, mandate.selector,
        _setting(view, opening, mandate),
    )  # fmt: skip
    if not choice.structures or view.chain is None or view.surface is None:
        refused = tuple(reason for reason in choice.refused if choice.reasons[0] not in reason)
        reasons = (*choice.reasons, *refused, *((view.problem,) if view.problem else ()))
        return Veto(ticker, "select_strategies", reasons)
    found = best_proposal(
        ticker, place, choice, view.chain, view.chain_id, view.surface, realised(view), mandate.selection,
        mandate.liquidity, mandate.orders, largest_loss(view, opening, mandate),
    )  # fmt: skip
    if not isinstance(found, Proposal):
        return Veto(ticker, "select_strategies", found)
    return replace(found, reasons=(*found.reasons, *choice.why(found.strategy)))


def _setting(view: MarketView, opening: Opening, mandate: Mandate) -> Setting:
    context = view.context
    ahead = context.days_to_earnings(opening.request.as_of)
    return setting_of(view.surface, context.earnings_known, ahead, mandate.selector, mandate.selection)


def largest_loss(view: MarketView, opening: Opening, mandate: Mandate) -> float:
    """The worst case one contract in the ticker may have before any sizing; 0 where a budget is unknown."""
    if opening.regime.name is None:
        return 0.0
    limits = mandate.risk.regimes[opening.regime.name]
    left = room_of(opening.book, limits, mandate.risk, {view.ticker: view.context.sector}).most_loss(view.ticker)
    return max(left, 0.0) if left == left else 0.0


def realised(view: MarketView) -> float | None:
    """Yang-Zhang volatility of the last 30 sessions (annual decimal), None where the history is too short."""
    history = view.context.history
    if history is None:
        return None
    value = yang_zhang(history.open, history.high, history.low, history.close, REALISED_DAYS)
    return value if value > 0 else None


def size_trades(state: FundState, desk: Desk) -> Sizing:
    """Whole contracts in rank order; each size leaves less room for the next."""
    opening, mandate = state["opening"], desk.mandate
    name, book = opening.regime.name, opening.book
    limits = mandate.risk.regimes[name] if name else None
    sized: list[SizedProposal] = []
    vetoes: list[Veto] = []
    if limits is None:
        return Sizing((), tuple(Veto(p.ticker, "size_trades", (opening.regime.reason,)) for p in _ranked(state)))
    sectors = {p.ticker: view_of(p.ticker, opening, desk).context.sector for p in _ranked(state)}
    room = room_of(book, limits, mandate.risk, sectors)
    for proposal in _ranked(state):
        if len(sized) >= mandate.cycle.max_orders:
            vetoes.append(Veto(proposal.ticker, "size_trades", (f"{mandate.cycle.max_orders} orders a cycle",)))
            continue
        view = view_of(proposal.ticker, opening, desk)
        spot = view.chain.spot if view.chain else 0.0
        risk = day_risk(proposal.legs, spot, view.surface, proposal.quote_time)
        margin = tied_up(proposal.legs, proposal.limit_price * price_unit(proposal.legs))
        answer = size(
            proposal, book.nlv, limits, mandate.risk, mandate.orders, mandate.selection, room, day_risk=risk,
            margin=margin,
        )  # fmt: skip
        if answer.contracts < 1:
            vetoes.append(Veto(proposal.ticker, "size_trades", answer.reasons))
            continue
        room = room.after(proposal, answer.contracts, day_risk=risk, margin=margin)
        sized.append(SizedProposal(proposal, answer.contracts, answer.reasons))
    return Sizing(tuple(sized), tuple(vetoes))


def _ranked(state: FundState) -> tuple[Proposal, ...]:
    return tuple(sorted(state["selection"].proposals, key=lambda proposal: proposal.rank))


def check_orders(state: FundState, desk: Desk) -> Vetting:
    """Every rule on every concrete order, in rank order: an order that passes is in the next one's book."""
    opening = state["opening"]
    book = opening.book
    orders: list[StagedOrder] = []
    vetoes: list[Veto] = []
    checks = list(state["allowance"].checks)
    for sized in state["sizing"].sized:
        ticket = ticket_of(sized, opening, desk.mandate)
        view = view_of(ticket.ticker, opening, desk)
        vetted = check_one(ticket, view, book, opening, desk)
        checks.extend(vetted.checks)
        if vetted.refusals:
            vetoes.append(Veto(ticket.ticker, "check_orders", vetted.refusals))
            continue
        order = staged(sized, ticket, vetted, view, opening, needs_person(ticket, desk.mandate))
        orders.append(order)
        book = promised(book, order)
    return Vetting(tuple(orders), tuple(checks), tuple(vetoes))


def check_one(ticket: Ticket, view: MarketView, book: Book, opening: Opening, desk: Desk) -> Vetted:
    known = {ref.ticker for ref in opening.snapshots}
    views = {ticker: view_of(ticker, opening, desk) for ticker in (book.tickers & known) | {ticket.ticker}}
    seen = with_correlations(book, ticket.ticker, views)
    return vet(ticket, view, seen, opening.regime, desk.mandate, opening.request.as_of, "stage")


def ticket_of(sized: SizedProposal, opening: Opening, mandate: Mandate) -> Ticket:
    """The exact order; its id comes from the run and the rank, so a node that runs again makes the same one."""
    proposal, request = sized.proposal, opening.request
    return Ticket(
        order_id=f"{request.run_id}-{proposal.rank}",
        account_id=request.account_id,
        ticker=proposal.ticker,
        strategy=proposal.strategy,
        purpose="open",
        legs=tuple(leg.times(sized.contracts) for leg in proposal.legs),
        contracts=sized.contracts,
        limit_price=proposal.limit_price,
        expires_at=request.as_of + timedelta(minutes=mandate.orders.time_to_live_minutes),
    )


def staged(
    sized: SizedProposal, ticket: Ticket, vetted: Vetted, view: MarketView, opening: Opening, by_person: bool
) -> StagedOrder:
    proposal = sized.proposal
    return StagedOrder(
        ticket=ticket,
        hash=ticket.hash,
        odds=proposal.odds.times(sized.contracts),
        checks=vetted.checks,
        chain_id=proposal.chain_id,
        quote_time=proposal.quote_time,
        run_id=opening.request.run_id,
        rank=proposal.rank,
        reasons=(*proposal.reasons, *sized.reasons),
        sector=view.context.sector,
        day_risk=vetted.day_risk,
        needs_person=by_person,
    )


def promised(book: Book, order: StagedOrder) -> Book:
    """The book as it will be if the order is approved and filled at its limit."""
    promise = Promise(
        order.ticket.order_id, order.ticket.ticker, order.sector, order.ticket.strategy, order.odds.max_loss,
        order.margin, order.day_risk, order.ticket.cash,
    )  # fmt: skip
    return replace(book, promises=(*book.promises, promise))
