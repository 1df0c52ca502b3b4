"""A curve that follows its quotes where five parameters cannot, on an SVI slice and as free of arbitrage.

The density of the spot at expiry is the slice's own times a ratio: constant between knots, nowhere negative, 1 beyond
the last knots, total probability and forward kept. So call prices are convex, decreasing and within their bounds
everywhere, not only at the strikes; the wings are SVI's own; and prices are known in closed form: between two knots
ratio * (price by SVI) + a straight line. An expiry that touches the one before it is worth the larger of the two, and
the larger of two convex functions is convex. ``quant.residual_fit`` chooses the ratios.

Prices are undiscounted and in units of the forward, strikes too: exp(k) at log-moneyness k.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike

from quant.black import OK, implied_vol, price
from quant.normal import Floats, norm_cdf, norm_pdf
from quant.svi import Svi


class Worth(NamedTuple):
    """A put and a call at each strike, and their slopes in the strike; each pair exact where it is out of the money."""

    put: Floats
    call: Floats
    put_slope: Floats
    call_slope: Floats

    def out_of_the_money(self, k: Floats) -> Floats:
        """The put below the forward, the call from there on."""
        return np.where(k < 0, self.put, self.call)


def worth(base: Svi, k: ArrayLike) -> Worth:
    """What the options of an SVI slice are worth.

    >>> put, call, put_slope, call_slope = worth(Svi(0.04, 0.0, 0.0, 0.0, 1.0), 0.0)
    >>> float(put.round(4)), float(call.round(4)), float(put_slope.round(4))  # 2 N(0.1) - 1 twice, and N(0.1)
    (0.0797, 0.0797, 0.5398)
    """
    k = np.asarray(k, dtype=np.float64)
    s, u, out = np.sqrt(base.variance(k)), np.exp(k), np.where(k < 0, -1.0, 1.0)
    first, _ = base.slopes(k)
    value = price(k >= 0, 1.0, u, 1.0, s, 1.0)
    with np.errstate(all="ignore"):
        d2 = -k / s - s / 2
        slope = norm_pdf(d2) * first / (2 * s) - out * norm_cdf(out * d2)
    below = k < 0
    return Worth(
        np.where(below, value, value - 1 + u), np.where(below, value + 1 - u, value),
        np.where(below, slope, slope + 1), np.where(below, slope - 1, slope),
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Residual:
    """``knots`` ascend in log-moneyness; ``ratios``, one more, are of the density over ``base``'s, left to right.

    The first and the last ratio are 1. Without knots this is ``base`` itself. ``notes`` say which quotes or what else
    had to be left out. ``floor`` is the curve of an earlier expiry that this one meets and may not fall below.
    """

    base: Svi
    knots: Floats
    ratios: Floats
    notes: tuple[str, ...] = ()
    floor: Self | None = None

    def variance(self, k: ArrayLike) -> Floats:
        """Total variance (vol^2 * years) at log-moneyness ``k``; that of ``base`` beyond the knots."""
        k = np.asarray(k, dtype=np.float64)
        points = np.atleast_1d(k)
        own = np.array(self.base.variance(points))
        if len(self.knots):
            within = (points > self.knots[0]) & (points < self.knots[-1])
            own[within] = self._implied(points[within], own[within])
        if self.floor is not None:
            own = np.maximum(own, self.floor.variance(points))
        return np.asarray(own.reshape(k.shape))

    def premium(self, k: ArrayLike) -> Floats:
        """The out-of-the-money option: a put below the forward, a call from there on."""
        k = np.asarray(k, dtype=np.float64)
        own = self.worth(k).out_of_the_money(k)
        return np.asarray(own if self.floor is None else np.maximum(own, self.floor.premium(k)))

    def worth(self, k: ArrayLike) -> Worth:
        """Both options, whatever the ``floor``."""
        k = np.asarray(k, dtype=np.float64)
        plain, cell, u = worth(self.base, k), np.searchsorted(self.knots, k), np.exp(k)
        ratio, (puts, calls) = self.ratios[cell], self._lines
        return Worth(
            ratio * plain.put + puts[0, cell] + puts[1, cell] * u,
            ratio * plain.call + calls[0, cell] + calls[1, cell] * u,
            ratio * plain.put_slope + puts[1, cell],
            ratio * plain.call_slope + calls[1, cell],
        )

    def density(self, k: ArrayLike) -> Floats:
        """Of the spot over the forward at exp(k), whatever the ``floor``; negative only where ``base``'s is."""
        k = np.asarray(k, dtype=np.float64)
        s = np.sqrt(self.base.variance(k))
        with np.errstate(all="ignore"):
            own = self.base.durrleman(k) * norm_pdf(-k / s - s / 2) / (s * np.exp(k))
        return np.asarray(self.ratios[np.searchsorted(self.knots, k)] * own)

    @cached_property
    def _lines(self) -> tuple[Floats, Floats]:
        """Level and slope (2, cells) of the line added to puts, summed from the left, and to calls, from the right.

        Crossing a knot adds (change of ratio) * (price less its tangent at the knot): wings stay exact, however cheap.
        """
        at, u, change = worth(self.base, self.knots), np.exp(self.knots), np.diff(self.ratios)
        puts = change * np.array([at.put_slope * u - at.put, -at.put_slope])
        calls = change * np.array([at.call - at.call_slope * u, at.call_slope])
        none = np.zeros((2, 1))
        left = np.hstack([none, np.cumsum(puts, axis=1)])
        right = np.hstack([none, np.cumsum(calls[:, ::-1], axis=1)])[:, ::-1]
        return left, right

    def _implied(self, k: Floats, otherwise: Floats) -> Floats:
        """From the premium; ``otherwise`` where no double tells it from none."""
        worths = self.worth(k).out_of_the_money(k)
        vol, status = implied_vol(k >= 0, worths, 1.0, np.exp(k), 1.0, 1.0)
        return np.where(status == OK, vol**2, otherwise)
