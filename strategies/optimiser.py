"""The best legs of the chosen structures: every expiry and strike the mandate allows, at executable prices."""

import math
from dataclasses import dataclass

from domain.chain import Chain
from domain.leg import Leg, stock_leg
from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.order import Odds, Proposal
from quant.surface import Surface
from strategies.candidates import STOCK, Rows, Shelf, later_shelves, shelves
from strategies.catalogue import structure
from strategies.condors import is_condor, search_condors
from strategies.grading import Grader, Tally
from strategies.odds import odds, profits
from strategies.outcome import compact
from strategies.pricing import executable, liquidity_problems
from strategies.selector import Choice
from strategies.template import Structure


@dataclass(frozen=True, eq=False)
class Finalist:
    """One candidate with its numbers for one contract."""

    row: Structure
    rows: Rows
    objective: float
    worst: float
    expected: float
    deviation: float
    cvar: float
    probability: float


@dataclass(frozen=True, eq=False)
class Search:
    """What the search for one structure found, best first."""

    row: Structure
    tally: Tally
    finalists: tuple[Finalist, ...]


def best_proposal(
    ticker: str,
    rank: int,
    choice: Choice,
    chain: Chain,
    chain_id: str,
    surface: Surface,
    realised_vol: float | None,
    selection: SelectionRules,
    liquidity: LiquidityRules,
    orders: OrderRules,
    most_loss: float = math.inf,
) -> Proposal | tuple[str, ...]:
    """One contract of the structure that does best by ``selection.objective`` after fees, or the reasons for none.

    Only options that pass the liquidity rules are looked at. The outcomes are those of the fitted smile at the
    structure's horizon, stretched by the forecast of volatility and moved by the view. ``realised_vol`` is an annual
    decimal, None if unknown. A structure is returned only if its expected value is positive and its objective reaches
    ``selection.min_reward``; ``most_loss`` leaves out those whose single contract may lose more (account currency).
    """
    if not choice.structures:
        return choice.reasons + choice.refused
    if not (len(chain) and 0 < chain.spot < math.inf):
        return (f"{ticker}: the chain is empty or has no spot price",)
    days = (selection.min_days + selection.max_days) / 2
    view = choice.view.expecting(realised_vol, surface.at_days(days), selection.volatility_shrink)
    offered = shelves(chain, surface, liquidity, selection)
    if not offered:
        return (_nothing_offered(ticker, surface, selection, liquidity),)
    grader = Grader(chain, surface, view, selection, liquidity, orders, most_loss)
    searches = [_search(structure(name), grader, offered) for name in choice.structures]
    return _pick(ticker, rank, chain_id, searches, grader)


def _nothing_offered(ticker: str, surface: Surface, selection: SelectionRules, liquidity: LiquidityRules) -> str:
    days = [smile.years * 365 for smile in surface.slices]
    within = sum(selection.min_days <= day <= selection.max_days for day in days)
    if not within:
        return (
            f"{ticker}: none of {len(days)} fitted expiries is {selection.min_days} to {selection.max_days} days away"
        )
    return (
        f"{ticker}: no option of {within} expiries has a two-sided quote within {liquidity.max_spread:.0%} of mid or "
        f"{liquidity.max_spread_ticks:g} ticks, open interest of {liquidity.min_open_interest} and volume of "
        f"{liquidity.min_volume}"
    )


def _search(row: Structure, grader: Grader, offered: tuple[Shelf, ...]) -> Search:
    tally, found = Tally(), list[Finalist]()
    for near in offered:
        for far in later_shelves(grader.chain, near, offered) if row.spans_expiries else (None,):
            graded, counted = search_condors(grader, row, near) if is_condor(row) else grader.search(row, near, far)
            tally += counted
            x = graded.measures
            numbers = zip(
                graded.rows, graded.objective, graded.worst, x.expected, x.deviation, x.cvar, x.probability, strict=True
            )
            found += [Finalist(row, rows, *(float(number) for number in one)) for rows, *one in numbers]
    best = sorted(found, key=lambda x: -x.objective)[: grader.selection.alternatives]
    return Search(row, tally, tuple(best))


def _pick(ticker: str, rank: int, chain_id: str, searches: list[Search], grader: Grader) -> Proposal | tuple[str, ...]:
    """The best finalist of all structures as a proposal; ties go to the structure the selector ranked first."""
    tops = [search for search in searches if search.finalists]
    search = max(tops, key=lambda x: x.finalists[0].objective, default=None)
    if search is None or not search.finalists[0].objective >= grader.selection.min_reward:
        return tuple(_lost(x, grader, None) for x in searches)
    best, chain = search.finalists[0], grader.chain
    legs = legs_of(best, chain, ticker)
    priced = _priced(legs, grader)
    if isinstance(priced, str):
        return (f"{ticker}: {priced}",)
    limit, numbers, table = priced
    return Proposal(
        ticker=ticker,
        rank=rank,
        strategy=best.row.name,
        legs=legs,
        limit_price=limit,
        odds=numbers,
        chain_id=chain_id,
        quote_time=chain.quote_time,
        outcomes=table,
        reasons=_reasons(search, grader),
        rejected=tuple(_lost(x, grader, best) for x in searches if x is not search),
    )


