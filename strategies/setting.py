"""What surrounds a view besides the regime: an event ahead, how volatility is spread over time and over strikes."""

import math
from dataclasses import dataclass

from domain.mandate import Catalyst, SelectionRules, SelectorRow, SelectorRules, Skew, Term
from quant.surface import Surface, iv30, skew


@dataclass(frozen=True)
class Setting:
    """``term`` and ``skew`` are None where they cannot be known. ``says`` tells all three with their numbers."""

    catalyst: Catalyst
    term: Term | None
    skew: Skew | None
    says: str

    def meets(self, row: SelectorRow) -> bool:
        """Whether the row's conditions hold; what is not known meets a condition only if that asks for nothing."""
        term = self.term in row.term if self.term else len(row.term) == len(TERMS)
        return (
            self.catalyst in row.catalyst
            and term
            and (self.skew in row.skew if self.skew else len(row.skew) == len(SKEWS))
        )


TERMS: tuple[Term, ...] = ("contango", "flat", "backwardation")
SKEWS: tuple[Skew, ...] = ("steep", "ordinary", "inverted")


def setting_of(
    surface: Surface | None, earnings_known: bool, earnings_in: int | None, rules: SelectorRules, days: SelectionRules
) -> Setting:
    """The setting of one underlying. ``earnings_in`` counts calendar days to the next announcement, None if none is.

    An announcement within ``days.max_days`` is a catalyst, and one whose date is not known counts as one.
    """
    catalyst, event = _catalyst(earnings_known, earnings_in, days.max_days)
    slope, lean = _slope(surface, days), _lean(surface)
    term = None if slope is None else _term(slope, rules.slope)
    steep = None if lean is None else _skew(lean, rules.steep_skew)
    says = (
        f"{event}; term structure {_told(term, slope)} over {days.min_days} to {days.max_days} days; "
        f"skew {_told(steep, lean)} of at-the-money volatility"
    )
    return Setting(catalyst, term, steep, says)


def _catalyst(known: bool, ahead: int | None, horizon: int) -> tuple[Catalyst, str]:
    if not known:
        return "earnings", "the next earnings are not known and count as ahead"
    if ahead is None or ahead > horizon:
        return "none", f"no earnings within {horizon} days"
    return "earnings", f"earnings in {ahead} days"


def _slope(surface: Surface | None, days: SelectionRules) -> float | None:
    """Change of at-the-money volatility from the nearest to the farthest day allowed, as a share of the nearest."""
    near = None if surface is None else surface.at_days(days.min_days)
    far = None if surface is None else surface.at_days(days.max_days)
    return _finite(far / near - 1.0) if near and far and near > 0 else None


def _lean(surface: Surface | None) -> float | None:
    """25-delta put minus call volatility 30 days ahead over that at the money."""
    gap, level = (None, None) if surface is None else (skew(surface), iv30(surface))
    return _finite(gap / level) if gap is not None and level and level > 0 else None


def _term(slope: float, least: float) -> Term:
    if abs(slope) < least:
        return "flat"
    return "contango" if slope > 0 else "backwardation"


def _skew(lean: float, steep: float) -> Skew:
    if lean < 0:
        return "inverted"
    return "steep" if lean >= steep else "ordinary"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _told(word: str | None, share: float | None) -> str:
    return "unknown" if word is None or share is None else f"{word} ({share:+.0%})"
