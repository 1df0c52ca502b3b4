"""The standard normal distribution, accurate in both tails, in numpy alone."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_SQRT_2 = 1.4142135623730950488
_INV_SQRT_2PI = 0.39894228040143267794
_INV_SQRT_PI = 0.56418958354775628695

# W. J. Cody, "Rational Chebyshev approximations for the error function", Math. Comp. 23 (1969), as in CALERF:
# erf(y)/y in y^2 up to 0.46875, exp(y^2) erfc(y) in y up to 4, and its remainder in 1/y^2 beyond.
_SMALL = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (1.0, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3),
)
_MIDDLE = (
    (
        2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594e0, 6.61191906371416295e1,
        2.98635138197400131e2, 8.81952221241769090e2, 1.71204761263407058e3, 2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
        3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
    ),
)  # fmt: skip
_LARGE = (
    (
        1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
        1.60837851487422766e-2, 6.58749161529837803e-4,
    ),
    (
        1.0, 2.56852019228982242e0, 1.87295284992346725e0, 5.27905102951428412e-1, 6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)  # fmt: skip


def norm_pdf(x: ArrayLike) -> Floats:
    """Density of N(0, 1).

    >>> round(float(norm_pdf(0.0)), 6)
    0.398942
    """
    x = np.asarray(x, dtype=np.float64)
    with np.errstate(all="ignore"):
        return np.asarray(_INV_SQRT_2PI * _gauss(np.abs(x)))


def norm_cdf(x: ArrayLike) -> Floats:
    """Probability that N(0, 1) is at most ``x``; relative error about 1e-15 in both tails.

    >>> round(float(norm_cdf(0.7693)), 4)  # Hull, 9th ed., Example 15.6
    0.7791
    """
    x = np.asarray(x, dtype=np.float64)
    magnitude = np.abs(np.atleast_1d(x))
    y = magnitude / _SQRT_2
    tail = np.full(y.shape, np.nan)
    with np.errstate(all="ignore"):
        for rows, chance in ((y <= 0.46875, _near), ((y > 0.46875) & (y <= 4.0), _between), (y > 4.0, _beyond)):
            if rows.any():
                tail[rows] = chance(magnitude[rows], y[rows])
    return np.asarray(np.where(np.atleast_1d(x) > 0, 1.0 - tail, tail).reshape(x.shape))


def _near(magnitude: Floats, y: Floats) -> Floats:
    return np.asarray(0.5 - 0.5 * y * _ratio(_SMALL, y**2))


def _between(magnitude: Floats, y: Floats) -> Floats:
    return np.asarray(0.5 * _gauss(magnitude) * _ratio(_MIDDLE, y))


def _beyond(magnitude: Floats, y: Floats) -> Floats:
    return np.asarray(0.5 * _gauss(magnitude) * _scaled_far_tail(y))


def _scaled_far_tail(y: Floats) -> Floats:
    """exp(y^2) erfc(y) beyond 4."""
    z = 1.0 / y**2
    return np.asarray((_INV_SQRT_PI - z * _ratio(_LARGE, z)) / y)


def _gauss(x: Floats) -> Floats:
    """exp(-x^2 / 2) for x >= 0, the square split so that its rounding is not amplified."""
    head = np.minimum(np.trunc(x * 16.0) / 16.0, 64.0)
    return np.asarray(np.exp(-0.5 * head * head) * np.exp(-0.5 * (x - head) * (x + head)))


def _ratio(coefficients: tuple[tuple[float, ...], tuple[float, ...]], z: Floats) -> Floats:
    above, below = coefficients
    return _horner(above, z) / _horner(below, z)


def _horner(coefficients: tuple[float, ...], z: Floats) -> Floats:
    """The polynomial, highest power first, without an intermediate array a step."""
    value = np.full(z.shape, coefficients[0])
    for coefficient in coefficients[1:]:
        value *= z
        value += coefficient
    return value
