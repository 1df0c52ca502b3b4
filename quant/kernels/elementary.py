"""Logarithm, exponential and normal tail without a branch or a call, so that LLVM turns eight options into one vector.

Each takes and returns one double. Arguments out of the stated range give nonsense, never an exception: callers select.
"""

import math

import numpy as np

from quant.kernels import part

_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10  # the high part has 21 trailing zero bits
_LOG2_E = 1.0 / math.log(2.0)
_ROUND = 6755399441055744.0  # 1.5 * 2^52: adding and subtracting it rounds to a whole number
_ROUND_BITS, _ONE_BITS, _SQRT_HALF_BITS = 0x4338000000000000, 0x3FF0000000000000, 0x3FE6A09E667F3BCD
_EXP_SERIES = tuple(1.0 / math.factorial(n) for n in range(13, -1, -1))
_LOG_SERIES = tuple(2.0 / (2 * n + 1) for n in range(10, 0, -1))
_LOWEST_EXPONENT = -708.0

# 2 N(-d) exp(d^2 / 2) as a quotient of polynomials on 0 <= d <= 85, relative error 1.5e-16: our own least-squares fit
# with Lawson's weights in sixty digits. All coefficients are positive, so nothing cancels.
_TAIL_ABOVE = (
    3.3231026824778432e-06, 8.669947527928788e-05, 0.0011133595790890735, 0.009085052553294063, 0.05147100327890189,
    0.20910814670628178, 0.6089507348665076, 1.2301345666219996, 1.5784889051200868, 0.9999999999999999,
)  # fmt: skip
_TAIL_BELOW = (
    4.164891571701343e-06, 0.00010866167806511805, 0.0013995541919929525, 0.011495086478819335, 0.06589639571425387,
    0.2732472936230438, 0.8249668795571565, 1.7821349551147683, 2.6262062657844143, 2.376373465922922, 1.0,
)  # fmt: skip


@part
def horner(z: float, coefficients: tuple[float, ...]) -> float:
    """The polynomial with the highest power first, its odd and even powers summed side by side to halve the wait."""
    square, last = z * z, len(coefficients) - 1
    even, odd = coefficients[last % 2], coefficients[1 - last % 2]
    for i in range(2 + last % 2, last + 1, 2):
        even = even * square + coefficients[i]
    for i in range(3 - last % 2, last, 2):
        odd = odd * square + coefficients[i]
    return odd * z + even


@part
def log(x: float) -> float:
    """Natural logarithm of a positive normal double, to about one unit in the last place."""
    bits = np.float64(x).view(np.int64)
    exponent = (bits - _SQRT_HALF_BITS) >> 52
    f = np.int64(bits - (exponent << 52)).view(np.float64) - 1.0  # sqrt(1/2) - 1 to sqrt(2) - 1
    k = np.int64(exponent + _ROUND_BITS).view(np.float64) - _ROUND
    s = f / (2.0 + f)
    z = s * s
    return k * _LN2_HIGH + (f - (s * (f - z * horner(z, _LOG_SERIES)) - k * _LN2_LOW))


@part
def exp_sum(large: float, small: float) -> float:
    """exp(large + small) without the rounding of their sum, below 709; 0 below the smallest normal double."""
    shifted = (large + small) * _LOG2_E + _ROUND
    k = shifted - _ROUND
    r = ((large - k * _LN2_HIGH) - k * _LN2_LOW) + small
    power = np.int64((np.float64(shifted).view(np.int64) << 52) + _ONE_BITS).view(np.float64)
    return horner(r, _EXP_SERIES) * power if large + small > _LOWEST_EXPONENT else 0.0


@part
def gauss(d: float) -> float:
    """exp(-d^2 / 2) for 0 <= d <= 60, the square split so that its rounding is not amplified."""
    head = (d * 16.0 + _ROUND - _ROUND) / 16.0
    return exp_sum(-0.5 * head * head, -0.5 * (d - head) * (d + head))


@part
def tail_parts(d: float) -> tuple[float, float]:
    """Numerator and denominator of 2 N(-d) exp(d^2 / 2) for d >= 0 (the scaled complementary error function)."""
    return horner(d, _TAIL_ABOVE), horner(d, _TAIL_BELOW)
