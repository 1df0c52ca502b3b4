"""The best legs of the chosen structures: every expiry and strike the mandate allows, at executable prices."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np

from domain.chain import Chain
from domain.leg import Leg, stock_leg
from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.order import Odds, Proposal
from quant.surface import Surface
from strategies.candidates import STOCK, Rows, Shelf, combinations, later_shelves, shelves
from strategies.catalogue import structure
from strategies.grading import SIDE, Bench, Grader, Tally
from strategies.odds import odds, profits
from strategies.outcome import compact
from strategies.pricing import executable, liquidity_problems
from strategies.selector import Choice
from strategies.template import Structure
from strategies.view import View

SHOWN = 2  # finalists kept of each structure and expiry: the best and its runner-up


@dataclass(frozen=True, eq=False)
class Finalist:
    """One candidate with its numbers for one contract."""

    row: Structure
    rows: Rows
    objective: float
    expected: float
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
    """One contract of the structure with the most expected value over CVaR after fees, or the reasons for none.

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
            bench = Bench.of(grader.chain, grader.view, near, far)
            thin = partial(grader.thin, bench)
            rows = combinations(row, near, far, grader.chain.spot, grader.selection, thin)
            graded, counted = grader.grade(bench, rows, row.legs)
            tally += counted
            best = np.argsort(-graded.objective, kind="stable")[:SHOWN]
            numbers = (graded.objective, graded.expected, graded.cvar, graded.probability)
            found += [Finalist(row, graded.rows[i], *(float(x[i]) for x in numbers)) for i in best]
    return Search(row, tally, tuple(sorted(found, key=lambda x: -x.objective)))


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
        reasons=_reasons(search, chain, grader.view),
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


def _reasons(search: Search, chain: Chain, view: View) -> tuple[str, ...]:
    best, tally = search.finalists[0], search.tally
    says = [
        f"best of {tally.built:,} {search.row.plural}: {_numbers(best)}",
        f"outcomes: volatility at {view.vol_ratio:.2f} of implied, drift {view.direction_sd:+.2f} standard deviations",
        f"when: {best.row.when}",
    ]
    if len(search.finalists) > 1:
        second = search.finalists[1]
        says.insert(1, f"runner-up {_strikes(second, chain)}: {_numbers(second)}")
    if sum(len(group) > 1 for group in best.row.groups) > 1:
        says.append(f"only the {SIDE} best spreads a side and expiry were combined")
    return tuple(says)


def _numbers(found: Finalist) -> str:
    return (
        f"expected value {found.expected:,.2f} over CVaR {found.cvar:,.2f} = {found.objective:.3f} after fees, "
        f"probability of profit {found.probability:.0%}"
    )


def _strikes(found: Finalist, chain: Chain) -> str:
    rows = [int(i) for i in found.rows if i != STOCK]
    strikes = "/".join(f"{chain.strike[i]:g}" for i in rows)
    return f"{strikes} of {chain.contract(rows[0]).expiry}"


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
    if not search.finalists:
        return f"{name}: none of {tally.affordable:,} has a positive expected value after fees at executable prices"
    top = search.finalists[0]
    if not top.objective >= selection.min_reward:
        return f"{name}: {_numbers(top)}, {selection.min_reward:g} is asked for"
    return f"{name}: {_numbers(top)}" + (f", behind {best.row.name} with {best.objective:.3f}" if best else "")
