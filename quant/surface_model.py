"""A volatility surface: one smile an expiry, total variance linear in between."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from domain.chain import Style
from quant.black import Codes
from quant.carry import Carry
from quant.normal import Floats
from quant.smile import Smile, log_moneyness

if TYPE_CHECKING:
    from quant.refined import RefinedSmile

DAYS_A_YEAR = 365.0


@dataclass(frozen=True, eq=False)
class Surface:
    """``vols`` and ``status`` have one entry a row of the chain: the vol of the row's own mid, NaN unless ``OK``.

    ``slices`` ascend by expiry; ``problems`` are sentences about expiries left out and inputs assumed. ``carries``, one
    a slice, say what holding the underlying costs and yields until then; there are none where nobody asked for them (a
    European chain whose rate was given). Vols are those of European options; ``style`` is that of the contracts.
    """

    ticker: str
    quote_time: datetime
    spot: float
    rate: float
    slices: tuple[Smile, ...]
    vols: Floats
    status: Codes
    problems: tuple[str, ...]
    style: Style = "european"
    carries: tuple[Carry, ...] = ()

    def vol(self, strike: ArrayLike, years: ArrayLike) -> Floats:
        """Vol at any strike and time: total variance linear in time at equal log-moneyness, flat vol outside.

        NaN without slices.
        """
        k, t = np.broadcast_arrays(np.asarray(strike, dtype=np.float64), np.asarray(years, dtype=np.float64))
        if not self.slices:
            return np.full(k.shape, np.nan)
        moneyness = log_moneyness(k, self.forward(t))
        return self._through_time(np.array([smile.vol_at(moneyness) for smile in self.slices]), t)

    def forward(self, years: ArrayLike) -> Floats:
        """Forward at any time: log growth linear between slices, from 0 now; at the last slice's pace beyond it."""
        t = np.asarray(years, dtype=np.float64)
        times = np.array([0.0, *(smile.years for smile in self.slices)])
        growth = np.log(np.array([self.spot, *(smile.forward for smile in self.slices)]) / self.spot)
        pace = growth[-1] / times[-1] if self.slices else self.rate
        within = np.interp(t, times, growth) + pace * np.maximum(t - times[-1], 0.0)
        return np.asarray(self.spot * np.exp(within))

    def at_days(self, days: float) -> float | None:
        """Vol at the forward, ``days`` calendar days ahead; None if there is no slice."""
        return self.between([smile.atm for smile in self.slices], days)

    def between(self, vols: list[float], days: float) -> float | None:
        """One vol a slice, read ``days`` ahead in total variance; None if there is no slice."""
        if not self.slices:
            return None
        return float(self._through_time(np.array(vols)[:, None], np.array([days / DAYS_A_YEAR]))[0])

    @cached_property
    def refined(self) -> "tuple[RefinedSmile, ...]":
        """The smiles through their quotes as far as these say more than the fit, free of arbitrage; worked out when
        first asked for (5 ms an expiry)."""
        from quant.refined import refine

        return refine(self.slices)

    def slice_for(self, expiry: date) -> Smile | None:
        return next((smile for smile in self.slices if smile.expiry == expiry), None)

    def carry_to(self, expiry: date) -> Carry | None:
        """What early exercise of American contracts turns on; None for European ones and where it is not known."""
        if self.style != "american":
            return None
        found = zip(self.slices, self.carries, strict=False)
        return next((carry for smile, carry in found if smile.expiry == expiry), None)

    def _through_time(self, vols: Floats, years: Floats) -> Floats:
        """Vols (slices first) at the slices' times, read at ``years`` in total variance."""
        times = np.array([smile.years for smile in self.slices])
        right = np.clip(np.searchsorted(times, years), 1, max(len(times) - 1, 1))
        left = right - 1
        right = np.minimum(right, len(times) - 1)
        pick = np.indices(years.shape)
        first, last = vols[(left, *pick)], vols[(right, *pick)]
        span = np.where(times[right] > times[left], times[right] - times[left], 1.0)
        share = (years - times[left]) / span
        t = np.clip(years, times[0], times[-1])
        total = (1 - share) * first**2 * times[left] + share * last**2 * times[right]
        between = np.sqrt(np.maximum(total, 0.0) / t)
        return np.asarray(np.where(years <= times[0], vols[0], np.where(years >= times[-1], vols[-1], between)))


def iv30(surface: Surface) -> float | None:
    """Vol at the forward 30 calendar days ahead, decimal; None if the surface has no slice."""
    return surface.at_days(30)


def skew(surface: Surface, days: float = 30, delta: float = 0.25) -> float | None:
    """Put vol minus call vol at that forward delta, ``days`` ahead, decimal; None if the surface has no slice."""
    put = surface.between([smile.delta_vol(delta, call=False) for smile in surface.slices], days)
    call = surface.between([smile.delta_vol(delta, call=True) for smile in surface.slices], days)
    return None if put is None or call is None else put - call


def term(surface: Surface) -> tuple[tuple[date, float, float], ...]:
    """(expiry, days to it, vol at the forward) for every slice."""
    return tuple((smile.expiry, smile.years * DAYS_A_YEAR, smile.atm) for smile in surface.slices)
