"""The right to exercise early under any carry, for every strike of an expiry at once.

Of ``quant.carry``'s model only what exercise pays depends on rates, yields and dividends: at time t, in money of the
expiry and per unit of strike, a put pays a (1 - c - b x) and a call the opposite, where x = (forward to expiry) /
strike, a = exp(rate (T - t)), b = exp(-growth (T - t)) and c = (dividends still to come, at t) / strike. What is left
is one heat equation: in y = log(x) / (vol sqrt(T)), after sqrt(x) is taken out, its kernel knows neither rate nor vol
nor strike. A few vols and strikes are columns of one matrix, a step is one product with a Toeplitz matrix, and all
options of the expiry are read off in between. Exercise is allowed at each step and around each ex-date; the limit of
continuous exercise is extrapolated from three step sizes (Geske and Johnson, J. Finance 39, 1984), with errors of
order 1 and 3/2 in the step. Rates and yields of either sign and two exercise boundaries need no case of their own.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from quant.carry import Carry
from quant.chebyshev import Chebyshev, between
from quant.normal import Floats, norm_cdf

REACH, SPACING = 6.0, 0.075  # standard deviations either side of the forward, and between grid points
STEPS = 32  # of the finest of the three runs, a multiple of 4
_FEWEST_FIRST = 5  # of the coarsest, until the first ex-date
_GRADING = 1.75  # dates until the first ex-date go as this power of their number
_WIDEST = 0.5  # log distance to the forward: strikes further out are read as if they were there
_APART = 0.05  # log distance to the outermost of them
_KERNEL_REACH = 7.0  # its tail beyond is 1e-12
_SMOOTH = 0.9  # the trapezoid rule on a Gaussian this many spacings wide errs by 1e-7 and less
_ROOT = 2.0**1.5
_MOST_STEPS = 1.4  # the limit is at most this many last improvements beyond the finest run
# (1 + 1/(_ROOT - 1)) (2 P_n - P_n/2) - (2 P_n/2 - P_n/4) / (_ROOT - 1)
_LIMIT = np.array([2 * _ROOT, -(_ROOT + 2), 1.0]) / (_ROOT - 1)


class Exercise(NamedTuple):
    """What exercise pays on one date: see above; ``escrow`` is c before it is divided by the strike."""

    growth: float
    spot: float
    escrow: float


Step = tuple[float, tuple[Exercise, ...]]  # share of the expiry's time, then the dates at its earlier end


@dataclass(frozen=True, eq=False)
class ExerciseTable:
    """Premiums over European for one expiry and carry, for any strike and any vol inside the range it was built for.

    ``waiting``, of puts and of calls, is what not exercising now is worth beyond a European option, over discount
    sqrt(forward * strike), of shape (grid point, step size, vol, strike); ``dates`` are all dates of exercise.
    """

    years: float
    carry: Carry
    forward: float
    log_vols: Chebyshev
    log_strikes: Chebyshev
    waiting: tuple[Floats, Floats]
    dates: tuple[Exercise, ...]

    def premium(self, call: NDArray[np.bool_], strike: Floats, vol: Floats, european: Floats) -> Floats:
        """American minus ``european`` value in money of today, not below 0 nor below what exercise pays now."""
        premium = np.empty(len(strike))
        for right in (False, True):
            rows = np.flatnonzero(call == right)
            if len(rows):
                premium[rows] = self._premium(right, strike[rows], vol[rows], european[rows])
        return premium

    def on(self, carry: Carry) -> "ExerciseTable":
        """For another forward and spot; rate and dividends over the forward must be the same."""
        return replace(self, carry=carry, forward=float(carry.forward(self.years)))

    def _premium(self, call: bool, strike: Floats, vol: Floats, european: Floats) -> Floats:
        sign, discount = (1.0 if call else -1.0), self.carry.discount(self.years)
        with np.errstate(all="ignore"):
            y = np.log(self.forward / strike) / (vol * np.sqrt(self.years))
            now = sign * (self.carry.spot - strike) - european
            waiting = self._interpolated(self.waiting[int(call)], y, np.log(vol), np.log(strike))
            waiting *= (discount * np.sqrt(self.forward * strike))[:, None]
            best = _extrapolated(np.maximum(waiting, now[:, None]))
            far, nodes = ~(np.abs(y) < REACH), self.log_strikes.nodes
            apart = ~((np.log(strike) > nodes.min() - _APART) & (np.log(strike) < nodes.max() + _APART))
            best[far] = now[far]
            best[far | apart] = np.maximum(best, self._certain(sign, strike) * discount - european)[far | apart]
            return np.asarray(np.maximum(best, 0.0))

    def _certain(self, sign: float, strike: Floats) -> Floats:
        """Far from the strike there is no doubt: the best of the dates is known today."""
        growth, spot, escrow = np.array(self.dates).T
        return np.asarray((growth * sign * (spot * self.forward + escrow - strike[:, None])).max(axis=1))

    def _interpolated(self, waiting: Floats, y: Floats, log_vol: Floats, log_strike: Floats) -> Floats:
        """(options, step sizes): cubic on the grid, barycentric in log vol and log strike."""
        size = len(waiting)
        position = np.clip(np.nan_to_num((y + REACH) / SPACING, nan=0.0), 0.0, size - 1.0)
        first = np.clip(position.astype(np.intp) - 1, 0, size - 4)
        u = position - first
        a, b, c = u - 1, u - 2, u - 3
        cubic = (-a * b * c / 6, u * b * c / 2, -u * a * c / 2, u * a * b / 6)
        nodes = self.log_strikes.nodes
        by_strike = self.log_strikes.shares(np.clip(log_strike, nodes.min(), nodes.max()))
        shares = self.log_vols.shares(log_vol)[:, :, None] * by_strike[:, None, :]
        near = sum(share[:, None, None, None] * waiting[first + k] for k, share in enumerate(cubic))
        return np.asarray(np.einsum("ijkl,ikl->ij", near, shares))


def _extrapolated(runs: Floats) -> Floats:
    if runs.shape[1] == 1:
        return np.asarray(runs[:, 0])
    finest, step = runs[:, 0], np.maximum(runs[:, 0] - runs[:, 1], 0.0)
    return np.asarray(np.clip(runs @ _LIMIT, finest, finest + _MOST_STEPS * step))


def exercise_table(
    carry: Carry,
    years: float,
    vols: tuple[float, float],
    steps: int = STEPS,
    strikes: tuple[float, float] | None = None,
) -> ExerciseTable:
    """The table for vols from ``vols[0]`` to ``vols[1]``, both positive; ``years`` positive, the forward known.

    ``strikes`` is the range that matters, where it is less than all; further out they are read as if they were there.
    """
    forward, log_vols = float(carry.forward(years)), between(*vols)
    deviations = np.exp(log_vols.nodes) * np.sqrt(years)
    log_strikes = _strike_nodes(carry, years, forward * np.exp(REACH * float(deviations.max())), strikes)
    at = np.exp(log_strikes.nodes)
    schedules = [_schedule(carry, years, steps // 4, refined) for refined in (4, 2, 1)]
    only_ex_dates = [_schedule(carry, years, 0, 1)] if carry.rate >= 0 >= carry.dividend_yield else schedules
    european = _europeans(deviations, {1.0, *(run[0][0] for run in schedules + only_ex_dates)} - {0.0})
    waiting = tuple(
        np.stack([_waiting(schedule, deviations, at, sign, european) for schedule in runs], axis=1)
        for sign, runs in ((-1.0, schedules), (1.0, only_ex_dates))
    )
    dates = (Exercise(1.0, 1.0, 0.0), *(date for _, dates in schedules[0] for date in dates))
    return ExerciseTable(years, carry, forward, log_vols, log_strikes, (waiting[0], waiting[1]), dates)


def _strike_nodes(carry: Carry, years: float, highest: float, asked: tuple[float, float] | None) -> Chebyshev:
    """Strikes matter by the dividends' share of them: none where there are no dividends."""
    forward = float(carry.forward(years))
    if not carry.dividends_until(years):
        return between(forward, forward, fewest=1)
    reach = min(highest / forward, float(np.exp(_WIDEST)))
    low, high = asked if asked is not None else (0.0, np.inf)
    low = float(np.clip(low, forward / reach, forward * reach))
    return between(low, float(np.clip(high, low, forward * reach)), fewest=2)


