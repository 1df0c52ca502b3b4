"""The one signal schema that every analyst speaks."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

Direction = Literal["bullish", "bearish", "neutral"]
Role = Literal["volatility", "flow", "social", "technicals", "fundamentals"]
EdgeType = Literal[
    "volatility_rich",  # implied above what is likely to be realised: sell it
    "volatility_cheap",
    "skew",
    "term_structure",
    "positioning",  # open interest, gamma exposure, put/call
    "unusual_volume",
    "pinning",
    "trend",
    "mean_reversion",
    "attention",  # mentions rise faster than usual
    "sentiment",
    "earnings",
    "short_interest",
]
PartName = Literal["direction", "volatility", "shape", "flow", "liquidity", "catalyst"]  # of an alpha score
Fact = float | int | str | bool | None

ROLES: tuple[Role, ...] = ("volatility", "flow", "social", "technicals", "fundamentals")


@dataclass(frozen=True)
class Signal:
    """``conviction`` in [0, 1]. ``timestamp`` is the time of the evidence, not of the run.

    ``metadata`` holds the numbers the view rests on, and ``says`` the sentence a person reads. Signals that tell the
    same ``story`` (one news item seen by two sources) count once, with higher conviction.
    """

    signal_id: str
    source: Role
    ticker: str
    direction: Direction
    conviction: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    edge_type: EdgeType
    timestamp: datetime
    says: str
    metadata: dict[str, Fact] = Field(default_factory=dict)
    story: str | None = None


@dataclass(frozen=True)
class Abstention:
    """An analyst that cannot answer says so; it is never a neutral score."""

    source: Role
    ticker: str
    reason: str


@dataclass(frozen=True)
class Reading:
    """What one analyst found over the whole watchlist."""

    source: Role
    signals: tuple[Signal, ...] = ()
    abstentions: tuple[Abstention, ...] = ()


@dataclass(frozen=True)
class Composite:
    """The signals of one ticker as one view.

    ``score`` in [-1, 1], positive bullish; ``conviction`` in [0, 1]; ``coverage`` the weight of the analysts that
    answered over the weight of all. ``volatility_edge`` in [-1, 1], positive when options are rich. ``conflict``
    in [0, 1]: the lighter side's weight over the heavier one's.
    """

    ticker: str
    score: float
    conviction: float
    coverage: float
    volatility_edge: float
    conflict: float
    signal_ids: tuple[str, ...]


@dataclass(frozen=True)
class AlphaPart:
    """``value`` in [0, 1], None where it is not known; ``says`` why either way."""

    name: PartName
    value: float | None
    weight: float
    says: str


@dataclass(frozen=True)
class Alpha:
    """How much a ticker is worth a debate. ``score`` in [0, 1]; ``known`` is the known parts' share of the weight and
    ``doubt`` in [0, 1] what is missing or contradicts itself (``agents.alpha``)."""

    ticker: str
    score: float
    known: float
    doubt: float
    parts: tuple[AlphaPart, ...]


@dataclass(frozen=True)
class Candidate:
    """A ticker worth a debate. ``score`` in [0, 1] ranks; ``parts`` are what each part adds to it, ``says`` why."""

    ticker: str
    rank: int
    score: float
    coverage: float
    parts: dict[str, float]
    says: tuple[str, ...] = ()
