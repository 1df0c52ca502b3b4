"""The normal distribution, in the body and far in the tails."""

from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.normal import norm_cdf, norm_pdf
from tests.quant.made import steady

PI = Decimal("3.14159265358979323846264338327950288419716939937510582")


def exact_tail(x: float) -> float:
    """P(N > x) for x >= 2 by Laplace's continued fraction, in fifty digits."""
    getcontext().prec = 50
    z, fraction = Decimal(x), Decimal(0)
    for n in range(600, 0, -1):
        fraction = n / (z + fraction)
    return float((-z * z / 2).exp() / (2 * PI).sqrt() / (z + fraction))


@pytest.mark.parametrize("x", [2.0, 3.7, 5.656, 5.66, 8.25, 12.3, 20.0, 37.3])
def test_a_tail_is_right_to_fifteen_digits(x):
    assert float(norm_cdf(-x)) == pytest.approx(exact_tail(x), rel=1e-15)


@pytest.mark.parametrize(("x", "p"), [(0.0, 0.5), (0.3, 0.6179114221889526), (1.0, 0.8413447460685429)])
def test_the_body_is_right(x, p):
    assert float(norm_cdf(x)) == pytest.approx(p, rel=2e-16)


@steady
@given(st.floats(-40, 40))
def test_both_sides_add_to_one(x):
    assert float(norm_cdf(x) + norm_cdf(-x)) == pytest.approx(1.0, abs=1e-15)


@steady
@given(st.floats(-6, 6))
def test_the_density_is_the_slope(x):
    step = 1e-5
    slope = (norm_cdf(x + step) - norm_cdf(x - step)) / (2 * step)
    assert float(norm_pdf(x)) == pytest.approx(float(slope), abs=1e-9)


def test_every_shape_and_every_double_has_an_answer():
    ends = norm_cdf([-np.inf, -1e300, np.nan, 1e300, np.inf])
    assert np.array_equal(ends, [0.0, 0.0, np.nan, 1.0, 1.0], equal_nan=True)
    assert norm_cdf(0.0).shape == () and norm_cdf([]).shape == (0,) and norm_cdf(np.zeros((2, 3))).shape == (2, 3)
