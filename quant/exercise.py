"""The right to exercise early under any carry, for every strike of an expiry at once.

The spot is the forward times a lognormal martingale (``quant.carry``), so rates, yields and dividends touch only what
exercise pays: at time t, in money of the expiry and per unit of strike, a put pays a (1 - b x) and a call a (b x - 1),
where x = (forward to expiry) / strike, a = exp(rate (T - t)) and b = spot / (forward to expiry), whatever the spot.
What is left is one heat equation: in y = log(x) / (vol sqrt(T)), after sqrt(x) is taken out, the kernel does not know
rate, vol or right. All vols and both rights of an expiry are columns of one matrix and a step is one product with a
Toeplitz matrix; a column serves every strike. Exercise is allowed at each step and around each ex-date; the limit of
continuous exercise is extrapolated from three step sizes (Geske and Johnson, J. Finance 39, 1984), with errors of order
1 and 3/2 in the step. Rates and yields of either sign and two exercise boundaries need no case of their own.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from quant.carry import Carry
from quant.normal import Floats, norm_cdf

REACH, SPACING = 6.0, 0.06  # standard deviations either side of the forward, and between grid points
STEPS = 32
_FEWEST_FIRST = 5  # coarsest steps until the first ex-date
_GRADING = 1.75  # dates until the first ex-date go as this power of their number
_KERNEL_REACH = 7.0  # its tail beyond is 1e-12
_SMOOTH = 0.9  # the trapezoid rule on a Gaussian this many spacings wide errs by 1e-7 and less
_VOL_STEP, _FEWEST_VOLS, _MOST_VOLS = 0.35, 4, 14  # in log vol
_ROOT = 2.0**1.5
_MOST_STEPS = 1.4  # the limit is at most this many last improvements beyond the finest run
# (1 + 1/(_ROOT - 1)) (2 P_n - P_n/2) - (2 P_n/2 - P_n/4) / (_ROOT - 1)
_LIMIT = np.array([2 * _ROOT, -(_ROOT + 2), 1.0]) / (_ROOT - 1)

Exercise = tuple[float, float]  # a, b
Step = tuple[float, tuple[Exercise, ...]]  # share of the expiry's time, then what exercise pays at its earlier end


@dataclass(frozen=True, eq=False)
class ExerciseTable:
    """Premiums over European for one expiry and carry, for any strike and any vol inside the range it was built for.

    ``waiting`` is what not exercising now is worth beyond a European option, over discount sqrt(forward * strike), of
    shape (right, grid point, step size, vol), puts first; ``lines`` the a and b of every date of exercise.
    """

    years: float
    carry: Carry
    forward: float
    log_vols: Floats
    vol_weights: Floats
    waiting: Floats
    lines: Floats

    def premium(self, call: NDArray[np.bool_], strike: Floats, vol: Floats, european: Floats) -> Floats:
        """American minus ``european`` value in money of today, not below 0 nor below what exercise pays now."""
        discount = self.carry.discount(self.years)
        sign = np.where(call, 1.0, -1.0)
        with np.errstate(all="ignore"):
            y = np.log(self.forward / strike) / (vol * np.sqrt(self.years))
            now = sign * (self.carry.spot - strike) - european
            waiting = (discount * np.sqrt(self.forward * strike))[:, None] * self._interpolated(call, y, np.log(vol))
            levels = np.maximum(waiting, now[:, None])
            finest, step = levels[:, 0], np.maximum(levels[:, 0] - levels[:, 1], 0.0)
            best = np.clip(levels @ _LIMIT, finest, finest + _MOST_STEPS * step)
            far = ~(np.abs(y) < REACH)
            best[far] = np.maximum(self._deep(sign, strike)[far] * discount - european[far], now[far])
            return np.asarray(np.maximum(best, 0.0))

    def _deep(self, sign: Floats, strike: Floats) -> Floats:
        """Far from the strike there is no doubt: the best of the dates is known today."""
        pays = self.lines[:, 0] * sign[:, None] * (self.lines[:, 1] * self.forward - strike[:, None])
        return np.asarray(pays.max(axis=-1))

    def _interpolated(self, call: NDArray[np.bool_], y: Floats, log_vol: Floats) -> Floats:
        """(options, step sizes): cubic on the grid, barycentric in log vol."""
        size = self.waiting.shape[1]
        position = np.clip(np.nan_to_num((y + REACH) / SPACING, nan=0.0), 0.0, size - 1.0)
        first = np.clip(position.astype(np.intp) - 1, 0, size - 4)
        u = position - first
        a, b, c = u - 1, u - 2, u - 3
        cubic = (-a * b * c / 6, u * b * c / 2, -u * a * c / 2, u * a * b / 6)
        shares = self._vol_shares(log_vol)
        right = call.astype(np.intp)
        near = sum(share[:, None, None] * self.waiting[right, first + k] for k, share in enumerate(cubic))
        return np.asarray(np.einsum("ijk,ik->ij", near, shares))

    def _vol_shares(self, log_vol: Floats) -> Floats:
        gap = log_vol[:, None] - self.log_vols
        hit = gap == 0.0
        shares = np.where(hit.any(axis=1, keepdims=True), hit, self.vol_weights / np.where(hit, 1.0, gap))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def exercise_table(carry: Carry, years: float, vols: tuple[float, float], steps: int = STEPS) -> ExerciseTable:
    """The table for vols from ``vols[0]`` to ``vols[1]``, both positive; ``years`` positive, the forward known.

    ``steps``, a multiple of 4, is the number of dates of exercise in the finest of the three runs.
    """
    log_vols, vol_weights = _vol_nodes(*vols)
    deviations = np.exp(log_vols) * np.sqrt(years)
    schedules = [_schedule(carry, years, steps // 4, refined) for refined in (4, 2, 1)]
    z = _grid()[:, None] * deviations
    european = np.stack([_european(z, deviations, sign) for sign in (-1.0, 1.0)])
    waiting = np.stack([_held(schedule, deviations) for schedule in schedules], axis=2) - european[:, :, None]
    lines = np.array([(1.0, 1.0), *(pays for _, dates in schedules[0] for pays in dates)])
    return ExerciseTable(years, carry, float(carry.forward(years)), log_vols, vol_weights, waiting, lines)


def _vol_nodes(lowest: float, highest: float) -> tuple[Floats, Floats]:
    """Chebyshev points in log vol and their barycentric weights."""
    low, high = np.log(lowest) - 1e-9, np.log(highest) + 1e-9
    count = int(np.clip(np.ceil((high - low) / _VOL_STEP) + 3, _FEWEST_VOLS, _MOST_VOLS))
    angle = (2 * np.arange(count) + 1) * np.pi / (2 * count)
    nodes = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
    return np.asarray(nodes), np.asarray((-1.0) ** np.arange(count) * np.sin(angle))


def _grid() -> Floats:
    return np.linspace(-REACH, REACH, round(2 * REACH / SPACING) + 1)


def _schedule(carry: Carry, years: float, steps: int, refined: int) -> list[Step]:
    """From the expiry back to now, finer towards now, where the boundary is read; ex-dates count twice."""
    ends = np.unique([0.0, *(at for at, _ in carry.dividends_until(years)), years])
    times = [np.zeros(1)]
    for start, end in pairwise(ends):
        count = refined * max(1 if start > 0 else _FEWEST_FIRST, round(steps * (end - start) / years))
        share = np.arange(1, count + 1) / count
        times.append(start + (end - start) * (share if start > 0 else share**_GRADING))
    dates = np.concatenate(times)[::-1]
    before, after = carry.forwards_around(dates)
    growth, spots = np.exp(carry.rate * (years - dates)).tolist(), (after / after[0]).tolist()
    pays: list[tuple[Exercise, ...]] = [((a, b),) for a, b in zip(growth, spots, strict=True)]
    for i in np.flatnonzero(before != after):
        pays[i] += ((growth[i], float(before[i] / after[0])),)
    shares = (-np.diff(dates) / years).tolist()
    at_expiry: list[Step] = [(0.0, pays[0])] if len(pays[0]) > 1 else []
    return at_expiry + list(zip(shares, [*pays[1:-1], ()], strict=True))


def _held(schedule: list[Step], deviations: Floats) -> Floats:
    """(right, grid, vols): what an option is worth, undiscounted over sqrt(forward * strike), if not exercised now."""
    n, m = len(_grid()), len(deviations)
    pad = int(np.ceil(_KERNEL_REACH * np.sqrt(max((share for share, _ in schedule[1:]), default=0.0)) / SPACING)) + 2
    z = ((np.arange(-pad, n + pad) * SPACING - REACH)[:, None]) * deviations
    sign = np.repeat([-1.0, 1.0], m)
    spot_side, strike_side = sign * np.tile(np.exp(z / 2), 2), sign * np.tile(np.exp(-z / 2), 2)
    inside = slice(pad, pad + n)
    value = np.maximum(spot_side - strike_side, 0.0)
    first, dates = schedule[0]
    if first > 0:
        put = _european(z[inside], deviations * np.sqrt(first), -1.0)
        value[inside] = np.hstack([put, put + np.exp(z[inside] / 2) - np.exp(-z[inside] / 2)])
    _exercise(value, spot_side, strike_side, dates)
    for share, dates in schedule[1:]:
        value[inside] = (_kernel(share, n, pad) @ value) * np.tile(np.exp(-(deviations**2) * share / 8), 2)
        _exercise(value, spot_side, strike_side, dates)
    return np.asarray(value[inside].reshape(n, 2, m).transpose(1, 0, 2))


def _exercise(value: Floats, spot_side: Floats, strike_side: Floats, dates: tuple[Exercise, ...]) -> None:
    """Raise ``value`` to what exercise pays, and take out what the trapezoid rule will add at the kink.

    Between grid points, a share u past the first, a change of slope by g makes it g h^2 (u (1 - u) / 2 - 1 / 12) too
    large (Euler and Maclaurin).
    """
    for a, b in dates:
        gain = a * b * spot_side - a * strike_side - value
        pays = gain > 0
        at, column = np.nonzero(pays[:-1] != pays[1:])
        np.add(value, gain, out=value, where=pays)
        left, right = gain[at, column], gain[at + 1, column]
        u = left / (left - right)
        excess = np.abs(left - right) * (u * (1 - u) / 2 - 1 / 12)
        value[at, column] -= excess * (1 - u)
        value[at + 1, column] -= excess * u


def _kernel(share: float, n: int, pad: int) -> Floats:
    """(n, n + 2 pad) weights of a Gaussian of variance ``share``; by moments where it is too narrow for the grid."""
    row = np.zeros(2 * n + 2 * pad)
    centre = n + pad
    rho = share / SPACING**2
    if rho >= _SMOOTH**2:
        gauss = np.exp(-(np.arange(-pad, pad + 1) ** 2) / (2 * rho))
        row[centre - pad : centre + pad + 1] = gauss / gauss.sum()
    else:
        far, near = (3 * rho**2 - rho) / 24, (4 * rho - 3 * rho**2) / 6
        row[centre - 2 : centre + 3] = far, near, 1 - 2 * (far + near), near, far
    stride = row.strides[0]
    return np.ascontiguousarray(as_strided(row[centre - pad :], (n, n + 2 * pad), (-stride, stride)))


def _european(z: Floats, deviation: Floats, sign: float) -> Floats:
    """Undiscounted Black value over sqrt(forward * strike)."""
    d1 = z / deviation + deviation / 2
    return np.asarray(sign * (np.exp(z / 2) * norm_cdf(sign * d1) - np.exp(-z / 2) * norm_cdf(sign * (d1 - deviation))))
