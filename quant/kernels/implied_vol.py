"""Implied volatility over rows: one guess and one step of fourth order settle nearly every quote, eight at a time.

The guess inverts the price as if the forward were normal (Choi, Kim and Kwak, "Numerical approximation of the implied
volatility under arithmetic Brownian motion", Applied Mathematical Finance 16, 2009, write it in eta = v / atanh(v) with
v = |F - K| / straddle) and turns normal into lognormal deviation by a fitted polynomial: within 1e-3 up to a total
deviation of 3 and 9 standard deviations from the money. The step is Householder's of third order on the log of the
price, beyond the inflection point on the log of its distance to the maximum (Jäckel, "Let's be rational", Wilmott
2015), from scaled tails, so that nothing underflows. ``persist`` takes more steps where one was not enough.
"""

import math

from quant.implied_vol import ABOVE_MAXIMUM, BAD_INPUT, BELOW_INTRINSIC, EXPIRED, NO_PRICE, OK
from quant.kernels import Codes, Flags, Floats, fused, part
from quant.kernels.elementary import horner, log, tail_parts

UNSETTLED = -1

_TWICE_EPSILON = 2 * 2.220446049250313e-16
_TAIL_SLOPE = math.sqrt(2.0 / math.pi)
_SETTLES = 1e-3  # a relative step of e leaves an error below e^4
_FITTED_X, _FITTED_SQUARE = 27.0, 5.5
_LARGE_DEVIATION, _MOST_STEPS = 3.0, 12
_SMALLEST = 1e-140  # of a price over sqrt(F K), and of a price: nothing computed from them leaves the normal doubles

# Normal deviation / (sqrt(eta pi / 2) straddle) in eta: a quotient of polynomials within 7e-6 down to prices of 1e-300.
_NORMAL_ABOVE = (
    4732.750816434047, 3019.313142193484, 873.6920819680603, 532.3111854938053, 45.74198144575886, 0.39917710677144264,
)  # fmt: skip
_NORMAL_BELOW = (
    1410.0546496533152, 6176.32080892333, 410.81375148045873, 1094.4764676633297, 111.6075814683198, 1.0,
)  # fmt: skip

# Lognormal over normal deviation: one polynomial in |log(F / K)| for each power of the squared normal deviation.
_L0 = (
    -4.4182595e-08, 1.3955222e-06, -1.5638276e-05, 7.6497394e-05, -0.00015575989, 0.00010585609, 0.9999888,
)  # fmt: skip
_L1 = (4.1509296e-07, -1.1932115e-05, 0.00012630474, -0.00068626677, 0.00018955325, 0.041790867)
_L2 = (-1.2607106e-06, 3.0622539e-05, -0.00018171224, 0.00019882104, 0.0035906751)
_L3 = (9.2017395e-07, -3.5697092e-05, 1.4873561e-05, 0.00035461325)
_L4 = (3.3873327e-06, 3.0736088e-05, 9.5892233e-05)
_L5 = (-9.2554543e-06, -2.7700101e-05)
_L6 = 7.7776824e-06


@fused
def implied_vol(
    call: Flags,
    premium: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    discount: Floats,
    vol: Floats,
    status: Codes,
) -> None:
    """Fill ``vol`` and ``status``: the codes of ``quant.implied_vol``, and ``UNSETTLED`` for those to go on with."""
    for i in range(len(premium)):
        p, f, k, t, d = premium[i], forward[i], strike[i], years[i], discount[i]
        undiscounted = p / d
        intrinsic = abs(f - k) if call[i] == (f > k) else 0.0
        code = status_of(p, f, k, t, d, undiscounted, intrinsic, f if call[i] else k)
        x, beta, rest, s, fitted, normal = first_guess(f, k, undiscounted - intrinsic)
        step = deviation_step(x, s, beta, rest)
        settled = (abs(step) <= _SETTLES * s) & fitted & normal
        vol[i] = (s + step) / math.sqrt(t) if (code == OK) & settled else math.nan
        status[i] = code if (code != OK) | settled else UNSETTLED


