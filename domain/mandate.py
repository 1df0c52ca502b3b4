"""The mandate: what the person allows. Every field is bounded, so a typo cannot bet the fund.

``config/mandate.toml`` is the commented default; ``config/settings.py`` reads a person's own file over it. The hard
limits of ``risk/hard.py`` stand above: a mandate may only be tighter.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from domain.regime import REGIMES, RegimeName
from domain.signal import ROLES, Direction, Role

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Policy = Literal["rule_only", "llm_only", "hybrid"]
Options = Literal["rich", "fair", "cheap"]
Catalyst = Literal["earnings", "none"]
Term = Literal["contango", "flat", "backwardation"]
Skew = Literal["steep", "ordinary", "inverted"]
ObjectiveName = Literal["ev_over_cvar", "ev_over_sd", "return_on_risk", "expected_value", "probability_of_profit"]
Delta = Annotated[float, Field(ge=-10, le=10)]


DEFAULT_WEIGHTS: dict[Role, float] = {
    "volatility": 0.30,
    "flow": 0.20,
    "social": 0.15,
    "technicals": 0.20,
    "fundamentals": 0.15,
}


class Section(BaseModel):
    """Frozen; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class AlphaRules(Section):
    """What each part of the alpha score weighs, and how much of it full doubt takes away (``agents/alpha.py``)."""

    direction: Share = 0.35
    volatility: Share = 0.25
    shape: Share = 0.10
    flow: Share = 0.10
    liquidity: Share = 0.10
    catalyst: Share = 0.10
    doubt: Share = 0.50

    @model_validator(mode="after")
    def _weighs(self) -> "AlphaRules":
        if not self.direction + self.volatility + self.shape + self.flow + self.liquidity + self.catalyst > 0:
            raise ValueError("the parts of the alpha score must not all weigh 0")
        return self


class CycleRules(Section):
    policy: Policy = "rule_only"
    top_n: Annotated[int, Field(ge=1, le=50)] = 6
    max_orders: Annotated[int, Field(ge=1, le=50)] = 4
    weights: dict[Role, Share] = DEFAULT_WEIGHTS
    min_coverage: Share = 0.35  # below this share of the analysts' weight a ticker is not debated
    verdict_margin: Share = 0.20  # how far the heavier side must be ahead, as a share of both
    conflict: Share = 0.60  # lighter side over heavier side from which evidence conflicts
    min_volatility_edge: Share = 0.15  # for a trade on the price of options alone
    alpha: AlphaRules = AlphaRules()

    @model_validator(mode="after")
    def _weights(self) -> "CycleRules":
        if set(self.weights) != set(ROLES):
            raise ValueError(f"weights must name each of {', '.join(ROLES)}")
        if not sum(self.weights.values()) > 0:
            raise ValueError("weights must not all be 0")
        return self


class FlowRules(Section):
    """What dealers are taken to hold of each open contract: 1 bought all of it, -1 sold all of it."""

    dealer_calls: Annotated[float, Field(ge=-1, le=1)] = 1.0
    dealer_puts: Annotated[float, Field(ge=-1, le=1)] = -1.0


class ArbitrageRules(Section):
    """What carrying an arbitrage to its end costs (``quant/arbitrage.py``)."""

    borrow_spread: Annotated[float, Field(ge=0, le=0.2)] = 0.01  # a year, above the risk-free rate
    stock_half_spread: Annotated[float, Field(ge=0, le=1)] = 0.01  # account currency a share, around the spot
    dividend_ceiling: Share = 0.08  # of the spot a year, where dividends are not known; a quarter of it at once
    min_dollars: Annotated[float, Field(ge=0, le=1_000_000)] = 0.01  # after fees, the smallest structure


class OrderRules(Section):
    auto_execute: bool = False
    time_to_live_minutes: Annotated[int, Field(ge=1, le=1440)] = 120
    max_contracts: Annotated[int, Field(ge=1, le=1000)] = 10
    max_orders_per_minute: Annotated[int, Field(ge=1, le=600)] = 30
    emergency_slippage: Share = 0.10
    fee_per_contract: Annotated[float, Field(ge=0, le=10)] = 0.65
    concede: Share = 1.0  # share of the half-spread given up: 1 trades at the quotes, 0 asks for mid


class RegimeLimits(Section):
    """Limits in one regime, as shares of NLV. ``structures`` lists what may be opened; empty allows nothing."""

    structures: tuple[str, ...]
    var_budget: Share  # one-day 95 % loss of the whole book
    position: Annotated[float, Field(ge=0, le=0.05)]
    sector: Annotated[float, Field(ge=0, le=0.15)] = 0.15
    strategy: Share = 0.30  # worst-case loss of all positions of one structure
    size_factor: Share = 1.0  # multiplies the Kelly share


