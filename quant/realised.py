"""Realised volatility from daily bars, decimal a year of 252 sessions. NaN where the bars are too few or not prices.

``rolling`` gives a value at every bar, from the ``n`` bars up to it; the estimators' own functions the last of these.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from quant.normal import Floats

SESSIONS = 252


class Bars(NamedTuple):
    """Daily prices, oldest first, columns of one length."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


Estimator = Callable[[Bars, int], Floats]


def close_to_close(close: Floats, n: int) -> float:
    """Sample deviation of the last ``n`` daily log returns (Hull, 9th ed., section 15.4).

    Table 15.1: 21 closes, daily deviation 0.01216, 19.3 % a year.

    >>> closes = [20.00, 20.10, 19.90, 20.00, 20.50, 20.25, 20.90, 20.90, 20.90, 20.75, 20.75, 21.00, 21.10, 20.90,
    ...     20.90, 21.25, 21.40, 21.40, 21.25, 21.75, 22.00]
    >>> round(close_to_close(np.array(closes), 20), 3)
    0.193
    """
    return _last("close_to_close", Bars(close, close, close, close), n)


def parkinson(high: Floats, low: Floats, n: int) -> float:
    """From the range of the last ``n`` days (Parkinson, J. Business 53, 1980). Sees no overnight gap.

    A range of 2 % each day:

    >>> round(parkinson(np.full(20, 102.0), np.full(20, 100.0), 20), 4) == round(0.0198026 * (252 / 2.772589) ** 0.5, 4)
    True
    """
    return _last("parkinson", Bars(low, high, low, low), n)


def garman_klass(open: Floats, high: Floats, low: Floats, close: Floats, n: int) -> float:
    """Range and body of the last ``n`` days: h²/2 - (2 ln 2 - 1) c² (Garman and Klass, J. Business 53, 1980).

    Assumes no drift and sees no overnight gap. A day that closes where it opened counts for half its range squared:

    >>> flat = np.full(20, 100.0)
    >>> round(garman_klass(flat, np.full(20, 102.0), flat, flat, 20), 4) == round(0.0198026 * (252 / 2) ** 0.5, 4)
    True
    """
    return _last("garman_klass", Bars(open, high, low, close), n)


def rogers_satchell(open: Floats, high: Floats, low: Floats, close: Floats, n: int) -> float:
    """Right under any drift (Rogers and Satchell, Annals of Applied Probability 1, 1991); sees no overnight gap.

    Days that only rise are all drift:

    >>> low = np.full(20, 100.0)
    >>> rogers_satchell(low, low + 2, low, low + 2, 20)
    0.0
    """
    return _last("rogers_satchell", Bars(open, high, low, close), n)


def yang_zhang(open: Floats, high: Floats, low: Floats, close: Floats, n: int) -> float:
    """From the last ``n`` days' bars and the close before them (Yang and Zhang, J. Business 73, 2000).

    Drift-free, gaps included: overnight variance + k * open-to-close variance + (1 - k) * Rogers-Satchell.
    """
    return _last("yang_zhang", Bars(open, high, low, close), n)


def rolling(name: str, bars: Bars, n: int) -> Floats:
    """The estimator of that name (a key of ``ESTIMATORS``) at every bar; NaN where a bar it needs is missing.

    >>> rolling("parkinson", Bars(*np.full((4, 3), 50.0)), 2)
    array([nan,  0.,  0.])
    """
    prices = Bars(*(np.where(np.isfinite(x) & (x > 0), x, np.nan) for x in (np.asarray(c, float) for c in bars)))
    found = np.full(len(prices.close), np.nan)
    if n >= 1:
        variance = ESTIMATORS[name](prices, n)
        found[len(found) - len(variance) :] = np.sqrt(SESSIONS * np.maximum(variance, 0.0))
    return found


def _last(name: str, bars: Bars, n: int) -> float:
    needed = Bars(*(column[-n - 1 :] for column in bars)) if n >= 1 else bars
    found = rolling(name, needed, n)
    return float(found[-1]) if len(found) else float("nan")


def _windows(daily: Floats, n: int) -> Floats:
    """(values that ``n`` in a row end in, n)"""
    return sliding_window_view(daily, n) if len(daily) >= n else np.empty((0, n))


def _spread(daily: Floats, n: int) -> Floats:
    """Sample variance of each window."""
    return np.asarray(np.var(_windows(daily, n), axis=1, ddof=1)) if n >= 2 else np.empty(0)


def _mean(daily: Floats, n: int) -> Floats:
    return np.asarray(np.mean(_windows(daily, n), axis=1))


def _close_to_close(bars: Bars, n: int) -> Floats:
    return _spread(np.diff(np.log(bars.close)), n)


def _parkinson(bars: Bars, n: int) -> Floats:
    return _mean(np.log(bars.high / bars.low) ** 2 / (4 * np.log(2)), n)


def _garman_klass(bars: Bars, n: int) -> Floats:
    body = np.log(bars.close / bars.open)
    return _mean(np.log(bars.high / bars.low) ** 2 / 2 - (2 * np.log(2) - 1) * body**2, n)


def _rogers_satchell(bars: Bars, n: int) -> Floats:
    up, down, body = (np.log(x / bars.open) for x in (bars.high, bars.low, bars.close))
    return _mean(up * (up - body) + down * (down - body), n)


def _yang_zhang(bars: Bars, n: int) -> Floats:
    overnight = _spread(np.log(bars.open[1:] / bars.close[:-1]), n)
    if not len(overnight):
        return overnight
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    body = _spread(np.log(bars.close / bars.open), n)[1:]
    return np.asarray(overnight + k * body + (1 - k) * _rogers_satchell(bars, n)[1:])


ESTIMATORS: Mapping[str, Estimator] = {
    "close_to_close": _close_to_close,
    "parkinson": _parkinson,
    "garman_klass": _garman_klass,
    "rogers_satchell": _rogers_satchell,
    "yang_zhang": _yang_zhang,
}
