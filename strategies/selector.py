"""Which structures fit a verdict, the price of options and the regime. A table; the numbers decide later."""

import math
from typing import Literal

from pydantic.dataclasses import dataclass

from domain.debate import Debate, Verdict
from domain.mandate import CycleRules, SelectionRules
from domain.regime import Regime, RegimeName
from domain.signal import Composite, Direction
from strategies.catalogue import STRUCTURES
from strategies.template import Structure
from strategies.view import View

Options = Literal["rich", "fair", "cheap"]
Fitting = dict[tuple[Direction, Options], tuple[str, ...]]

CALM: Fitting = {
    ("bullish", "rich"): ("bull_put_spread", "cash_secured_put", "covered_call"),
    ("bullish", "fair"): ("bull_put_spread", "bull_call_spread"),
    ("bullish", "cheap"): ("bull_call_spread",),
    ("bearish", "rich"): ("bear_call_spread",),
    ("bearish", "fair"): ("bear_call_spread", "bear_put_spread"),
    ("bearish", "cheap"): ("bear_put_spread",),
    ("neutral", "rich"): ("iron_condor",),
    ("neutral", "cheap"): ("long_straddle", "calendar"),
}
STRESSED: Fitting = CALM | {("bullish", "rich"): ("bull_put_spread",)}
CRISIS: Fitting = {
    ("bullish", "rich"): ("bull_call_spread", "bull_put_spread"),
    ("bullish", "fair"): ("bull_call_spread",),
    ("bullish", "cheap"): ("bull_call_spread",),
    ("bearish", "rich"): ("bear_put_spread", "bear_call_spread"),
    ("bearish", "fair"): ("bear_put_spread",),
    ("bearish", "cheap"): ("bear_put_spread",),
    ("neutral", "cheap"): ("long_straddle",),
}
TABLE: dict[RegimeName, Fitting] = {"low_vol": CALM, "neutral": CALM, "high_vol": STRESSED, "crisis_mode": CRISIS}

DIRECTIONS: dict[Verdict, Direction] = {"bull": "bullish", "bear": "bearish", "inconclusive": "neutral"}
SIGNS: dict[Direction, int] = {"bullish": 1, "bearish": -1, "neutral": 0}


@dataclass(frozen=True)
class Choice:
    """``structures`` best fitting first; ``refused`` says for every other row of the catalogue why it is out."""

    structures: tuple[str, ...]
    reasons: tuple[str, ...]
    refused: tuple[str, ...]
    view: View


def choose_structures(
    debate: Debate,
    composite: Composite,
    regime: Regime,
    allowed: tuple[str, ...],
    rules: CycleRules,
    selection: SelectionRules,
) -> Choice:
    """The structures worth optimising, within what the regime's limits allow.

    A direction sells options when they are rich and buys a debit spread when they are cheap. Without a direction only
    a volatility edge of at least ``min_volatility_edge`` is traded, and conflicting evidence is not traded at all.
    """
    stop = _no_trade(debate, composite, regime, rules)
    if stop or regime.name is None:
        return Choice((), (stop,), tuple(f"{row.name}: {stop}" for row in STRUCTURES), View(0.0, 0.0))
    direction, options = DIRECTIONS[debate.verdict], _options(debate.volatility_edge)
    fitting = TABLE[regime.name].get((direction, options), ())
    chosen = tuple(name for name in fitting if name in allowed)
    view = View(SIGNS[direction] * selection.drift_per_conviction * debate.confidence, debate.volatility_edge)
    case = (
        f"verdict {debate.verdict} with confidence {debate.confidence:.2f}, options {options} "
        f"(edge {debate.volatility_edge:+.2f}), regime {regime.name}"
    )
    signals = f"composite score {composite.score:+.2f} from {composite.coverage:.0%} of the analysts' weight"
    refused = tuple(
        f"{row.name}: {_why_not(row, fitting, direction, options, regime.name)}"
        for row in STRUCTURES
        if row.name not in chosen
    )
    return Choice(chosen, (case, signals), refused, view)


def _options(edge: float) -> Options:
    if edge == 0:
        return "fair"
    return "rich" if edge > 0 else "cheap"


def _no_trade(debate: Debate, composite: Composite, regime: Regime, rules: CycleRules) -> str:
    """Why nothing may be opened whatever the structure; empty if something may."""
    if regime.name is None:
        return f"the regime is unknown: {regime.reason}"
    numbers = (debate.confidence, debate.volatility_edge, composite.score, composite.coverage)
    if not all(math.isfinite(number) for number in numbers):
        return "the debate or the composite has no number for its confidence, edge, score or coverage"
    if debate.verdict != "inconclusive":
        return ""
    if debate.conflicted:
        return "the evidence conflicts: no trade on a view that both sides can claim"
    if not abs(debate.volatility_edge) >= rules.min_volatility_edge:
        return (
            f"no direction, and a volatility edge of {debate.volatility_edge:+.2f} is below "
            f"{rules.min_volatility_edge:.2f}"
        )
    return ""


def _why_not(row: Structure, fitting: tuple[str, ...], direction: Direction, options: Options, regime: str) -> str:
    if row.name in fitting:
        return f"not allowed by the mandate in regime {regime}"
    if row.direction != direction:
        return f"is {row.direction}, the view is {direction}"
    if (row.volatility, options) in (("sells", "cheap"), ("buys", "rich")):
        return f"{row.volatility} options, and they are {options}"
    return f"does not fit {options} options in regime {regime}"
