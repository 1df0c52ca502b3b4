"""The rule policy: a whole debate without a model."""

from collections.abc import Sequence

from agents.debaters import argue, rebut
from agents.judge import decide
from agents.votes import count_votes
from domain.debate import Debate
from domain.mandate import CycleRules
from domain.signal import Composite, Signal


def debate(
    ticker: str, signals: Sequence[Signal], composite: Composite, rules: CycleRules, transcript_id: str
) -> Debate:
    """Two openings, two rebuttals and a ruling; the same evidence always gives the same words.

    Signals of other tickers are not heard.
    """
    votes = count_votes((signal for signal in signals if signal.ticker == ticker), rules.weights)
    speeches = (
        argue("bull", ticker, votes),
        argue("bear", ticker, votes),
        rebut("bull", ticker, votes),
        rebut("bear", ticker, votes),
    )
    return decide(ticker, votes, composite, speeches, rules, transcript_id)