@fused
def persist(
    call: Flags,
    premium: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    discount: Floats,
    vol: Floats,
    status: Codes,
) -> int:
    """Settle ``UNSETTLED`` rows by steps until they are small; how many remain for a search with brackets."""
    remaining = 0
    for i in range(len(premium)):
        if status[i] != UNSETTLED:
            continue
        f, k = forward[i], strike[i]
        intrinsic = abs(f - k) if call[i] == (f > k) else 0.0
        x, beta, rest, s, fitted, normal = first_guess(f, k, premium[i] / discount[i] - intrinsic)
        s = s if fitted and s > 0.0 else max(math.sqrt(2.0 * x), _LARGE_DEVIATION)
        for _ in range(_MOST_STEPS):
            step = deviation_step(x, s, beta, rest)
            s += step
            if not s > 0.0 or abs(step) <= _SETTLES * s:
                break
        if normal and s > 0.0 and abs(step) <= _SETTLES * s:
            vol[i], status[i] = s / math.sqrt(years[i]), OK
        else:
            remaining += 1
    return remaining


@part
def status_of(
    p: float, f: float, k: float, t: float, d: float, undiscounted: float, intrinsic: float, maximum: float
) -> int:
    code = OK if undiscounted - intrinsic > _TWICE_EPSILON * max(undiscounted, intrinsic) else BELOW_INTRINSIC
    code = ABOVE_MAXIMUM if undiscounted >= maximum else code
    code = code if (p > 0.0) & (p < math.inf) else NO_PRICE
    code = EXPIRED if t <= 0.0 else code
    usable = (f > 0.0) & (f < math.inf) & (k > 0.0) & (k < math.inf) & (d > 0.0) & (d < math.inf)
    return code if usable & (t > -math.inf) & (t < math.inf) else BAD_INPUT


@part
def first_guess(f: float, k: float, time_value: float) -> tuple[float, float, float, float, bool, bool]:
    """|log(F / K)|, price over sqrt(F K), its distance to the maximum, and a total deviation for them.

    Last, whether that deviation was fitted there, and whether all of them are numbers whose logarithm can be taken.
    """
    low, high, gap, scale = min(f, k), max(f, k), abs(f - k), math.sqrt(f * k)
    x, beta = log(high / low), time_value / scale
    rest = low / scale - beta
    s, square = deviation_guess(x, beta, time_value, gap, gap / scale)
    normal = (beta > _SMALLEST) & (rest > 0.0) & (low > _SMALLEST) & (scale > _SMALLEST) & (scale < 1 / _SMALLEST)
    return x, beta, rest, s, (x <= _FITTED_X) & (square <= _FITTED_SQUARE), normal


@part
def deviation_guess(x: float, beta: float, time_value: float, gap: float, width: float) -> tuple[float, float]:
    """The guess of the total deviation, and the square of the normal deviation it was fitted in.

    ``beta`` is the out-of-the-money price and ``width`` the distance of forward and strike, both over sqrt(F K).
    """
    at_the_money = gap < 1e-6 * time_value
    eta = 2.0 * gap / ((2.0 * time_value + gap) * log((time_value + gap) / time_value))
    eta = 1.0 if at_the_money else eta
    normal = (2.0 * beta + width) * math.sqrt(0.5 * math.pi * eta)
    normal = normal * horner(eta, _NORMAL_ABOVE) / horner(eta, _NORMAL_BELOW) * ((x + 1e-12) / (width + 1e-12))
    w = normal * normal
    ratio = ((_L6 * w + horner(x, _L5)) * w + horner(x, _L4)) * w + horner(x, _L3)
    ratio = ((ratio * w + horner(x, _L2)) * w + horner(x, _L1)) * w + horner(x, _L0)
    return normal * ratio, w


@part
def deviation_step(x: float, s: float, beta: float, rest: float) -> float:
    """Householder's third-order step from s for the price ``beta``, whose distance to its maximum is ``rest``."""
    h, t = x / s, 0.5 * s
    above_1, below_1 = tail_parts(abs(h - t))
    above_2, below_2 = tail_parts(h + t)
    side = -1.0 if h >= t else 1.0  # -1: out to the inflection point, in the price; 1: beyond it, in the rest
    both = below_1 * below_2
    spread = above_1 * below_2 + side * above_2 * below_1
    ratio = spread / (2.0 * both * (beta if h >= t else rest))
    gap = log(ratio) - 0.5 * (h * h + t * t) if ratio > 0.0 else math.nan
    slope = -side * _TAIL_SLOPE * both / spread
    bend = h * h / s - 0.25 * s - slope
    third = bend * bend - 3.0 * (h / s) * (h / s) - 0.25 - slope * bend
    newton = -gap / slope
    return newton * (1.0 + 0.5 * newton * bend) / (1.0 + newton * (bend + newton * third / 6.0))
