"""The social analyst: how much is said, and in what mood."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log1p

from agents.analyst import Findings, make_signal, ramp
from domain.chain import Chain
from domain.market import Context
from domain.signal import Abstention, Direction, Fact, Signal
from quant.surface import Surface
from tools.mentions import Velocity, velocity
from tools.sentiment import sentiment
from tools.stories import group, story_id

WINDOW_DAYS = 7.0
HALF_LIFE_DAYS = 1.0  # news is half as telling a day later
FAST, MOOD = 3.0, 0.3  # velocity and sentiment beyond which attention is strong
MOST_TEXTS = 300  # the latest ones are read for mood; all of them count as mentions
QUIET = 0.05  # sentiment this close to 0 leans nowhere


@dataclass(frozen=True)
class Said:
    """One post or headline: its mood in [-1, 1], and its weight by age and by votes."""

    kind: str
    at: datetime
    text: str
    mood: float
    weight: float


def read(ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime) -> Findings:
    """The mood of posts and of headlines, and the pace of both together. A story told by both carries one id."""
    said = _listen(context, as_of)
    if not said:
        return Abstention("social", ticker, _silence(context))
    leaders = _stories(said)
    moods = [
        _mood(ticker, kind, [s for s in said if s.kind == kind], leaders.get(kind)) for kind in ("posts", "headlines")
    ]
    pace = velocity([post.at for post in context.posts] + [line.at for line in context.headlines], as_of)
    found = [*moods, _attention(ticker, said, pace)]
    return tuple(signal for signal in found if signal is not None)


def _silence(context: Context) -> str:
    reasons = [context.absent[key] for key in ("posts", "headlines") if key in context.absent]
    return "; ".join(dict.fromkeys(reasons)) or f"no post and no headline in the last {WINDOW_DAYS:g} days"


def _listen(context: Context, as_of: datetime) -> list[Said]:
    heard = [("posts", post.at, post.text, post.score) for post in context.posts]
    heard += [("headlines", line.at, line.text, 0) for line in context.headlines]
    fresh = [
        (kind, at, text, votes, age)
        for kind, at, text, votes in heard
        if 0 <= (age := (as_of - at) / timedelta(days=1)) < WINDOW_DAYS
    ]
    latest = sorted(fresh, key=lambda heard: (heard[4], heard[0], heard[2]))[:MOST_TEXTS]
    return [
        Said(kind, at, text, sentiment(text), 0.5 ** (age / HALF_LIFE_DAYS) * (1 + log1p(max(votes, 0))))
        for kind, at, text, votes, age in reversed(latest)
    ]


def _stories(said: Sequence[Said]) -> dict[str, str]:
    """The heaviest story of posts and of headlines, by kind; one that both lead with has one id."""
    first = group([s.text for s in said])
    heaviest: dict[str, tuple[float, int]] = {}
    for kind in {s.kind for s in said}:
        weights: dict[int, float] = {}
        for mine, told in zip(first, said, strict=True):
            if told.kind == kind:
                weights[mine] = weights.get(mine, 0.0) + told.weight * abs(told.mood)
        best = min(weights, key=lambda i: (-weights[i], i))
        heaviest[kind] = (weights[best], best)
    return {kind: story_id(said[i].text) for kind, (weight, i) in heaviest.items() if weight > 0}


def _mean_mood(said: Sequence[Said]) -> float:
    """Weighted mean; copies of one story count once, as their heaviest telling."""
    best: dict[int, Said] = {}
    for mine, told in zip(group([s.text for s in said]), said, strict=True):
        if mine not in best or told.weight > best[mine].weight:
            best[mine] = told
    return sum(s.weight * s.mood for s in best.values()) / sum(s.weight for s in best.values())


def _side(mood: float) -> Direction:
    return "bullish" if mood > QUIET else "bearish" if mood < -QUIET else "neutral"


def _mood(ticker: str, kind: str, said: Sequence[Said], story: str | None) -> Signal | None:
    if not said:
        return None
    mood = _mean_mood(said)
    side = _side(mood)
    tone = {"bullish": "warm", "bearish": "cold", "neutral": "without a lean"}[side]
    what = f"{len(said)} {kind if len(said) > 1 else kind[:-1]}"
    says = f"The mood of {what} in seven days is {tone} at {mood:+.2f} on a scale from -1 to 1."
    sure = 0.5 + 0.5 * ramp(len(said), 1, 8)
    conviction = 0.0 if side == "neutral" else 0.6 * ramp(abs(mood), 0.0, 0.8) * sure
    facts: dict[str, Fact] = {"sentiment": mood, "count": len(said), "scale": 1, "story": story}
    return make_signal("social", ticker, kind, side, conviction, "sentiment", said[-1].at, says, facts, story)


def _attention(ticker: str, said: Sequence[Said], pace: Velocity) -> Signal | None:
    """Pace without mood has no direction; fast and with a mood it is strong."""
    if pace.ratio is None:
        return None
    mood = _mean_mood(said)
    strong = pace.ratio > FAST and abs(mood) > MOOD
    side = _side(mood) if pace.ratio > 1.5 else "neutral"
    conviction = 0.7 + 0.2 * ramp(pace.ratio, FAST, 3 * FAST) if strong else 0.4 * ramp(pace.ratio, 1.5, 2 * FAST)
    says = (
        f"Mentions run at {pace.ratio:.1f} times their weekly pace, {pace.count} in a day against {pace.average:.1f}, "
        f"with a mood of {mood:+.2f}"
    )
    facts: dict[str, Fact] = {
        "velocity": pace.ratio, "velocity_z": pace.z, "mentions_24h": pace.count, "mentions_a_day": pace.average,
        "sentiment": mood, "strong": strong,
    }  # fmt: skip
    return make_signal("social", ticker, "attention", side, conviction, "attention", said[-1].at, f"{says}.", facts)
