"""Arbitrage in one chain at executable prices: what is bought costs its ask, what is sold brings its bid, every
contract its fee, and the right to exercise early belongs to whoever holds the option.

Bounds, with K1 < K2 < K3, S the spot, D the dividends until expiry, B = exp(-borrowing rate * T), L = exp(-lending
rate * T); for American options L is 1 where assignment may come at once:

    vertical    C(K1) >= C(K2) and C(K1) - C(K2) <= (K2 - K1) L; puts the other way round
    butterfly   C(K2) <= w C(K1) + (1 - w) C(K3), w = (K3 - K2) / (K3 - K1); puts likewise
    calendar    American: the later expiry of a strike costs no less. European: no such bound
    box         long:  C(K1) - C(K2) + P(K2) - P(K1) >= (K2 - K1) B
                short: <= (K2 - K1) L, European only: an American short box can be assigned on both sides in turn
    parity      conversion: C - P <= S - K B. Reversal: C - P >= S - D - K L

(Merton, Theory of rational option pricing, Bell Journal of Economics 4, 1973; Cox and Rubinstein, Options Markets,
1985, chapter 4.) Parity with the shares that three or more strikes of an expiry break in one direction speaks of the
spot, the dividend or the rate, not of an option: that direction is withheld, and said to be. Where more than ten quotes
would have to be wrong at once to explain the findings, the chain is a mixture of moments: all of them are withheld.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from domain.chain import Chain
from quant.arbitrage_checks import Broken, boxes, butterflies, calendars, parity, verticals
from quant.arbitrage_costs import Costs
from quant.quote_grid import Usable, grids, usable_rows

Kind = Literal["vertical", "butterfly", "calendar", "box", "parity"]
MOST_SUSPECTS = 10
TIE = 1e-6  # account currency; less is rounding


@dataclass(frozen=True)
class Finding:
    """``legs`` are (row of the chain, contracts, positive bought) of the smallest structure, ``shares`` what goes with
    them; ``gross`` and ``dollars`` its edge in account currency at expiry's latest, in today's money, before and after
    fees."""

    kind: Kind
    name: str
    legs: tuple[tuple[int, int], ...]
    shares: int
    gross: float
    dollars: float
    risks: tuple[str, ...]


@dataclass(frozen=True)
class Hunt:
    """``findings`` with the largest edge first; ``left_out`` says in sentences what was not looked at and why.

    ``suspects`` are the fewest quotes found that together explain everything: (row, findings it explains).
    """

    findings: tuple[Finding, ...]
    rows: int
    left_out: tuple[str, ...]
    suspects: tuple[tuple[int, int], ...] = ()


def hunt(chain: Chain, costs: Costs) -> Hunt:
    """Every contract that is sold with the best that can be bought against it. Never raises on bad quotes."""
    if chain.inverse:
        return Hunt((), 0, ("its options are paid in coin: what a structure pays in dollars is not fixed",))
    usable = usable_rows(chain)
    left_out = _left_out(chain, costs, usable)
    found: list[Finding] = []
    for grid in grids(chain, usable.mask):
        found += _findings(chain, costs, "vertical", verticals(grid, costs, chain.style))
        found += _findings(chain, costs, "butterfly", butterflies(grid, costs, chain.multiplier))
        if chain.style == "american":
            found += _findings(chain, costs, "calendar", calendars(grid))
        if costs.lend is not None:
            found += _findings(chain, costs, "box", boxes(grid, costs, chain.style))
        if _has_shares(chain, costs):
            at_spot, withheld = parity(grid, costs, chain.style, chain.spot, chain.multiplier)
            found += _findings(chain, costs, "parity", at_spot)
            left_out += withheld
    found.sort(key=lambda one: (-one.dollars, one.legs))
    suspected = suspects(found)
    if len(suspected) > MOST_SUSPECTS:
        left_out.append(
            f"{len(found):,} contradictions, which take {len(suspected)} wrong quotes to explain: many are stale, and "
            f"none of it is an arbitrage"
        )
        found = []
    return Hunt(tuple(found), int(usable.mask.sum()), tuple(left_out), suspected)


def suspects(findings: Sequence[Finding]) -> tuple[tuple[int, int], ...]:
    """Rows that explain all findings between them, by taking the one in most of those left again and again."""
    left = [{row for row, _ in one.legs} for one in findings]
    picked = []
    while left:
        (row, count), *_ = Counter(row for rows in left for row in sorted(rows)).most_common(1)
        picked.append((row, count))
        left = [rows for rows in left if row not in rows]
    return tuple(picked)


def _findings(chain: Chain, costs: Costs, kind: Kind, broken: list[Broken]) -> list[Finding]:
    """Those whose edge outlasts the fees."""
    found = []
    for one in broken:
        gross = one.edge * chain.multiplier
        dollars = gross - costs.fee * sum(abs(contracts) for _, contracts in one.legs)
        if dollars >= max(costs.min_dollars, 2 * TIE) - TIE:
            shares = one.shares * chain.multiplier
            found.append(Finding(kind, one.name, one.legs, shares, gross, dollars, _risks(chain, costs, kind, one)))
    return found


def _risks(chain: Chain, costs: Costs, kind: Kind, one: Broken) -> tuple[str, ...]:
    """What could keep the edge from being earned."""
    rows = [row for row, _ in one.legs]
    idle = sum(not chain.volume[row] > 0 for row in rows)
    risks = ["the sizes at these quotes are not known"]
    if idle:
        risks.append(f"{idle} of {len(rows)} options have not traded this session: a quote may be stale")
    if chain.style == "american" and any(contracts < 0 for _, contracts in one.legs) and kind != "parity":
        risks.append(
            "what is sold may be assigned early: exercise what is bought at once; assignment is told a day late, "
            "and a dividend of that day is owed on calls"
        )
    if one.name == "long_box" and costs.borrow is not None:
        risks.append(f"money is borrowed at {100 * costs.borrow:.2f} % a year until expiry")
    if one.name == "conversion":
        risks.append("the spot must be had at once, and money until expiry; early assignment ends it sooner")
    if one.name == "reversal":
        risks.append("shares must be borrowed at no fee until expiry, and the put may be assigned early")
        risks.append(f"dividends up to {one.dividend:.2f} a share are counted; a special one is not")
    return tuple(risks)


def _has_shares(chain: Chain, costs: Costs) -> bool:
    return costs.lend is not None and not chain.cash_settled and chain.listed and bool(0 < chain.spot < np.inf)


def _left_out(chain: Chain, costs: Costs, usable: Usable) -> list[str]:
    counts = (
        (usable.over, "rows have expired or name no option"),
        (usable.adjusted, "rows are of classes adjusted after a corporate action: what they deliver is not known"),
        (usable.unquoted, "rows are not quoted on both sides, or crossed"),
        (usable.ambiguous, "rows share their contract with another row"),
    )
    reasons = [f"{count:,} {what}" for count, what in counts if count]
    if chain.style == "european":
        reasons.append("calendars: a later European option may be worth less")
    if costs.lend is None:
        reasons.append("boxes and parity with the shares: no interest rate is known")
    elif chain.cash_settled or not chain.listed:
        reasons.append("parity with the shares: the underlying cannot be bought")
    elif not 0 < chain.spot < np.inf:
        reasons.append(f"parity with the shares: the spot {chain.spot} is no price")
    return reasons
