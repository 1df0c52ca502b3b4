"""Many raw SVI slices by compiled loops: for sweeps. ``quant.svi_fit`` does the same in numpy, for a single surface."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats
from quant.svi import Svi, grid
from quant.svi_fit import Quotes

Codes = NDArray[np.int8]


class Fits(NamedTuple):
    """One entry a slice; NaN where none could be fitted, and ``status`` (``quant.kernels.svi``) says why.

    ``misfit`` is the root mean square of (fitted - quoted) * weight, ``butterfly`` that of ``Svi.butterfly``.
    """

    a: Floats
    b: Floats
    rho: Floats
    m: Floats
    sigma: Floats
    misfit: Floats
    butterfly: Floats
    status: Codes

    def slice(self, n: int) -> Svi | None:
        """None where there is none."""
        row = [float(column[n]) for column in self[:5]]
        return Svi(*row) if np.isfinite(row).all() else None


def fit_slices(quotes: Quotes) -> Fits:
    """The least weighted squares within the bounds of an SVI, slice by slice. Never raises on bad quotes: a status."""
    from quant.kernels import svi as kernel
    from quant.kernels import svi_descent as descent

    count, width = quotes.k.shape
    a, b, rho, m, sigma, misfit, butterfly = (np.empty(count) for _ in range(7))
    status = np.empty(count, dtype=np.int8)
    k, w, weight = (np.ascontiguousarray(block, np.float64).ravel() for block in (quotes.k, quotes.w, quotes.weight))
    unit = np.ascontiguousarray(quotes.unit, np.float64)
    scratch = np.empty(3 * width), np.empty(descent.SCRATCH), np.empty(len(_FIXED) + kernel.NEAR)
    kernel.fit_rows(k, w, weight, unit, _FIXED, a, b, rho, m, sigma, misfit, butterfly, status, *scratch)
    return Fits(a, b, rho, m, sigma, misfit, butterfly, status)


_FIXED = grid(0.0, 0.0)[: len(grid()) // 2]  # its first half, which is the same for all slices
