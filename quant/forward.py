"""The forward an option market itself implies, by put-call parity."""

import numpy as np

from quant.normal import Floats

NEAREST_PAIRS = 11
_GAP_NOW, _GAP_A_YEAR = 0.10, 0.50  # a forward further from the carried spot (in log) is a data error


def implied_forward(
    strike: Floats, call_mid: Floats, put_mid: Floats, spot: float, years: float, rate: float
) -> tuple[float, int]:
    """The forward at which calls and puts of one strike agree, and how many strikes said so.

    Each strike with both mids gives strike + exp(rate * years) * (call - put); the answer is the median over the
    strikes nearest the money, so that one bad mid does not move it and early exercise in the wings does not count.
    Without a pair, or with a median beyond belief, it is spot * exp(rate * years) and 0 pairs; NaN without a spot.

    >>> strikes = np.array([95.0, 100.0, 105.0])
    >>> implied_forward(strikes, np.array([7.0, 4.0, 2.0]), np.array([1.5, 3.5, 6.5]), 100.0, 0.25, 0.0)
    (100.5, 3)
    """
    carried = spot * float(np.exp(rate * years))
    if not 0 < carried < np.inf:
        return float("nan"), 0
    paired = np.isfinite(call_mid) & np.isfinite(put_mid) & (strike > 0)
    strikes = strike[paired]
    forwards = strikes + np.exp(rate * years) * (call_mid - put_mid)[paired]
    if not len(strikes):
        return carried, 0
    first = _near_median(strikes, forwards, carried)
    forward = _near_median(strikes, forwards, first)
    if not (forward > 0 and abs(np.log(forward / carried)) <= _GAP_NOW + _GAP_A_YEAR * years):
        return carried, 0
    return forward, min(len(strikes), NEAREST_PAIRS)


def _near_median(strikes: Floats, forwards: Floats, centre: float) -> float:
    nearest = np.argsort(np.abs(strikes - centre), kind="stable")[:NEAREST_PAIRS]
    return float(np.median(forwards[nearest]))
