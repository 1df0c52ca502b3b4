"""The judge of the rule policy: weighs both sides on the same scales as the aggregator."""

from collections.abc import Sequence
from math import exp

from agents.debaters import on_price, points_of
from agents.rhetoric import gist, ids
from agents.votes import DIGITS, Vote, conflict, scales
from domain.debate import Debate, Speech, Verdict
from domain.mandate import CycleRules
from domain.signal import Composite

CASE = 0.15  # weight below which a side has no case: one weak point of one analyst
CLEARLY, FAINTLY = 0.4, 0.15  # confidence of a clear verdict, and of a faint one
Finding = tuple[Verdict, bool, float]  # verdict, conflicted, confidence


def decide(
    ticker: str,
    votes: Sequence[Vote],
    composite: Composite,
    speeches: tuple[Speech, ...],
    rules: CycleRules,
    transcript_id: str,
) -> Debate:
    """The verdict. The side with more weight wins, unless neither has a case or the evidence conflicts.

    Evidence conflicts when lighter over heavier reaches ``rules.conflict``, or the margin (heavier - lighter) / both
    stays below ``rules.verdict_margin``. Confidence is one in a direction: margin * (1 - exp(-heavier)), 0 when
    inconclusive. The view of the price of options is the composite's and stands apart.
    """
    bull, bear = scales(votes)
    verdict, conflicted = _verdict(bull, bear, rules)
    confidence = 0.0
    if verdict != "inconclusive":
        confidence = round(_margin(bull, bear) * (1 - exp(-max(bull, bear))), 4)
    ruling = _ruling(ticker, (verdict, conflicted, confidence), votes, composite, rules)
    return Debate(
        ticker, transcript_id, verdict, confidence, "rule", conflicted, composite.volatility_edge, (*speeches, ruling)
    )


def _verdict(bull: float, bear: float, rules: CycleRules) -> tuple[Verdict, bool]:
    if not max(bull, bear) >= CASE:
        return "inconclusive", False
    if conflict(bull, bear) >= rules.conflict or not _margin(bull, bear) >= rules.verdict_margin:
        return "inconclusive", True
    return ("bull" if bull > bear else "bear"), False


def _margin(bull: float, bear: float) -> float:
    return round(abs(bull - bear) / (bull + bear), DIGITS) if bull + bear > 0 else 0.0


def _ruling(ticker: str, found: Finding, votes: Sequence[Vote], composite: Composite, rules: CycleRules) -> Speech:
    bulls, bears, price = points_of("bull", votes)[:1], points_of("bear", votes)[:1], on_price(votes)
    said = [_on_direction(ticker, found, bulls, bears)]
    if price is not None:
        said.append(_on_price(composite.volatility_edge, rules))
    cited = [*bulls, *bears, *([] if price is None else [price])]
    return Speech("judge", " ".join(said), ids(*cited), sum(abs(vote.mass) for vote in votes))


def _on_direction(ticker: str, found: Finding, bulls: list[Vote], bears: list[Vote]) -> str:
    verdict, conflicted, confidence = found
    said = [gist(side[0].signals[0]) for side in (bulls, bears) if side]
    if conflicted:
        return f"Both sides have a case: {', yet '.join(said)}. Neither outweighs the other by enough to act on."
    if verdict == "inconclusive" and said:
        return f"Neither side has a case on {ticker}: that {' or that '.join(said)} is too little to act on."
    if verdict == "inconclusive":
        return f"No analyst leans either way on {ticker}, so there is no direction to find for."
    winner, loser = (bulls, bears) if verdict == "bull" else (bears, bulls)
    how = "clearly" if confidence >= CLEARLY else "on balance" if confidence >= FAINTLY else "faintly"
    ruling = f"I find for the {verdict} {how}. What decides it is that {gist(winner[0].signals[0])}"
    return (
        f"{ruling}; that {gist(loser[0].signals[0])} weighs less."
        if loser
        else f"{ruling}, and nothing speaks against it."
    )


def _on_price(edge: float, rules: CycleRules) -> str:
    if not abs(edge) >= rules.min_volatility_edge:
        return "The price of options is too close to fair to trade on alone."
    return f"On the price of options, they are {'rich enough to sell' if edge > 0 else 'cheap enough to buy'}."