def _grid() -> Floats:
    return np.linspace(-REACH, REACH, round(2 * REACH / SPACING) + 1)


def _schedule(carry: Carry, years: float, steps: int, refined: int) -> list[Step]:
    """From the expiry back to now, finer towards now, where the boundary is read; ex-dates count twice.

    Without ``steps`` there is no exercise but at ex-dates.
    """
    ends = sorted({0.0, *(at for at, _ in carry.dividends_until(years)), years})
    times = [np.zeros(1)]
    for start, end in pairwise(ends):
        fewest = _FEWEST_FIRST if start == 0 and steps else 1
        count = refined * max(fewest, round(steps * (end - start) / years))
        share = np.arange(1, count + 1) / count
        times.append(start + (end - start) * (share if start > 0 else share**_GRADING))
    dates = np.concatenate(times)[::-1]
    before, after = carry.escrow(dates, years)
    growth = np.exp(carry.rate * (years - dates)).tolist()
    spot = np.exp(-carry.growth * (years - dates)).tolist()
    pays = [(Exercise(a, b, c),) for a, b, c in zip(growth, spot, after.tolist(), strict=True)]
    for i in np.flatnonzero(before != after):
        pays[i] += (Exercise(growth[i], spot[i], float(before[i])),)  # type: ignore[assignment]
    shares = (-np.diff(dates) / years).tolist()
    at_expiry: list[Step] = [(0.0, pays[0])] if len(pays[0]) > 1 else []
    return at_expiry + list(zip(shares, [*pays[1:-1], ()], strict=True))


