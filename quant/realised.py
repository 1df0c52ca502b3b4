"""Realised volatility from daily bars, decimal a year of 252 sessions. NaN where the bars are too few or not prices."""

import numpy as np

from quant.normal import Floats

SESSIONS = 252


def close_to_close(close: Floats, n: int) -> float:
    """Sample deviation of the last ``n`` daily log returns (Hull, 9th ed., section 15.4).

    Table 15.1: 21 closes, daily deviation 0.01216, 19.3 % a year.

    >>> closes = [20.00, 20.10, 19.90, 20.00, 20.50, 20.25, 20.90, 20.90, 20.90, 20.75, 20.75, 21.00, 21.10, 20.90,
    ...     20.90, 21.25, 21.40, 21.40, 21.25, 21.75, 22.00]
    >>> round(close_to_close(np.array(closes), 20), 3)
    0.193
    """
    returns = _log_ratio(close[1:], close[:-1], n) if n >= 2 else np.empty(0)
    return float(np.std(returns, ddof=1) * np.sqrt(SESSIONS)) if len(returns) else float("nan")


def parkinson(high: Floats, low: Floats, n: int) -> float:
    """From the range of the last ``n`` days (Parkinson, J. Business 53, 1980). Sees no overnight gap."""
    ranges = _log_ratio(high, low, n)
    return float(np.sqrt(SESSIONS * np.mean(ranges**2) / (4 * np.log(2)))) if len(ranges) else float("nan")


def yang_zhang(open: Floats, high: Floats, low: Floats, close: Floats, n: int) -> float:
    """From the last ``n`` days' bars and the close before them (Yang and Zhang, J. Business 73, 2000).

    Drift-free, gaps included: overnight variance + k * open-to-close variance + (1 - k) * Rogers-Satchell.
    """
    if n < 2 or len(close) < n + 1:
        return float("nan")
    overnight = _log_ratio(open[1:], close[:-1], n)
    up, down, body = (_log_ratio(x, open, n) for x in (high, low, close))
    if not (len(overnight) and len(up) and len(down) and len(body)):
        return float("nan")
    k = 0.34 / (1.34 + (n + 1) / (n - 1))
    rogers_satchell = np.mean(up * (up - body) + down * (down - body))
    variance = np.var(overnight, ddof=1) + k * np.var(body, ddof=1) + (1 - k) * rogers_satchell
    return float(np.sqrt(SESSIONS * np.maximum(variance, 0.0)))


def _log_ratio(above: Floats, below: Floats, n: int) -> Floats:
    """log(above / below) of the last ``n`` days; empty if there are fewer, or any is no price."""
    a, b = np.asarray(above, dtype=np.float64)[-n:], np.asarray(below, dtype=np.float64)[-n:]
    if n < 1 or len(a) < n or not bool(np.all((a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b))):
        return np.empty(0)
    return np.asarray(np.log(a / b))
