"""What price, Greeks and implied volatility of a lognormal forward have in common."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.normal import Floats


def broadcast(call: ArrayLike, *rest: ArrayLike) -> tuple[Floats, ...]:
    """+1 for calls and -1 for puts, then the rest, as floats of one shape."""
    sign = np.where(np.asarray(call, dtype=bool), 1.0, -1.0)
    return tuple(np.broadcast_arrays(sign, *(np.asarray(x, dtype=np.float64) for x in rest)))


def usable(forward: Floats, strike: Floats, discount: Floats) -> NDArray[np.bool_]:
    finite = np.isfinite(forward) & np.isfinite(strike) & np.isfinite(discount)
    return np.asarray(finite & (forward > 0) & (strike > 0) & (discount > 0))


def d1_d2(forward: Floats, strike: Floats, years: Floats, vol: Floats) -> tuple[Floats, Floats, Floats]:
    """d1, d2 and the total deviation; without deviation both d are infinite, or 0 at the money."""
    deviation = vol * np.sqrt(np.maximum(years, 0.0))
    moneyness = np.log(forward / strike)
    centre = np.where(moneyness == 0.0, 0.0, moneyness / deviation)
    return centre + deviation / 2, centre - deviation / 2, deviation
