"""Least squares within bounds: the bottom of the valley, or the wall nearest to it."""

import numpy as np
import pytest

from quant.boxed import least_squares


def rosenbrock(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.array([10 * (p[1] - p[0] ** 2), 1 - p[0]]), np.array([[-20 * p[0], 10.0], [-1.0, 0.0]])


def test_a_bent_valley_is_followed_to_its_bottom():
    best, cost = least_squares(rosenbrock, np.array([-1.2, 1.0]), np.full(2, -5.0), np.full(2, 5.0))
    assert best == pytest.approx([1.0, 1.0], abs=1e-6) and cost < 1e-12


def test_a_wall_across_the_valley_is_where_the_descent_ends_and_the_rest_moves_along_it():
    best, cost = least_squares(rosenbrock, np.array([-1.2, 1.0]), np.full(2, -5.0), np.array([0.5, 5.0]))
    assert best == pytest.approx([0.5, 0.25], abs=1e-6) and cost == pytest.approx(0.25)


def test_a_parameter_the_residuals_know_nothing_of_stays_where_it_was():
    def model(p):
        return np.array([p[0] - 3.0]), np.array([[1.0, 0.0]])

    best, _ = least_squares(model, np.array([0.0, 7.0]), np.full(2, -9.0), np.full(2, 9.0))
    assert best == pytest.approx([3.0, 7.0])


def test_no_finite_start_is_said_and_no_step_leads_to_where_nothing_is_finite():
    def root(p):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.sqrt(p - 1.0) - 0.0, np.atleast_2d(0.5 / np.sqrt(p - 1.0))

    low, high = np.array([-9.0]), np.array([9.0])
    assert least_squares(root, np.array([0.0]), low, high)[1] == np.inf
    best, cost = least_squares(root, np.array([2.0]), low, high)
    assert best[0] >= 1.0 and cost < 1.0
