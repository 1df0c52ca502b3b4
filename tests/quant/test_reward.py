import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from quant import reward
from quant.reward import measure, measure_rows


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), points=st.integers(1, 60), shape=st.sampled_from(["any", "rising", "equal"]))
def test_candidates_built_from_a_table_are_measured_as_their_profits_are(seed, points, shape):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(9, points)).round(1)
    if shape == "rising":
        values = np.sort(values, axis=1)
    if shape == "equal":
        values = np.ones_like(values)
    weights = rng.dirichlet(np.full(points, 0.5))
    rows, ratio, cash = rng.integers(0, 9, (70, 3)), np.array([1.0, -2.0, 1.0]), rng.normal(size=70)
    profit = cash[:, None] + sum(ratio[k] * values[rows[:, k]] for k in range(3))
    by_hand = measure(profit, weights)
    slow, fast = measure_rows(values, rows, ratio, cash, weights), reward._compiled(values, rows, ratio, cash, weights)
    for name in ("expected", "deviation", "probability", "cvar"):
        np.testing.assert_allclose(getattr(slow, name), getattr(by_hand, name), atol=1e-9, err_msg=name)
        np.testing.assert_allclose(getattr(fast, name), getattr(by_hand, name), atol=1e-9, err_msg=name)


def test_the_path_is_chosen_by_the_number_of_candidates_alone(monkeypatch):
    values, weights = np.arange(8.0).reshape(2, 4), np.full(4, 0.25)
    rows = np.zeros((50, 1), np.intp)
    asked = []
    monkeypatch.setattr(reward, "_compiled", lambda *given: asked.append(len(given[1])))
    monkeypatch.setattr(reward, "COMPILED", 50)
    measure_rows(values, rows[:49], np.ones(1), np.zeros(49), weights)
    measure_rows(values, rows, np.ones(1), np.zeros(50), weights)
    assert asked == [50]


def test_no_candidates_have_no_measures():
    found = measure_rows(np.ones((2, 3)), np.zeros((0, 2), np.intp), np.ones(2), np.zeros(0), np.full(3, 1 / 3))
    assert len(found.expected) == len(found.cvar) == 0
