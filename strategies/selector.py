"""Which structures fit a verdict, the price of options, the regime and what is ahead: the table of the mandate.

The table only says what is worth looking at; the optimiser's numbers decide later.
"""

import math

from pydantic import Field
from pydantic.dataclasses import dataclass

from domain.debate import Debate, Verdict
from domain.mandate import CycleRules, Options, SelectionRules, SelectorRules
from domain.regime import Regime, RegimeName
from domain.signal import Composite, Direction
from strategies.catalogue import STRUCTURES
from strategies.setting import Setting
from strategies.template import Structure
from strategies.view import View

DIRECTIONS: dict[Verdict, Direction] = {"bull": "bullish", "bear": "bearish", "inconclusive": "neutral"}
SIGNS: dict[Direction, int] = {"bullish": 1, "bearish": -1, "neutral": 0}


@dataclass(frozen=True)
class Choice:
    """``structures`` best fitting first, ``because`` says where each comes from; ``refused`` says why every
    other row of the catalogue is out."""

    structures: tuple[str, ...]
    reasons: tuple[str, ...]
    refused: tuple[str, ...]
    view: View
    because: dict[str, str] = Field(default_factory=dict)

    def why(self, name: str) -> tuple[str, ...]:
        """The reasons that led to one of the structures."""
        return (*self.reasons, *((self.because[name],) if name in self.because else ()))


def choose_structures(
    debate: Debate,
    composite: Composite,
    regime: Regime,
    allowed: tuple[str, ...],
    rules: CycleRules,
    selection: SelectionRules,
    selector: SelectorRules,
    setting: Setting,
) -> Choice:
    """The structures worth optimising, ranked by the selector's rows, within what the regime's limits allow.

    Without a direction only a volatility edge of at least ``min_volatility_edge`` is traded, and conflicting evidence
    is not traded at all.
    """
    stop = _no_trade(debate, composite, regime, rules)
    if stop or regime.name is None:
        return Choice((), (stop,), tuple(f"{row.name}: {stop}" for row in STRUCTURES), View(0.0, 0.0))
    direction, options = DIRECTIONS[debate.verdict], _options(debate.volatility_edge, selector.fair_edge)
    fitting = _fitting(selector, regime.name, direction, options, setting)
    chosen = tuple(name for name in fitting if name in allowed)
    view = View(SIGNS[direction] * selection.drift_per_conviction * debate.confidence, debate.volatility_edge)
    case = (
        f"verdict {debate.verdict} with confidence {debate.confidence:.2f}, options {options} "
        f"(edge {debate.volatility_edge:+.2f}), regime {regime.name}"
    )
    signals = f"composite score {composite.score:+.2f} from {composite.coverage:.0%} of the analysts' weight"
    because = {
        name: f"choice {place} of {len(chosen)}, from row {fitting[name]} of the mandate's selector"
        for place, name in enumerate(chosen, start=1)
    }
    refused = tuple(
        f"{row.name}: {_why_not(row, row.name in fitting, direction, options, regime.name)}"
        for row in STRUCTURES
        if row.name not in chosen
    )
    return Choice(chosen, (case, signals, setting.says), refused, view, because)


def _fitting(
    selector: SelectorRules, regime: RegimeName, direction: Direction, options: Options, setting: Setting
) -> dict[str, int]:
    """Structures of all rows that fit, best first, with the number of the row that names each first."""
    found: dict[str, int] = {}
    for number, row in enumerate(selector.rows, start=1):
        if regime in row.regimes and direction == row.direction and options in row.options and setting.meets(row):
            for name in row.structures:
                found.setdefault(name, number)
    return found


def _options(edge: float, fair: float) -> Options:
    if abs(edge) <= fair:
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


def _why_not(row: Structure, fits: bool, direction: Direction, options: Options, regime: str) -> str:
    if fits:
        return f"not allowed by the mandate in regime {regime}"
    if row.direction != direction:
        return f"is {row.direction}, the view is {direction}"
    if (row.volatility, options) in (("sells", "cheap"), ("buys", "rich")):
        return f"{row.volatility} options, and they are {options}"
    return f"no row of the selector has it for {options} options in this setting and regime {regime}"
