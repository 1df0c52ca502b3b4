"""Forward and rate that a chain's own calls and puts imply."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

NEAR = 1.5  # standard deviations from the forward within which pairs are asked
CLOSE, ENOUGH = 0.5, 6  # deviations that suffice where so many pairs are quoted
FEWEST = 3
FURTHEST, FURTHEST_A_YEAR = 0.03, 0.15  # from the guess, in log; early exercise moves a forward by far less
MOST_OFF = 1e4
DOUBT = 0.1  # share of the right to exercise early that the model may be wrong by
UNBENT = 1.0  # deviations above the money: there a dividend shows in full before anything is known of exercise
SHORT = 0.25  # years, within which dividends bend the money
ROUNDING = 0.002  # per unit: quotes no wider than this are not better known
WIDE = (0.6, 0.85)
LEAST_YEARS, MOST_YEARS = 0.12, 1.2
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Pairs:
    """Strikes of one expiry with both mids: ``gap`` is call minus put, ``error`` its half-spreads together."""

    years: float
    strike: Floats
    call_row: Rows
    put_row: Rows
    gap: Floats
    error: Floats

    @staticmethod
    def none(years: float) -> "Pairs":
        nothing, rows = np.empty(0), np.empty(0, dtype=np.intp)
        return Pairs(years, nothing, rows, rows, nothing, nothing)

    def select(self, which: NDArray[np.bool_]) -> "Pairs":
        return Pairs(
            self.years, self.strike[which], self.call_row[which], self.put_row[which], self.gap[which],
            self.error[which],
        )  # fmt: skip


def first_forward(pairs: Pairs, guess: float, deviation: float, rate: float) -> float:
    """What the pairs nearest the money say, read as European. ``deviation`` is that of the log spot."""
    none = np.zeros(len(pairs.strike))
    return forward_without(pairs, none, none, rate, guess, deviation, False)


def forward_without(pairs: Pairs, call_premium: Floats, put_premium: Floats, rate: float, guess: float,
                    deviation: float, unbent: bool) -> float:  # fmt: skip
    """The forward of quotes less what early exercise is worth, one entry a pair; pairs whose premium is large count
    less, as the model may err there. ``guess`` where fewer than three pairs speak.

    ``unbent``: while no dividend is known, near expiries are read off pairs above the money, whose calls nobody
    exercises before an ex-date.
    """
    if not (0 < guess < np.inf and deviation > 0):
        return guess
    centre = UNBENT if unbent and pairs.years < SHORT else 0.0
    away = np.abs(np.log(pairs.strike / guess) / deviation - centre)
    near = np.flatnonzero(away <= CLOSE)
    if len(near) < ENOUGH:
        near = np.flatnonzero(away <= NEAR)
    doubt = DOUBT * (np.nan_to_num(call_premium) + np.nan_to_num(put_premium))
    return _agreed(pairs, near, call_premium - put_premium, doubt, rate, guess)


def bend(pairs: Pairs, premium_gap: Floats, rate: float, forward: float, deviation: float) -> float:
    """How far the pairs around the money contradict ``forward``, in their own errors: the mean square."""
    said = pairs.strike + np.exp(rate * pairs.years) * (pairs.gap - premium_gap)
    near = np.isfinite(said) & (np.abs(np.log(pairs.strike / forward)) <= NEAR * deviation)
    off = (said - forward)[near] / (pairs.error[near] + ROUNDING)
    return float(np.mean(np.minimum(off**2, MOST_OFF))) if near.any() else np.inf


def implied_rate(pairs: Pairs, premium_gap: Floats, forward: float) -> tuple[float, float] | None:
    """Rate (decimal, continuously compounded) and its standard error, from how call minus put falls with the strike.

    Only strikes of 60 to 85 % of the forward are asked, where the right to exercise a put is worth least; None outside
    six weeks to fourteen months, and with under eight such strikes.
    """
    low, high = WIDE[0] * forward, WIDE[1] * forward
    kept = np.flatnonzero((pairs.strike > low) & (pairs.strike < high) & np.isfinite(premium_gap))
    if not (LEAST_YEARS < pairs.years < MOST_YEARS) or len(kept) < 8:
        return None
    x, y = pairs.strike[kept] - forward, (pairs.gap - premium_gap)[kept]
    weight = 1 / (pairs.error[kept] + ROUNDING)
    basis = np.stack([weight, weight * x], axis=1)
    solved = np.linalg.solve(basis.T @ basis, basis.T @ (weight * y))
    discount = -float(solved[1])
    if not 0.5 < discount < 1.2:
        return None
    left = weight * y - basis @ solved
    variance = float(left @ left) / (len(kept) - 2) * float(np.linalg.inv(basis.T @ basis)[1, 1])
    return -np.log(discount) / pairs.years, float(np.sqrt(variance)) / discount / pairs.years


def _agreed(pairs: Pairs, which: Rows, premium: Floats, doubt: Floats, rate: float, guess: float) -> float:
    """The mean of what the pairs say, weighted by their errors, without those that contradict the middle."""
    said = pairs.strike + np.exp(rate * pairs.years) * (pairs.gap - premium)
    which = which[np.isfinite(said[which])]
    if len(which) < FEWEST:
        return guess
    values, errors = said[which], np.hypot(pairs.error, doubt)[which] + ROUNDING
    weights = 1 / errors**2
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    middle = values[order][int(np.searchsorted(reached, reached[-1] / 2))]
    agree = np.abs(values - middle) <= 3 * errors
    forward = float(np.sum((values * weights)[agree]) / np.sum(weights[agree]))
    believable = forward > 0 and abs(np.log(forward / guess)) <= FURTHEST + FURTHEST_A_YEAR * pairs.years
    return forward if believable else guess
