"""The market's regime, a value; ``risk/regime.py`` is the only place that computes it."""

from datetime import datetime
from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

RegimeName = Literal["low_vol", "neutral", "high_vol", "crisis_mode"]
REGIMES: tuple[RegimeName, ...] = ("low_vol", "neutral", "high_vol", "crisis_mode")


@dataclass(frozen=True)
class Regime:
    """``name`` None means unknown, which every rule refuses. ``inputs`` are in vol points, days and ratios."""

    name: RegimeName | None
    as_of: datetime
    reason: str
    inputs: dict[str, float | str | None] = Field(default_factory=dict)
