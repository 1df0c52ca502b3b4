"""Technical indicators of daily closes. Those of TA-Lib come as arrays as long as the input, NaN while warming up."""

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

TREND_SESSIONS = 60


def rsi(close: Floats) -> Floats:
    """Relative strength index over 14 sessions, 0 to 100 (Wilder 1978)."""
    import talib

    return np.asarray(talib.RSI(_doubles(close), timeperiod=14), dtype=np.float64)


def macd(close: Floats) -> tuple[Floats, Floats, Floats]:
    """Line (12 against 26 sessions), its signal (9) and their difference, in price units (Appel 1979)."""
    import talib

    line, signal, histogram = talib.MACD(_doubles(close), fastperiod=12, slowperiod=26, signalperiod=9)
    return np.asarray(line), np.asarray(signal), np.asarray(histogram)


def bollinger(close: Floats) -> tuple[Floats, Floats, Floats]:
    """Upper, middle and lower band: the 20-session mean and two deviations either side (Bollinger 2001)."""
    import talib

    upper, middle, lower = talib.BBANDS(_doubles(close), timeperiod=20, nbdevup=2.0, nbdevdn=2.0)
    return np.asarray(upper), np.asarray(middle), np.asarray(lower)


def atr(high: Floats, low: Floats, close: Floats) -> Floats:
    """Average true range over 14 sessions, in price units (Wilder 1978)."""
    import talib

    return np.asarray(talib.ATR(_doubles(high), _doubles(low), _doubles(close), timeperiod=14), dtype=np.float64)


def trend_strength(close: Floats) -> float:
    """Direction and straightness of the last 60 sessions: the sign of the trend times the R^2 of log price on time.

    +1 a straight rise, -1 a straight fall, near 0 no trend; NaN below 60 closes, 0 for prices that never moved.
    """
    recent = np.asarray(close, dtype=np.float64)[-TREND_SESSIONS:]
    if len(recent) < TREND_SESSIONS or not bool(np.all((recent > 0) & np.isfinite(recent))):
        return float("nan")
    logs = np.log(recent) - np.mean(np.log(recent))
    time = np.arange(TREND_SESSIONS) - (TREND_SESSIONS - 1) / 2
    size = float(np.sqrt(np.sum(logs**2) * np.sum(time**2)))
    r = float(np.sum(logs * time)) / size if size > 1e-9 else 0.0
    return float(np.clip(r * abs(r), -1.0, 1.0))


def correlation(
    a_dates: NDArray[np.datetime64], a_close: Floats, b_dates: NDArray[np.datetime64], b_close: Floats, n: int = 120
) -> float | None:
    """Correlation of the last ``n`` daily log returns between the days both have a price.

    None if they share fewer than n / 2 returns, or either never moved.
    """
    _, i, j = np.intersect1d(a_dates, b_dates, return_indices=True)
    a, b = np.asarray(a_close, dtype=np.float64)[i], np.asarray(b_close, dtype=np.float64)[j]
    priced = (a > 0) & (b > 0) & np.isfinite(a) & np.isfinite(b)
    x, y = (np.diff(np.log(prices[priced]))[-n:] for prices in (a, b))
    if len(x) < max(n / 2, 2) or not (np.std(x) > 0 and np.std(y) > 0):
        return None
    return float(np.clip(np.corrcoef(x, y)[0, 1], -1.0, 1.0))


def _doubles(x: Floats) -> Floats:
    return np.ascontiguousarray(x, dtype=np.float64)
