"""The volatility analyst: is the price of options rich or cheap, and how is it spread over strikes and time?"""

from datetime import datetime
from math import log

from agents.analyst import Findings, bars, in_days, make_signal, percent, points, ramp
from agents.volatility_facts import SLOPE, Facts, known_days, measure, metadata, recent
from domain.chain import Chain
from domain.market import Context
from domain.signal import Abstention, Direction, EdgeType, Fact, Signal
from quant.surface import Surface

FULL_PREMIUM = 1.50  # implied over the highest realised (lowest realised over implied) that is full conviction
FAIR = 0.05  # richness this close to 0 is a fair price
STEEP, INVERTED = 0.45, -0.05  # 25-delta skew over at-the-money volatility; an index in a calm year has 0.3
UNUSUAL = 95.0  # percentile of the skew in its own year from which it is steep whatever its size
EXPLAINED = 0.5  # what an announcement leaves of the conviction that options are rich


def read(ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime) -> Findings:
    """Rich or cheap (neutral on direction), and skew or term structure where they are extreme."""
    if chain is None or not len(chain):
        return Abstention("volatility", ticker, "no option chain")
    facts = None if surface is None else measure(chain, surface, context)
    if facts is None:
        return Abstention("volatility", ticker, "no 30-day volatility: no expiry near 30 days has enough usable quotes")
    shared = metadata(facts, chain, context, as_of)
    found = [_richness(ticker, facts, shared, chain), _skew(ticker, facts, shared, chain)]
    found.append(_term(ticker, facts, shared, chain))
    signals = tuple(signal for signal in found if signal is not None)
    return signals or Abstention(
        "volatility", ticker, f"{_no_yardstick(context)}; skew and term structure are ordinary"
    )


def _richness(ticker: str, facts: Facts, shared: dict[str, Fact], chain: Chain) -> Signal | None:
    """The mean of two yardsticks, its own past and what was realised; one alone counts half."""
    marks = [mark for mark in (_against_past(facts), _against_realised(facts)) if mark is not None]
    if not marks:
        return None
    richness = sum(marks) / 2
    rich = richness >= 0
    explained = richness > 0 and facts.earnings_near
    conviction = abs(richness) * (EXPLAINED if explained else 1.0)
    says = _richness_says(facts, richness, int(shared["iv_history_days"] or 0))
    edge: EdgeType = "volatility_rich" if rich else "volatility_cheap"
    facts_said = {**shared, "richness": richness, "explained_by_earnings": explained}
    return make_signal("volatility", ticker, edge, "neutral", conviction, edge, chain.quote_time, says, facts_said)


def _against_past(facts: Facts) -> float | None:
    """Rank and percentile of its own year, from -1 (the lowest) to 1."""
    if facts.iv_percentile is None or facts.iv_rank is None:
        return None
    return (facts.iv_percentile + facts.iv_rank - 100) / 100


def _against_realised(facts: Facts) -> float | None:
    """From -1 to 1; 0 while implied lies within the range of what was realised.

    Implied above realised is the ordinary state (Carr and Wu, Variance Risk Premiums, RFS 2009) and what a seller of
    options is paid; that the range is exceeded keeps one jump in the past, already over, from looking like cheapness.
    """
    if facts.realised_range is None:
        return None
    low, high = facts.realised_range
    return min(max(log(facts.iv30 / min(max(facts.iv30, low), high)) / log(FULL_PREMIUM), -1.0), 1.0)


def _richness_says(facts: Facts, richness: float, history_days: int) -> str:
    look = "fairly priced" if abs(richness) < FAIR else "rich" if richness > 0 else "cheap"
    says = f"Options look {look} at an implied volatility of {percent(facts.iv30)} for 30 days"
    if facts.realised_range is not None:
        low, high = facts.realised_range
        says += f", against {percent(low)} to {percent(high)} realised over ten to thirty days"
    if facts.iv_percentile is None or facts.iv_rank is None:
        says += f", with too short a record for a rank (IV history of {in_days(history_days)})"
    else:
        says += f", IV rank {facts.iv_rank:.0f} and percentile {facts.iv_percentile:.0f} of 100"
    if richness > 0 and facts.earnings_near:
        says += f"; earnings in {in_days(facts.earnings_days or 0)} explain part of it"
        if facts.earnings_move is not None:
            says += f", a move of {percent(facts.earnings_move.mean)} either way is paid for"
    return f"{says}."


def _skew(ticker: str, facts: Facts, shared: dict[str, Fact], chain: Chain) -> Signal | None:
    """Steep skew precedes weak returns (Xing, Zhang and Zhao, JFQA 2010); an inverted one is a chase for calls.

    Steep is more than usual for options at large, or for these in their own year.
    """
    if facts.skew_25d is None:
        return None
    relative, standing = facts.skew_25d / facts.iv30, facts.skew_percentile
    unusual = facts.skew_25d > 0 and standing is not None and standing > UNUSUAL
    steep = relative > STEEP or unusual
    if not steep and relative >= INVERTED:
        return None
    size = ramp(relative, STEEP, 2 * STEEP) if steep else ramp(-relative, -INVERTED, 0.2)
    if steep and unusual:
        size = max(size, 0.5 * ramp(standing or 0.0, UNUSUAL, 100.0))
    says = f"The 25-delta skew is {'steep' if steep else 'inverted'} at {points(facts.skew_25d)}, " + (
        "puts cost far more than calls, so someone pays up for protection" if steep else "calls cost more than puts"
    )
    if standing is not None:
        says += f"; {standing:.0f} of 100 days of its own year had less"
    return make_signal(
        "volatility", ticker, "skew", "bearish" if steep else "bullish", 0.1 + 0.3 * size, "skew", chain.quote_time,
        f"{says}.", {**shared, "skew_over_iv": relative},
    )  # fmt: skip


def _term(ticker: str, facts: Facts, shared: dict[str, Fact], chain: Chain) -> Signal | None:
    """Backwardation without an announcement to explain it is fear of the near future."""
    slope = facts.slope
    if slope is None or facts.near is None or facts.far is None or facts.shape == "flat":
        return None
    inverted = slope < 0
    size = ramp(abs(slope) / facts.iv30, SLOPE, 0.3) * (EXPLAINED if facts.earnings_near else 1.0)
    says = (
        f"Implied volatility {'falls' if inverted else 'rises'} from {percent(facts.near[1])} at {facts.near[0]} days "
        f"to {percent(facts.far[1])} at {facts.far[0]} days, a curve in {facts.shape}"
    )
    if inverted and facts.earnings_near:
        says += f"; earnings in {in_days(facts.earnings_days or 0)} explain part of it"
    side: Direction = "bearish" if inverted else "neutral"
    return make_signal(
        "volatility", ticker, "term_structure", side, 0.1 + 0.3 * size, "term_structure", chain.quote_time, f"{says}.",
        {**shared, "near_days": facts.near[0], "far_days": facts.far[0], "near_iv": facts.near[1],
         "far_iv": facts.far[1]},
    )  # fmt: skip


def _no_yardstick(context: Context) -> str:
    history = bars(context)
    reason = history if isinstance(history, str) else "too few bars for realised volatility"
    return f"no yardstick for rich or cheap: IV history of {in_days(known_days(recent(context, 'iv30')))}, {reason}"
