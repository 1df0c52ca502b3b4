"""What a row of the catalogue is made of: legs that say where they stand, and when the whole is meant."""

from dataclasses import dataclass
from typing import Literal

from domain.signal import Direction

Kind = Literal["C", "P", "stock"]
Anchor = Literal["otm", "atm"]
Place = Literal["otm", "atm", "same", "out", "in", "mirror", "wider", "stock"]
Slot = Literal["near", "far"]
VolatilityView = Literal["sells", "buys", "either"]
ANCHORS: tuple[Place, ...] = ("otm", "atm")


@dataclass(frozen=True)
class LegTemplate:
    """One leg and where it stands, exact enough for one enumerator, one matcher and one picture to read every row.

    ``kind``: a call, a put or stock. ``ratio`` is signed contracts of one structure, positive when long; for stock,
    lots of one contract's multiplier of shares.

    ``slot``: all "near" legs of a row share one expiry, all "far" legs share one later expiry of the same class.

    ``place`` is where the strike K stands. An anchor is placed by its own absolute delta alone, in its own slot:

    - "otm": within the mandate's ``short_delta`` band;
    - "atm": within the mandate's ``long_delta`` band.

    Every other option is placed by its strike against that of leg ``to``, an EARLIER position in the row, of whatever
    right and slot:

    - "same": K equals K_to;
    - "out": further out of the money than ``to``, as this leg's own right sees it: a call above K_to, a put below it,
      by at most the mandate's ``max_width`` of spot;
    - "in": the other way, a call below K_to, a put above it, by at most ``max_width`` of spot;
    - "mirror": across K_to from leg ``pair`` (earlier too), and exactly as far: K = 2 K_to - K_pair;
    - "wider": across K_to from leg ``pair``, strictly farther than it, by at most ``max_width`` of spot.

    "stock" has no strike. One rule binds legs that do not name each other: no put anchor stands at or above a call
    anchor. Legs that name each other, directly or through others, make a group; groups are otherwise independent.
    """

    kind: Kind
    ratio: int
    place: Place
    to: int | None = None
    pair: int | None = None
    slot: Slot = "near"

    @property
    def is_anchor(self) -> bool:
        return self.place in ANCHORS

    def holds(self, strike: float, reference: float, other: float | None = None) -> bool:
        """Whether a relative leg may stand at ``strike``, given the strikes of ``to`` and ``pair``; widths apart.

        >>> LegTemplate("P", 1, "out", to=0).holds(95.0, 100.0), LegTemplate("C", 1, "out", to=0).holds(95.0, 100.0)
        (True, False)
        """
        away = strike - reference
        if self.place == "same":
            return abs(away) < SAME
        if self.place in ("out", "in"):
            return (away if (self.kind == "C") == (self.place == "out") else -away) >= SAME
        across = (reference if other is None else other) - reference
        if self.place == "mirror":
            return abs(across) >= SAME and abs(away + across) < SAME
        return away * across < 0 and abs(away) - abs(across) >= SAME


SAME = 5e-4  # half of the smallest difference between listed strikes


@dataclass(frozen=True)
class Structure:
    """``volatility`` says what the structure does with the price of options: "sells" wants them rich.

    ``tradable``: the fund may propose it. The other rows are names for what a book may hold.
    """

    name: str
    title: str
    direction: Direction
    volatility: VolatilityView
    legs: tuple[LegTemplate, ...]
    when: str
    tradable: bool = True

    @property
    def plural(self) -> str:
        """The title of several: "iron butterflies", "boxes", "bullish risk reversals with wings"."""
        noun, _, rest = self.title.partition(" with ")
        ending = {"y": "ies", "x": "xes"}.get(noun[-1])
        several = f"{noun[:-1]}{ending}" if ending else f"{noun}s"
        return f"{several} with {rest}" if rest else several

    @property
    def sells_options(self) -> bool:
        """Whether any option in it is short."""
        return any(leg.kind != "stock" and leg.ratio < 0 for leg in self.legs)

    @property
    def spans_expiries(self) -> bool:
        return any(leg.slot == "far" for leg in self.legs)

    def options(self, right: Kind) -> tuple[int, ...]:
        """Positions in ``legs`` of the options of that right."""
        return tuple(i for i, leg in enumerate(self.legs) if leg.kind == right)

    @property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Positions of the options that name each other, each group in the row's order and led by its anchor."""
        found: list[list[int]] = []
        for i, leg in enumerate(self.legs):
            if leg.is_anchor:
                found.append([i])
            elif leg.to is not None:
                next(group for group in found if leg.to in group).append(i)
        return tuple(tuple(group) for group in found)


def call(ratio: int, place: Place, to: int | None = None, pair: int | None = None, slot: Slot = "near") -> LegTemplate:
    return LegTemplate("C", ratio, place, to, pair, slot)


def put(ratio: int, place: Place, to: int | None = None, pair: int | None = None, slot: Slot = "near") -> LegTemplate:
    return LegTemplate("P", ratio, place, to, pair, slot)


def stock(lots: int) -> LegTemplate:
    return LegTemplate("stock", lots, "stock")
