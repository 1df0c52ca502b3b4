"""What two sides argued and what a judge made of it."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

Verdict = Literal["bull", "bear", "inconclusive"]
Side = Literal["bull", "bear", "judge"]


@dataclass(frozen=True)
class Speech:
    """One turn. ``cites`` are signal ids that exist; ``weight`` the sum of convictions behind it."""

    side: Side
    says: str
    cites: tuple[str, ...]
    weight: float = 0.0


@dataclass(frozen=True)
class Debate:
    """``verdict`` "inconclusive" has two causes: ``conflicted`` (both sides have a case) or neither has one.

    ``decided_by``: "rule" or a model's name. ``volatility_edge`` in [-1, 1] is the judge's view of the price of
    options, positive when rich; it stands apart from the direction.
    """

    ticker: str
    transcript_id: str
    verdict: Verdict
    confidence: Annotated[float, Field(ge=0, le=1)]
    decided_by: str
    conflicted: bool
    volatility_edge: float
    speeches: tuple[Speech, ...]
