"""The technical analyst: does the trend carry on, or is it stretched?"""

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from agents.analyst import Findings, bar_time, bars, finite, make_signal, ramp
from domain.chain import Chain
from domain.market import Context, PriceHistory
from domain.signal import Abstention, Direction, Fact, Signal
from quant.indicators import atr, bollinger, macd, rsi, trend_strength
from quant.surface import Surface

MIN_BARS = 60
OVERSOLD, OVERBOUGHT = 30.0, 70.0  # RSI (Wilder, New Concepts in Technical Trading Systems, 1978)
TREND_SHARE = 0.7  # of the whole score; the rest is mean reversion
NO_TREND = 0.05  # a strength below this is no trend
FULL_HISTOGRAM = 0.5  # MACD histogram, in ATRs, that counts in full


@dataclass(frozen=True)
class Gauges:
    """The last values. ``band``: 0 at the lower Bollinger band, 1 at the upper one. Prices in price units."""

    close: float
    rsi: float
    histogram: float
    atr: float
    band: float
    trend: float

    @property
    def momentum(self) -> float:
        """Trend and MACD in [-1, 1], positive up."""
        push = np.clip(self.histogram / (FULL_HISTOGRAM * self.atr), -1, 1) if self.atr > 0 else 0.0
        return float(0.7 * self.trend + 0.3 * push)

    @property
    def reversion(self) -> float:
        """How far RSI and the Bollinger bands call for a way back, in [-1, 1], positive up."""
        by_rsi = ramp(OVERSOLD, self.rsi, self.rsi + 15) if self.rsi < OVERSOLD else -ramp(self.rsi, OVERBOUGHT, 85)
        by_band = ramp(-self.band, 0.0, 0.25) - ramp(self.band, 1.0, 1.25)
        return float(0.6 * by_rsi + 0.4 * by_band)

    @property
    def score(self) -> float:
        return TREND_SHARE * self.momentum + (1 - TREND_SHARE) * self.reversion


def read(ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime) -> Findings:
    """One signal for the trend, and one against it where prices are stretched."""
    history = bars(context)
    if isinstance(history, str):
        return Abstention("technicals", ticker, history)
    if len(history) < MIN_BARS:
        return Abstention("technicals", ticker, f"{len(history)} daily bars, {MIN_BARS} are needed")
    gauges = _measure(history)
    if gauges is None:
        return Abstention("technicals", ticker, "the bars give no finite indicator")
    facts = _facts(gauges, history)
    stretched = _stretched(ticker, gauges, history, facts)
    return (_trend(ticker, gauges, history, facts), *(() if stretched is None else (stretched,)))


def _measure(history: PriceHistory) -> Gauges | None:
    upper, _, lower = (float(line[-1]) for line in bollinger(history.close))
    close = float(history.close[-1])
    band = (close - lower) / (upper - lower) if upper > lower else 0.5
    values = (
        close,
        float(rsi(history.close)[-1]),
        float(macd(history.close)[2][-1]),
        float(atr(history.high, history.low, history.close)[-1]),
        band,
        trend_strength(history.close),
    )
    return Gauges(*values) if np.all(np.isfinite(values)) else None


def _facts(gauges: Gauges, history: PriceHistory) -> dict[str, Fact]:
    return {
        "score": gauges.score,
        "close": gauges.close,
        "rsi": gauges.rsi,
        "macd_histogram": gauges.histogram,
        "bollinger_band": gauges.band,
        "atr": gauges.atr,
        "trend_strength": gauges.trend,
        "bars": len(history),
        "basis": history.basis,
    }


def _side(value: float) -> Direction:
    return "bullish" if value > 0.05 else "bearish" if value < -0.05 else "neutral"


def _trend(ticker: str, gauges: Gauges, history: PriceHistory, facts: dict[str, Fact]) -> Signal:
    direction = _side(gauges.momentum)
    levels = f"the close is {gauges.close:.2f}, the average daily range {gauges.atr:.2f}"
    says = f"{_momentum_words(gauges, direction)}; {levels}"
    conviction = 0.0 if direction == "neutral" else 0.7 * abs(gauges.momentum)
    return make_signal(
        "technicals", ticker, "trend", direction, conviction, "trend", bar_time(history), f"{says}.", facts
    )


def _momentum_words(gauges: Gauges, direction: Direction) -> str:
    """What the trend and the MACD say, each by its own sign."""
    trend, push = f"{_signless(gauges.trend):+.2f}", f"{_signless(gauges.histogram):+.2f}"
    if abs(gauges.trend) >= NO_TREND:
        way = "up" if gauges.trend > 0 else "down"
        agrees = "agrees" if gauges.histogram * gauges.trend > 0 else "disagrees"
        macd_says = f"the MACD histogram of {push} {agrees}"
        return f"The trend of sixty sessions points {way} with a strength of {trend}, and {macd_says}"
    if direction == "neutral":
        return f"Sixty sessions show no trend with a strength of {trend}, and the MACD histogram of {push} adds little"
    way = "up" if direction == "bullish" else "down"
    return f"Momentum turns {way} with a MACD histogram of {push}, while sixty sessions show no trend at {trend}"


def _signless(value: float) -> float:
    """The value to two digits; a small negative one is 0, not -0."""
    return round(value, 2) + 0.0


def _stretched(ticker: str, gauges: Gauges, history: PriceHistory, facts: dict[str, Fact]) -> Signal | None:
    if not abs(gauges.reversion) > 0:
        return None
    down = gauges.reversion < 0
    says = f"The price is stretched to the {'upside' if down else 'downside'} with an RSI of {gauges.rsi:.0f}, "
    says += f"{abs(finite(gauges.band - (1 if down else 0), 2) or 0.0):.2f} band widths "
    beyond = gauges.band > 1 if down else gauges.band < 0
    says += f"{'beyond' if beyond else 'inside'} the {'upper' if down else 'lower'} Bollinger band"
    return make_signal(
        "technicals", ticker, "mean_reversion", "bearish" if down else "bullish", 0.1 + 0.5 * abs(gauges.reversion),
        "mean_reversion", bar_time(history), f"{says}.", {**facts, "reversion": gauges.reversion},
    )  # fmt: skip