class RiskRules(Section):
    daily_loss: Annotated[float, Field(gt=0, le=0.03)] = 0.03
    free_margin: Annotated[float, Field(ge=0.20, le=1)] = 0.20
    correlated_positions: Annotated[int, Field(ge=0, le=100)] = 3
    correlation: Share = 0.70  # two underlyings count as correlated from here
    short_line: Annotated[float, Field(gt=0, le=0.05)] = 0.02  # worst case of one structure that sells options
    quote_age_minutes: Annotated[float, Field(gt=0, le=390)] = 15  # intraday quotes, in minutes of trading
    earnings_days: Annotated[int, Field(ge=0, le=60)] = 2  # short options may not span earnings this close or nearer
    regimes: dict[RegimeName, RegimeLimits]

    @model_validator(mode="after")
    def _all_regimes(self) -> "RiskRules":
        missing = [name for name in REGIMES if name not in self.regimes]
        if missing:
            raise ValueError(f"no limits for regime {', '.join(missing)}")
        if not self.regimes["crisis_mode"].position <= 0.02:
            raise ValueError("crisis_mode.position may be at most 0.02")
        return self


class LiquidityRules(Section):
    max_spread: Share = 0.15  # ask - bid over mid
    max_spread_ticks: Annotated[float, Field(ge=1, le=100)] = 3  # or at most this many ticks, whichever is wider
    min_open_interest: Annotated[int, Field(ge=0)] = 50
    min_volume: Annotated[int, Field(ge=0)] = 0


class SelectionRules(Section):
    min_days: Annotated[int, Field(ge=1, le=1200)] = 20
    max_days: Annotated[int, Field(ge=1, le=1200)] = 60
    short_delta: tuple[Share, Share] = (0.12, 0.35)
    long_delta: tuple[Share, Share] = (0.35, 0.65)
    max_width: Share = 0.10  # of spot, between the strikes of a spread
    net_delta: tuple[Delta, Delta] = (-1.0, 1.0)  # of a whole structure, units of underlying a unit of it
    objective: ObjectiveName = "ev_over_cvar"
    min_reward: Annotated[float, Field(ge=0, le=10_000)] = 0.0  # the objective after fees, in its own unit
    alternatives: Annotated[int, Field(ge=1, le=20)] = 3  # candidates named with their numbers, the best included
    kelly_fraction: Annotated[float, Field(gt=0, le=0.5)] = 0.5
    volatility_shrink: Share = 0.5  # how far the forecast moves from implied towards realised volatility
    drift_per_conviction: Share = 0.25  # drift in units of one standard deviation, at full conviction

    @model_validator(mode="after")
    def _ordered(self) -> "SelectionRules":
        for name in ("short_delta", "long_delta", "net_delta"):
            low, high = getattr(self, name)
            if not low < high:
                raise ValueError(f"{name} must ascend, it is {low}, {high}")
        if self.min_days > self.max_days:
            raise ValueError(f"min_days {self.min_days} is above max_days {self.max_days}")
        return self


class SelectorRow(Section):
    """``structures``, best first, for a view in these regimes. A list of conditions is met by any of its words; what is
    not known meets a list only if that names every word."""

    regimes: Annotated[tuple[RegimeName, ...], Field(min_length=1)]
    direction: Direction
    options: Annotated[tuple[Options, ...], Field(min_length=1)]
    catalyst: Annotated[tuple[Catalyst, ...], Field(min_length=1)] = ("earnings", "none")
    term: Annotated[tuple[Term, ...], Field(min_length=1)] = ("contango", "flat", "backwardation")
    skew: Annotated[tuple[Skew, ...], Field(min_length=1)] = ("steep", "ordinary", "inverted")
    structures: Annotated[tuple[str, ...], Field(min_length=1)]


class SelectorRules(Section):
    """Every row that fits is used, in this order; a structure's place is its first."""

    fair_edge: Annotated[float, Field(ge=0, lt=1)] = 0.05  # volatility edge up to which options count as fairly priced
    slope: Annotated[float, Field(gt=0, le=1)] = 0.05  # of volatility over the days allowed, from which the term slopes
    steep_skew: Annotated[float, Field(gt=0, le=2)] = 0.30  # 25-delta put minus call over at-the-money volatility
    rows: Annotated[tuple[SelectorRow, ...], Field(min_length=1)]


class Mandate(Section):
    """``universe`` empty means that of the source."""

    universe: tuple[str, ...] = ()
    cycle: CycleRules = CycleRules()
    flow: FlowRules = FlowRules()
    arbitrage: ArbitrageRules = ArbitrageRules()
    orders: OrderRules = OrderRules()
    risk: RiskRules
    liquidity: LiquidityRules = LiquidityRules()
    selection: SelectionRules = SelectionRules()
    selector: SelectorRules
