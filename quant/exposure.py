"""What open contracts do to the hedges of those who hold them: gamma, vanna and charm exposure.

Who holds which side is not public. By default dealers are taken to be long the calls and short the puts that customers
trade, so calls count + and puts -; ``DealerSigns`` says otherwise. All Greeks are those of a European option on the
surface's forward with the surface's vol held at its strike.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.black import greeks
from quant.gamma_profile import GammaProfile, zero_crossing
from quant.normal import Floats
from quant.surface import Surface, row_years

A_DAY = 1 / 365
A_POINT = 0.01
REACH, STEPS = 0.20, 60  # the profile's spots are within 20 % of today's


class DealerSigns(NamedTuple):
    """What dealers hold of each open contract, from -1 (they sold all of it) to +1 (they bought all of it)."""

    calls: float = 1.0
    puts: float = -1.0


CALLS_LESS_PUTS = DealerSigns()


@dataclass(frozen=True, eq=False)
class OpenLines:
    """The rows of a chain that live, are open and have a vol. ``units`` of underlying, signed as dealers hold them.

    ``growth`` is forward over spot, ``row`` the place in the chain. ``problem`` says why there are none, if so.
    """

    spot: float
    row: NDArray[np.intp]
    call: NDArray[np.bool_]
    strike: Floats
    years: Floats
    vol: Floats
    growth: Floats
    discount: Floats
    units: Floats
    problem: str = ""

    def __len__(self) -> int:
        return len(self.row)

    def profile(self) -> GammaProfile:
        return GammaProfile.of(self.strike, self.years, self.vol, self.growth, self.discount, self.units)


class Exposure(NamedTuple):
    """In account dollars of delta: ``gex`` per 1 % move of the spot, ``vex`` per vol point, ``cex`` per calendar day.

    One entry a strike, ascending. ``decay`` is the change of delta until one calendar day later at the same spot and
    vols, revalued: what expires by then is exercised or gone. ``profile`` is (spots, gex there); ``zero_gamma`` the
    spot nearest today's where it changes sign, None if it does not within 20 %. The totals are None where ``problem``
    says why.
    """

    strikes: Floats
    gex: Floats
    vex: Floats
    cex: Floats
    decay: float | None
    profile: tuple[Floats, Floats]
    zero_gamma: float | None
    problem: str

    @property
    def gex_total(self) -> float | None:
        return self._total(self.gex)

    @property
    def vex_total(self) -> float | None:
        return self._total(self.vex)

    @property
    def cex_total(self) -> float | None:
        return self._total(self.cex)

    def _total(self, values: Floats) -> float | None:
        return None if self.problem else float(values.sum())


def open_lines(chain: Chain, surface: Surface, signs: DealerSigns = CALLS_LESS_PUTS) -> OpenLines:
    """Rows expired at the quote time, without open interest or without a vol are left out.

    Vols are the surface's at each row's strike and expiry, the row's own where the surface has no slice.
    """
    years = row_years(chain)
    held = np.where(np.isfinite(chain.open_interest), chain.open_interest, 0.0)
    alive, spot = years > 0, chain.spot
    rows = np.flatnonzero(alive & (held > 0))
    vols = surface.vol(chain.strike[rows], years[rows])
    vols = np.where(np.isfinite(vols), vols, surface.vols[rows])
    strike = chain.strike[rows]
    kept = np.isfinite(vols) & (vols > 0) & (strike > 0) & np.isfinite(strike) & (0 < spot < np.inf)
    problem = _why_none(chain, bool(alive.any()), len(rows), bool(kept.any()))
    rows, vols = rows[kept], vols[kept]
    call, at = chain.call[rows], years[rows]
    growth = surface.forward(at) / surface.spot if len(rows) else at
    units = np.where(call, signs.calls, signs.puts) * held[rows] * chain.multiplier
    return OpenLines(
        spot, rows, call, chain.strike[rows], at, vols, growth, np.exp(-surface.rate * at), units, problem
    )  # fmt: skip


def exposure(lines: OpenLines) -> Exposure:
    """Gamma, vanna and charm exposure by strike, and the gamma profile over spots within 20 % of today's."""
    spots = lines.spot * np.linspace(1 - REACH, 1 + REACH, STEPS)
    nothing = np.empty(0)
    if lines.problem:
        return Exposure(nothing, nothing, nothing, nothing, None, (spots, np.zeros(STEPS)), None, lines.problem)
    s, units = lines.spot, lines.units
    g = greeks(lines.call, s, s * lines.growth, lines.strike, lines.years, lines.vol, lines.discount)
    strikes, inverse = np.unique(lines.strike, return_inverse=True)
    by_row = (g.gamma * s * s / 100, g.vanna * A_POINT * s, g.charm * A_DAY * s)
    by_strike = [np.asarray(np.bincount(inverse, weights=value * units), dtype=np.float64) for value in by_row]
    profile = lines.profile()
    values = profile.at(spots)
    decay = float(((_delta_a_day_later(lines) - g.delta) * units).sum() * s)
    zero = zero_crossing(profile, spots, values, s)
    return Exposure(strikes, by_strike[0], by_strike[1], by_strike[2], decay, (spots, values), zero, "")


def _delta_a_day_later(lines: OpenLines) -> Floats:
    """Rate and carry go on as they were; what has expired has the delta of the shares it became."""
    left = lines.years - A_DAY
    alive = left > 0
    share = np.where(alive, left / lines.years, 0.0)
    spot, strike = lines.spot, lines.strike
    growth, discount = lines.growth**share, lines.discount**share
    later = greeks(lines.call, spot, spot * growth, strike, np.where(alive, left, A_DAY), lines.vol, discount).delta
    exercised = np.where(lines.call, 1.0 * (spot > strike), -1.0 * (spot < strike))
    return np.asarray(np.where(alive, later, exercised))


def _why_none(chain: Chain, alive: bool, held: int, priced: bool) -> str:
    if priced:
        return ""
    if not 0 < chain.spot < np.inf:
        return f"the spot {chain.spot} is no price"
    if not alive:
        return "every contract has expired by the time of the quotes"
    return "no contract has a volatility" if held else "the chain carries no open interest"
