"""What the arbitrage hunter finds in the chains of some underlyings: what ``fund arb`` prints.

An underlying without usable quotes has no findings and a ``problem`` that says why; stale quotes are no arbitrage.
"""

from collections.abc import Mapping
from datetime import datetime

from agents.analyst import finite
from domain.chain import Chain
from domain.freshness import quote_age
from domain.mandate import Mandate
from domain.ports import Json
from quant.arbitrage import Finding, Hunt, hunt
from quant.arbitrage_costs import Costs


def costs_of(mandate: Mandate, rate: float | None) -> Costs:
    """``rate`` risk-free, decimal a year; None leaves out what turns on it."""
    rules = mandate.arbitrage
    return Costs(
        fee=mandate.orders.fee_per_contract,
        lend=rate,
        borrow=None if rate is None else rate + rules.borrow_spread,
        stock_half_spread=rules.stock_half_spread,
        dividend_ceiling=rules.dividend_ceiling,
        min_dollars=rules.min_dollars,
    )


def arbitrage_report(
    source: str, at: datetime, rate: float | None, chains: Mapping[str, Chain | None], mandate: Mandate
) -> Json:
    costs = costs_of(mandate, rate)
    underlyings = [_underlying(symbol, chain, at, costs, mandate) for symbol, chain in chains.items()]
    return {
        "source": source,
        "synthetic": source.startswith("synthetic"),
        "as_of": at,
        "costs": {name: finite(value) for name, value in costs._asdict().items()},
        "count": sum(len(one["findings"]) for one in underlyings),
        "underlyings": underlyings,
        "reasons": {"costs.lend": "no risk-free rate is known at this moment"} if rate is None else {},
    }


def _underlying(symbol: str, chain: Chain | None, at: datetime, costs: Costs, mandate: Mandate) -> Json:
    problem = _problem(symbol, chain, at, mandate)
    found = Hunt((), 0, ()) if problem or chain is None else hunt(chain, costs)
    findings = [] if chain is None else [_finding(chain, one) for one in found.findings]
    return {
        "ticker": symbol,
        "session": None if chain is None else chain.session,
        "quote_time": None if chain is None else chain.quote_time,
        "spot": None if chain is None else finite(chain.spot),
        "rows": 0 if chain is None else len(chain),
        "rows_hunted": found.rows,
        "problem": problem or None,
        "findings": findings,
        "suspects": [] if chain is None else [_suspect(chain, row, count) for row, count in found.suspects],
        "left_out": list(found.left_out),
    }


def _problem(symbol: str, chain: Chain | None, at: datetime, mandate: Mandate) -> str:
    if chain is None or not len(chain):
        return "no option chain at this moment"
    age = quote_age(chain.quote_time, chain.session, chain.cadence, at, mandate.risk.quote_age_minutes, symbol)
    return "" if age.fresh else f"stale quotes are no arbitrage: {age.says}"


def _suspect(chain: Chain, row: int, count: int) -> Json:
    """A quote that ``count`` findings would not stand without."""
    name = chain.contract(row).occ_symbol
    return {
        "occ_symbol": name,
        "bid": finite(float(chain.bid[row])),
        "ask": finite(float(chain.ask[row])),
        "findings": count,
    }


def _finding(chain: Chain, one: Finding) -> Json:
    """``edge`` is what is left after fees per unit of underlying of one structure."""
    return {
        "kind": one.kind,
        "name": one.name,
        "edge": finite(one.dollars / chain.multiplier),
        "dollars": finite(one.dollars, 2),
        "dollars_before_fees": finite(one.gross, 2),
        "legs": [
            {
                "occ_symbol": chain.contract(row).occ_symbol,
                "contracts": contracts,
                "price": float(chain.ask[row] if contracts > 0 else chain.bid[row]),
                "volume": finite(float(chain.volume[row])),
            }
            for row, contracts in one.legs
        ],
        "shares": one.shares,
        "risks": list(one.risks),
    }
