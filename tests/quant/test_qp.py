"""Quadratic programs end where the conditions of Karush, Kuhn and Tucker hold."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.qp import minimise


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.integers(2, 12), st.integers(0, 12))
def test_a_minimum_cannot_be_improved_within_what_is_allowed(seed: int, n: int, extra: int) -> None:
    draw = np.random.default_rng(seed)
    half = draw.normal(size=(n, n))
    hessian, linear = half @ half.T + 0.1 * np.eye(n), 5 * draw.normal(size=n)
    allowed = np.abs(draw.normal(size=n))
    equal = draw.normal(size=(1, n))
    rows = np.vstack([np.eye(n), draw.normal(size=(extra, n))])
    least = np.concatenate([np.zeros(n), rows[n:] @ allowed - 0.1])
    found = minimise(hessian, linear, equal, equal @ allowed, rows, least)
    assert found.feasible
    assert equal @ found.x == pytest.approx(equal @ allowed, abs=1e-8)
    assert np.all(rows @ found.x >= least - 1e-8)
    binding = np.vstack([equal, rows[list(found.active)]])
    gradient = hessian @ found.x - linear
    multipliers, *_ = np.linalg.lstsq(binding.T, gradient, rcond=None)
    assert binding.T @ multipliers == pytest.approx(gradient, abs=1e-6 * (1 + np.abs(gradient).max()))
    assert np.all(multipliers[1:] >= -1e-6)


def test_what_cannot_all_hold_is_said_to_be_so() -> None:
    rows = np.array([[1.0, 0.0], [-1.0, 0.0]])
    found = minimise(np.eye(2), np.zeros(2), np.empty((0, 2)), np.empty(0), rows, np.array([1.0, 1.0]))
    assert not found.feasible


def test_a_row_that_an_equality_contradicts_is_not_met() -> None:
    equal = np.array([[1.0, 1.0]])
    found = minimise(np.eye(2), np.zeros(2), equal, np.ones(1), equal, np.array([2.0]))
    assert not found.feasible
