import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant import condor_search
from quant.condor_search import Terms, best_condors
from quant.condors import Grid, call_wings, measure_condors, put_wings
from quant.kernels import condors as kernel
from quant.reward import measure
from quant.tails import Tails

OBJECTIVES = range(5)
every_objective = pytest.mark.parametrize("objective", OBJECTIVES)


def market(seed: int, points: int = 60, naked: bool = False):
    """Outcomes with fat tails and gaps, sides of every width, and losses of each side at each outcome."""
    rng = np.random.default_rng(seed)
    spots = np.sort(100 * np.exp(rng.standard_t(3, points) * 0.08))
    weights = rng.dirichlet(np.full(points, rng.choice([0.2, 1.0, 5.0])))
    low, high = rng.integers(80, 100, 8) + rng.choice([0.0, 0.37]), rng.integers(100, 120, 7) + rng.choice([0.0, 0.37])
    put_width, call_width = rng.integers(1, 15, 8) * 1.0, rng.integers(1, 15, 7) * 1.0
    if naked:
        put_width = low
    puts = put_wings(spots, weights, low, low - put_width)
    calls = call_wings(spots, weights, high, high + call_width)
    discount = float(rng.uniform(0.9, 1.0))
    lost = (
        np.minimum(np.maximum(low[:, None] - spots, 0), put_width[:, None]),
        np.minimum(np.maximum(spots - high[:, None], 0), call_width[:, None]),
    )
    return Grid.of(spots, weights, discount, puts, calls), weights, lost


def compiled(grid: Grid, put, call, credit):
    found = [np.empty(len(put)) for _ in range(4)]
    nothing = np.zeros(0)
    sides = (kernel.side_of(x, nothing, nothing) for x in (grid.puts, grid.calls))
    kernel.measure(kernel.curve_of(grid), *sides, put, call, credit, *found)
    return found


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), naked=st.booleans())
def test_a_condors_numbers_are_those_of_adding_up_every_outcome(seed, naked):
    grid, weights, lost = market(seed, naked=naked)
    put, call = (x.ravel() for x in np.indices((len(grid.puts), len(grid.calls))))
    credit = np.random.default_rng(seed).uniform(-1.0, 6.0, len(put))
    by_hand = measure(credit[:, None] - grid.discount * (lost[0][put] + lost[1][call]), weights)
    numpy = measure_condors(grid, put, call, credit)
    for name, one in zip(
        ("expected", "deviation", "probability", "cvar"), compiled(grid, put, call, credit), strict=True
    ):
        np.testing.assert_allclose(getattr(numpy, name), getattr(by_hand, name), rtol=1e-9, atol=2e-7, err_msg=name)
        np.testing.assert_allclose(one, getattr(numpy, name), rtol=1e-12, atol=1e-12, err_msg=name)


def terms(grid: Grid, seed: int, **changes) -> Terms:
    rng = np.random.default_rng(seed)
    own = {
        "put_asked": grid.discount * grid.puts.mean * rng.uniform(0.8, 1.6, len(grid.puts)),
        "call_asked": grid.discount * grid.calls.mean * rng.uniform(0.8, 1.6, len(grid.calls)),
        "put_delta": rng.uniform(0.0, 0.3, len(grid.puts)),
        "call_delta": -rng.uniform(0.0, 0.3, len(grid.calls)),
        "tick": 0.01,
        "cost": 0.03,
        "most_loss": 9.0,
        "delta": (-0.1, 0.15),
    }
    return Terms(**(own | changes))


def by_hand(grid: Grid, own: Terms, weights, lost, objective: int):
    """Every condor that may be held, as (objective, put, call), best first, found one at a time."""
    found = []
    for i, j in itertools.product(range(len(grid.puts)), range(len(grid.calls))):
        limit = np.floor((own.put_asked[i] + own.call_asked[j]) / own.tick + 1e-9) * own.tick
        worst = max(grid.puts.width[i], grid.calls.width[j]) - limit
        profit = limit - own.cost - grid.discount * (lost[0][i] + lost[1][j])
        m = measure(profit[None, :], weights)
        delta = own.put_delta[i] + own.call_delta[j]
        apart = grid.puts.strike[i] < grid.calls.strike[j]
        bounded = 0 < worst <= own.most_loss and own.delta[0] <= delta <= own.delta[1]
        if apart and bounded and m.expected[0] > 0:
            value = condor_search.value(objective, m, np.array([worst]))[0]
            found += [(value, i, j)] if value > -np.inf else []
    return sorted(found, key=lambda x: -x[0])


