"""How much a ticker is worth a debate: an alpha score from parts that anyone can add up again.

    strength   mean of the known parts, by the mandate's weights
    doubt      1 - min(analysts' coverage, known parts' share of the weight) * (1 - conflict)
    score      strength * (1 - the mandate's share * doubt)

Each part lies in [0, 1] whatever its side. A part that is not known is not zero: it leaves the mean alone and adds to
the doubt.
"""

from collections.abc import Mapping, Sequence
from math import isfinite

import numpy as np

from agents.analyst import percent, ramp
from domain.chain import Chain
from domain.mandate import AlphaRules, LiquidityRules, SelectionRules
from domain.signal import Alpha, AlphaPart, Composite, EdgeType, PartName, Role, Signal
from strategies.pricing import half_spread, liquidity

PARTS: tuple[PartName, ...] = ("direction", "volatility", "shape", "flow", "liquidity", "catalyst")
PRICE: tuple[EdgeType, ...] = ("volatility_rich", "volatility_cheap")
SHAPE: tuple[EdgeType, ...] = ("skew", "term_structure")
FLOW: tuple[EdgeType, ...] = ("unusual_volume", "pinning")
CATALYSTS: tuple[EdgeType, ...] = ("earnings", "attention", "sentiment")
DIGITS = 6

Found = tuple[float | None, str]  # a part's value, None unknown, and the sentence about it


def score_watchlist(
    composites: Sequence[Composite], signals: Sequence[Signal], tradable: Mapping[str, Found], rules: AlphaRules
) -> tuple[Alpha, ...]:
    """One score a composite, in their order. ``tradable`` is ``tradable_options`` of each ticker with a chain."""
    return tuple(
        score(
            composite,
            [signal for signal in signals if signal.ticker == composite.ticker],
            tradable.get(composite.ticker, (None, "there is no chain to trade in")),
            rules,
        )
        for composite in composites
    )


def score(composite: Composite, signals: Sequence[Signal], tradable: Found, rules: AlphaRules) -> Alpha:
    """The alpha score of one ticker and its parts."""
    found: dict[PartName, Found] = {
        "direction": _direction(composite),
        "volatility": _volatility(composite, signals),
        "shape": _strongest(signals, ("volatility",), SHAPE, "skew and term structure are ordinary"),
        "flow": _strongest(signals, ("flow",), FLOW, "option flow is ordinary", leaning=True),
        "liquidity": tradable,
        "catalyst": _strongest(signals, ("social", "fundamentals"), CATALYSTS, "no announcement or story stands out"),
    }
    parts = tuple(_part(name, *found[name], getattr(rules, name)) for name in PARTS)
    known = [part for part in parts if part.value is not None and part.weight > 0]
    weight = sum(part.weight for part in known)
    strength = sum(part.weight * (part.value or 0.0) for part in known) / weight if known else 0.0
    share = weight / sum(part.weight for part in parts)
    doubt = 1 - min(composite.coverage, share) * (1 - composite.conflict)
    total = min(max(strength * (1 - rules.doubt * doubt), 0.0), 1.0)
    return Alpha(composite.ticker, round(total, DIGITS), round(share, DIGITS), round(doubt, DIGITS), parts)


def contributions(alpha: Alpha) -> dict[str, float]:
    """What each known part adds to the score: they sum to it."""
    known = [part for part in alpha.parts if part.value is not None and part.weight > 0]
    total = sum(part.weight * (part.value or 0.0) for part in known)
    scale = alpha.score / total if total > 0 else 0.0
    return {part.name: round(part.weight * (part.value or 0.0) * scale, DIGITS) for part in known}


def tradable_options(chain: Chain | None, selection: SelectionRules, rules: LiquidityRules) -> Found:
    """The share of options a structure could use that pass the liquidity rules, times how tight their quotes are.

    Those within the mandate's days and width of the spot. Tightness falls from 1 at no spread to 0 at the widest
    allowed, by the median.
    """
    if chain is None or not 0 < chain.spot < np.inf:
        return None, "there is no chain to trade in"
    days = (chain.expiry - np.datetime64(chain.session)).astype("timedelta64[D]").astype(float)
    usable = (days >= selection.min_days) & (days <= selection.max_days)
    usable &= np.abs(chain.strike / chain.spot - 1) <= selection.max_width
    if not usable.any():
        return None, f"no option {selection.min_days} to {selection.max_days} days away is near the spot"
    near = chain.rows(usable)
    passed = np.logical_and.reduce(list(liquidity(near, rules).values()))
    share = float(passed.mean())
    if not passed.any():
        return 0.0, f"none of {len(near):,} options near the spot passes the liquidity rules"
    spread = float(np.median((2 * half_spread(near) / near.mid)[passed]))
    value = share * (1 - ramp(spread, 0.0, rules.max_spread)) if rules.max_spread > 0 else 0.0
    return value, (
        f"{percent(share, 0)} of {len(near):,} options near the spot pass the liquidity rules, with a median spread of "
        f"{percent(spread)} of mid"
    )


def _part(name: PartName, value: float | None, says: str, weight: float) -> AlphaPart:
    known = value is not None and isfinite(value)
    return AlphaPart(name, round(min(max(value or 0.0, 0.0), 1.0), DIGITS) if known else None, weight, says)


def _direction(composite: Composite) -> Found:
    if not composite.signal_ids:
        return None, "every analyst abstained"
    side = "bullish" if composite.score > 0 else "bearish" if composite.score < 0 else "on neither side"
    says = f"the analysts lean {side} at {composite.score:+.2f}"
    says += f", with {percent(composite.conflict, 0)} of conflict" if composite.conflict > 0 else ""
    return abs(composite.score) * (1 - composite.conflict), says


def _volatility(composite: Composite, signals: Sequence[Signal]) -> Found:
    if not any(signal.edge_type in PRICE for signal in signals):
        return None, "no analyst can say whether options are rich or cheap"
    edge = composite.volatility_edge
    return abs(edge), f"options are {'rich' if edge > 0 else 'cheap' if edge < 0 else 'fairly priced'} at {edge:+.2f}"


def _strongest(
    signals: Sequence[Signal], sources: tuple[Role, ...], edges: tuple[EdgeType, ...], ordinary: str, *,
    leaning: bool = False,
) -> Found:  # fmt: skip
    """The strongest signal of these analysts among these edges, or of any edge that leans where ``leaning``.

    Unknown where all of them abstained.
    """
    own = [signal for signal in signals if signal.source in sources]
    if not own:
        return None, f"{' and '.join(sources)} abstained"
    told = [s for s in own if s.edge_type in edges or (leaning and s.direction != "neutral")]
    best = max(told, key=lambda s: (s.conviction, s.signal_id), default=None)
    return (0.0, ordinary) if best is None or not best.conviction > 0 else (best.conviction, best.says)
