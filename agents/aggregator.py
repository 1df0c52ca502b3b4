"""All signals of a ticker as one view."""

from collections.abc import Iterable, Sequence

from agents.votes import DIGITS, Vote, conflict, count_votes, scales
from domain.mandate import CycleRules
from domain.signal import ROLES, Composite, Reading, Role, Signal


def aggregate(readings: Sequence[Reading], tickers: Sequence[str], rules: CycleRules) -> tuple[Composite, ...]:
    """One composite a ticker, in the order of ``tickers``; the order of readings and signals does not matter.

    ``score``: each analyst leans at most 1 either way (its stories add up); the mean by the mandate's weights over
    those that answered with a story of their own. An abstention leaves the score alone, a neutral answer pulls it to
    the middle. ``volatility_edge`` is the same mean over the analysts that judge the price of options, ``conviction``
    the stronger of the two views. ``coverage`` counts every analyst that answered.
    """
    return tuple(_composite(ticker, _signals(readings, ticker), rules) for ticker in tickers)


def _signals(readings: Iterable[Reading], ticker: str) -> list[Signal]:
    return [signal for reading in readings for signal in reading.signals if signal.ticker == ticker]


def _composite(ticker: str, signals: list[Signal], rules: CycleRules) -> Composite:
    votes = count_votes(signals, rules.weights)
    answered = {signal.source for signal in signals}
    voices = [role for role in ROLES if any(_of(role, votes))]
    judges = [role for role in voices if any(vote.richness for vote in _of(role, votes))]
    score = _mean({role: _clip(sum(v.lean for v in _of(role, votes))) for role in voices}, rules)
    edge = _mean({role: _clip(sum(v.richness for v in _of(role, votes))) for role in judges}, rules)
    coverage = sum(rules.weights[role] for role in ROLES if role in answered) / sum(rules.weights.values())
    return Composite(
        ticker,
        score=score,
        conviction=max(abs(score), abs(edge)),
        coverage=round(coverage, DIGITS),
        volatility_edge=edge,
        conflict=conflict(*scales(votes)),
        signal_ids=tuple(sorted(s.signal_id for s in signals)),
    )


def _of(role: Role, votes: Iterable[Vote]) -> Iterable[Vote]:
    return (vote for vote in votes if vote.source == role)


def _mean(leans: dict[Role, float], rules: CycleRules) -> float:
    total = sum(rules.weights[role] for role in leans)
    if not total > 0:
        return 0.0
    return _clip(round(sum(rules.weights[role] * lean for role, lean in leans.items()) / total, DIGITS))


def _clip(value: float) -> float:
    return min(max(value, -1.0), 1.0)