@every_objective
@pytest.mark.parametrize("most_pairs", [0, 10**9], ids=["compiled", "numpy"])
def test_the_best_condors_are_the_best_of_all(monkeypatch, objective, most_pairs):
    monkeypatch.setattr(condor_search, "COMPILED", most_pairs)
    monkeypatch.setattr(condor_search, "CHUNK", 20)
    some = 0
    for seed in range(12):
        grid, weights, lost = market(seed)
        own = terms(grid, seed)
        found, all_of_them = best_condors(grid, own, objective, 4), by_hand(grid, own, weights, lost, objective)
        values = condor_search.value(objective, found.measures, found.worst)
        assert values == pytest.approx([x[0] for x in all_of_them[:4]], rel=1e-9)
        assert found.tally[condor_search.POSITIVE] >= len(all_of_them)
        some += len(all_of_them) > 4
    assert some > 3, "most markets must offer a choice for this to test anything"


@pytest.mark.parametrize("most_pairs", [0, 10**9], ids=["compiled", "numpy"])
def test_a_loss_budget_and_a_delta_bound_include_their_edge_and_nothing_past_it(monkeypatch, most_pairs):
    monkeypatch.setattr(condor_search, "COMPILED", most_pairs)
    grid, _, _ = market(3)
    free = terms(grid, 3, most_loss=np.inf, delta=(-10.0, 10.0))
    best = best_condors(grid, free, condor_search.EXPECTED_VALUE, 1)
    worst, delta = float(best.worst[0]), float(free.put_delta[best.put[0]] + free.call_delta[best.call[0]])

    def still_best(**bounds) -> bool:
        again = best_condors(grid, terms(grid, 3, **({"most_loss": np.inf, "delta": (-10.0, 10.0)} | bounds)), 3, 1)
        return bool(len(again.put)) and (again.put[0], again.call[0]) == (best.put[0], best.call[0])

    assert still_best(most_loss=worst) and not still_best(most_loss=worst - 1e-9)
    assert still_best(delta=(delta, 10.0)) and not still_best(delta=(delta + 1e-12, 10.0))
    assert still_best(delta=(-10.0, delta)) and not still_best(delta=(-10.0, delta - 1e-12))


def test_sides_that_do_not_exist_make_no_condor():
    grid, weights, _ = market(1)
    none = put_wings(grid.tails.spots, weights, np.zeros(0), np.zeros(0))
    empty = Grid.of(grid.tails.spots, weights, 1.0, none, grid.calls)
    found = best_condors(empty, terms(empty, 1), 0, 3)
    assert len(found.put) == 0 and found.tally.tolist() == [0, 0, 0, 0]


def test_running_sums_price_options_as_adding_up_does():
    spots, weights = np.array([80.0, 90.0, 100.0, 120.0]), np.array([0.1, 0.2, 0.4, 0.3])
    tails = Tails.of(spots, weights)
    for strike in (70.0, 80.0, 85.0, 100.0, 130.0):
        assert tails.put(strike) == pytest.approx(np.maximum(strike - spots, 0) @ weights)
        assert tails.call(strike) == pytest.approx(np.maximum(spots - strike, 0) @ weights)
    assert tails.low_quantile(0.1) == 90.0 and tails.low_quantile(0.09) == 80.0
    assert tails.high_quantile(0.3) == 100.0 and tails.high_quantile(0.29) == 120.0
    with pytest.raises(ValueError, match="sum to 1"):
        Tails.of(spots, weights * 2)
    with pytest.raises(ValueError, match="ascend"):
        Tails.of(spots[::-1], weights)
