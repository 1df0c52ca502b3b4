"""How heavy a piece of evidence is. The aggregator and the judge weigh with the same scales.

A vote is one story on one side: its conviction times its analyst's weight, as a share of the average analyst's. With
equal weights a vote weighs its conviction.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from domain.signal import Direction, EdgeType, Role, Signal

SIGN: dict[Direction, float] = {"bullish": 1.0, "bearish": -1.0, "neutral": 0.0}
DIGITS = 8  # to which weights and scores are rounded, so that a limit is met exactly
RICHNESS: dict[EdgeType, float] = {"volatility_rich": 1.0, "volatility_cheap": -1.0}


@dataclass(frozen=True)
class Vote:
    """``lean`` and ``richness`` in [-1, 1]: conviction signed by direction (bullish +) and by the price of options
    (rich +). ``weight`` is that of the analyst relative to the average one. ``signals`` tell one story, best first."""

    source: Role
    weight: float
    lean: float
    richness: float
    signals: tuple[Signal, ...]

    @property
    def mass(self) -> float:
        """What the vote adds to the scales of direction, positive for the bull."""
        return self.weight * self.lean


def count_votes(signals: Iterable[Signal], weights: Mapping[Role, float]) -> tuple[Vote, ...]:
    """One vote a story, heaviest first, whatever the order of the signals. A story votes in the name of the source that
    weighs most among those that agree with it."""
    stories: dict[str, list[Signal]] = {}
    for signal in sorted(signals, key=lambda s: s.signal_id):
        stories.setdefault(signal.story or signal.signal_id, []).append(signal)
    average = sum(weights.values()) / len(weights)
    votes = (_vote(told, weights, average) for told in stories.values())
    return tuple(sorted(votes, key=lambda v: (-abs(v.mass), -abs(v.richness), v.signals[0].signal_id)))


def scales(votes: Iterable[Vote]) -> tuple[float, float]:
    """(bull, bear): what lies on either side, both >= 0."""
    masses = [vote.mass for vote in votes]
    return round(sum(m for m in masses if m > 0), DIGITS), round(sum(-m for m in masses if m < 0), DIGITS)


def conflict(bull: float, bear: float) -> float:
    """The lighter side over the heavier one, 0 when a side is empty.

    >>> conflict(1.5, 0.5)
    0.33333333
    """
    heavier = max(bull, bear)
    return round(min(bull, bear) / heavier, DIGITS) if heavier > 0 else 0.0


def _vote(told: list[Signal], weights: Mapping[Role, float], average: float) -> Vote:
    lean = _together([SIGN[s.direction] * s.conviction for s in told])
    richness = _together([RICHNESS.get(s.edge_type, 0.0) * s.conviction for s in told])
    best = sorted(told, key=lambda s: (SIGN[s.direction] * lean < 0, -weights[s.source], -s.conviction, s.signal_id))
    return Vote(best[0].source, weights[best[0].source] / average, lean, richness, tuple(best))


def _together(signed: list[float]) -> float:
    """Several tellings of one story: surer than any of them where they agree (1 - product of the doubts)."""
    sure = 1 - prod(1 - v for v in signed if v > 0)
    return sure - (1 - prod(1 + v for v in signed if v < 0))