def _priced(legs: tuple[Leg, ...], grader: Grader) -> tuple[float, Odds, tuple[tuple[float, float], ...]] | str:
    """Limit, odds and outcome table of one contract, as an order of these legs would have them."""
    chain, orders = grader.chain, grader.orders
    refused = liquidity_problems(chain, legs, grader.liquidity)
    prices = executable(chain, legs, orders.concede)
    if refused or isinstance(prices, str):
        return "; ".join(refused) or str(prices)
    terms = (legs, prices.limit, 1, chain, grader.surface, grader.view, orders.fee_per_contract)
    numbers, table = odds(*terms), profits(*terms)
    if isinstance(numbers, str) or isinstance(table, str):
        return numbers if isinstance(numbers, str) else str(table)
    if not numbers.expected_value > 0:
        return f"the chain lists a leg twice: at its first quotes the expected value is {numbers.expected_value:,.2f}"
    return prices.limit, numbers, compact(table[1], table[0].weights)


def legs_of(found: Finalist, chain: Chain, ticker: str) -> tuple[Leg, ...]:
    """The legs of one contract; stock as the shares one option contract stands for."""
    return tuple(
        stock_leg(ticker, leg.ratio * chain.multiplier) if i == STOCK else chain.leg(int(i), leg.ratio)
        for i, leg in zip(found.rows, found.row.legs, strict=True)
    )


def _reasons(search: Search, grader: Grader) -> tuple[str, ...]:
    best, view = search.finalists[0], grader.view
    says = [f"best of {search.tally.built:,} {search.row.plural}: {_numbers(best, grader)}"]
    says += [
        f"{_place(n)} {_strikes(other, grader.chain)}: {_numbers(other, grader)}"
        for n, other in enumerate(search.finalists[1:])
    ]
    says += [
        _funnel(search.tally, grader),
        f"outcomes: volatility at {view.vol_ratio:.2f} of implied, drift {view.direction_sd:+.2f} standard deviations",
        f"when: {best.row.when}",
    ]
    if search.tally.skipped:
        says.append(f"up to {search.tally.skipped:,} more combinations of weaker sides were not put together")
    return tuple(says)


def _place(n: int) -> str:
    return "runner-up" if n == 0 else f"number {n + 2}"


def _funnel(tally: Tally, grader: Grader) -> str:
    """Where the others fell out, in the order of the steps."""
    low, high = grader.selection.net_delta
    lost = [
        (tally.built - tally.affordable, f"may lose more than {grader.most_loss:,.0f} a contract, or nothing"),
        (tally.affordable - tally.within_delta, f"have a delta outside {low:g} to {high:g}"),
        (tally.within_delta - tally.positive, "have no positive expected value after fees"),
        (tally.positive - 1, "come behind"),
    ]
    return (
        "of the others " + ", ".join(f"{count:,} {why}" for count, why in lost if count)
        if tally.built > 1
        else ("there was no other")
    )


def _numbers(found: Finalist, grader: Grader) -> str:
    """The objective first, then the numbers a trader asks for; amounts for one contract."""
    decimals = grader.objective.decimals
    return (
        f"{grader.objective.title} {found.objective:,.{decimals}f} after fees (expected value {found.expected:,.2f}, "
        f"standard deviation {found.deviation:,.0f}, CVaR {found.cvar:,.2f}, worst case {found.worst:,.0f}, "
        f"probability of profit {found.probability:.0%})"
    )


def _strikes(found: Finalist, chain: Chain) -> str:
    rows = [int(i) for i in found.rows if i != STOCK]
    strikes = "/".join(f"{chain.strike[i]:g}" for i in rows)
    expiries = sorted({chain.contract(i).expiry for i in rows})
    return f"{strikes} of {' and '.join(str(day) for day in expiries)}"


def _lost(search: Search, grader: Grader, best: Finalist | None) -> str:
    """Why a structure was not chosen, at the step where it fell out."""
    name, tally, selection = search.row.name, search.tally, grader.selection
    if not tally.built:
        return (
            f"{name}: no liquid strikes within the delta bands and {selection.max_width:.0%} of spot, "
            f"{selection.min_days} to {selection.max_days} days away"
        )
    if not tally.affordable:
        return f"{name}: one contract of each of {tally.built:,} may lose more than {grader.most_loss:,.0f}, or nothing"
    if not tally.within_delta:
        low, high = selection.net_delta
        return f"{name}: none of {tally.affordable:,} has a delta from {low:g} to {high:g}"
    if not search.finalists:
        return f"{name}: none of {tally.within_delta:,} has a positive expected value after fees at executable prices"
    top = search.finalists[0]
    if not top.objective >= selection.min_reward:
        return f"{name}: {_numbers(top, grader)}, {selection.min_reward:g} is asked for"
    ahead = f", behind {best.row.name} with {best.objective:,.{grader.objective.decimals}f}" if best else ""
    return f"{name}: {_numbers(top, grader)}{ahead}"