def _waiting(
    schedule: list[Step], deviations: Floats, strikes: Floats, sign: float, european: dict[float, Floats]
) -> Floats:
    """(grid, vols, strikes): undiscounted worth over sqrt(forward * strike) beyond European, if not exercised now.

    ``european`` are calls; a put is the call as far on the other side of the forward.
    """
    n, m = len(_grid()), len(strikes)
    pad = int(np.ceil(_KERNEL_REACH * np.sqrt(max((share for share, _ in schedule[1:]), default=0.0)) / SPACING)) + 2
    z = (np.arange(-pad, n + pad) * SPACING - REACH)[:, None] * deviations
    spot_side, strike_side = (np.repeat(sign * np.exp(half), m, axis=1) for half in (z / 2, -z / 2))
    inside, strike, side = slice(pad, pad + n), np.tile(strikes, len(deviations)), slice(None, None, int(sign))
    value = np.maximum(spot_side - strike_side, 0.0)
    first, dates = schedule[0]
    if first > 0:
        value[inside] = np.repeat(european[first][side], m, axis=1)
    _exercise(value, spot_side, strike_side, strike, dates)
    for share, dates in schedule[1:]:
        decay = np.repeat(np.exp(-(deviations**2) * share / 8), m)
        value[inside] = (_kernel(share, n, pad) @ value) * decay
        _exercise(value, spot_side, strike_side, strike, dates)
    return np.asarray(value[inside].reshape(n, len(deviations), m) - european[1.0][side, :, None])


def _exercise(
    value: Floats, spot_side: Floats, strike_side: Floats, strike: Floats, dates: tuple[Exercise, ...]
) -> None:
    """Raise ``value`` to what exercise pays, and take out what the trapezoid rule will add at the kink.

    Between grid points, a share u past the first, a change of slope by g makes it g h^2 (u (1 - u) / 2 - 1 / 12) too
    large (Euler and Maclaurin).
    """
    for date in dates:
        gain = date.growth * date.spot * spot_side
        gain -= date.growth * (1.0 - date.escrow / strike) * strike_side
        gain -= value
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


def _europeans(deviations: Floats, shares: set[float]) -> dict[float, Floats]:
    """Undiscounted Black value of calls over sqrt(forward * strike), (grid, vols), with each share of the time left."""
    left = np.sqrt(np.array(list(shares)))[:, None, None]
    y = _grid()[:, None]
    half = deviations * left / 2
    above, below = norm_cdf(np.stack([y / left + half, y / left - half]))
    grown = np.exp(y * deviations / 2)
    return dict(zip(shares, grown * above - below / grown, strict=True))
