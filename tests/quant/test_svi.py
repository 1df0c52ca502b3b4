"""Raw SVI: five numbers for a smile, fitted to quotes, and the two arbitrages it can carry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.svi import Svi, calendar_gaps, crossing, grid, ssvi_slice
from quant.svi_fit import fit_slices, leverages, padded, raw, scaled

VOGT = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
SMILES = st.builds(
    Svi, st.floats(0.001, 0.02), st.floats(0.02, 0.1), st.floats(-0.8, 0.3), st.floats(-0.05, 0.05),
    st.floats(0.05, 0.3),
)  # fmt: skip


def fitted(smile: Svi, k: np.ndarray, weight: np.ndarray | None = None, noise: float = 0.0) -> Svi:
    w = smile.variance(k) + noise * np.random.default_rng(3).standard_normal(len(k))
    unit = np.array([np.sqrt(float(smile.variance(0.0)))])
    return raw(fit_slices(padded([(k, w, np.ones_like(k) if weight is None else weight)], unit)), unit)[0]


@settings(max_examples=25, deadline=None)
@given(SMILES)
def test_quotes_that_are_an_svi_give_it_back(smile: Svi) -> None:
    k = np.linspace(-0.6, 0.5, 40)
    assert np.sqrt(fitted(smile, k).variance(k)) == pytest.approx(np.sqrt(smile.variance(k)), abs=2e-4)


def test_a_heavy_quote_is_met_more_closely_than_a_light_one() -> None:
    k = np.linspace(-0.4, 0.4, 9)
    bent = Svi(0.01, 0.05, -0.4, 0.0, 0.1)
    w = bent.variance(k)
    w[4] *= 1.1
    unit = np.array([0.1])
    gaps = []
    for heavy in (0.1, 100.0):
        weight = np.ones(9)
        weight[4] = heavy
        smile = raw(fit_slices(padded([(k, w, weight)], unit)), unit)[0]
        gaps.append(abs(float(smile.variance(k[4])) - w[4]))
    assert gaps[1] < gaps[0] / 10


def test_slices_of_different_lengths_are_fitted_side_by_side_as_alone() -> None:
    smiles = [Svi(0.01, 0.05, -0.4, 0.0, 0.1), Svi(0.02, 0.06, -0.3, 0.01, 0.15)]
    ks = [np.linspace(-0.3, 0.3, 11), np.linspace(-0.5, 0.4, 300)]
    rows = [(k, s.variance(k), np.ones_like(k)) for s, k in zip(smiles, ks, strict=True)]
    unit = np.array([np.sqrt(float(s.variance(0.0))) for s in smiles])
    for found, smile, k in zip(raw(fit_slices(padded(rows, unit)), unit), smiles, ks, strict=True):
        assert found.variance(k) == pytest.approx(smile.variance(k), rel=1e-3)


def test_scaled_parameters_are_those_of_the_slices() -> None:
    smiles = (Svi(0.01, 0.05, -0.4, 0.02, 0.1), Svi(0.02, 0.06, -0.3, 0.01, 0.15))
    unit = np.array([0.1, 0.14])
    for found, smile in zip(raw(scaled(smiles, unit), unit), smiles, strict=True):
        assert found.variance([-0.2, 0.0, 0.3]) == pytest.approx(smile.variance([-0.2, 0.0, 0.3]))


def test_durrleman_is_the_sign_of_the_density() -> None:
    from quant.black import price

    k = np.linspace(-1.2, 1.2, 1201)
    calls = price(True, 1.0, np.exp(k), 1.0, np.sqrt(VOGT.variance(k)), 1.0)
    strikes = np.exp(k)
    density = np.diff(np.diff(calls) / np.diff(strikes))
    inner = np.abs(VOGT.durrleman(k[1:-1])) > 0.02
    assert np.array_equal(density[inner] > 0, VOGT.durrleman(k[1:-1])[inner] > 0)
    assert VOGT.butterfly() > 0


def test_a_wing_steeper_than_two_is_arbitrage() -> None:
    assert Svi(0.01, 1.5, 0.5, 0.0, 0.1).butterfly() > 0


def test_total_variance_that_falls_with_time_is_a_calendar_arbitrage_and_says_how_much() -> None:
    near, far = Svi(0.02, 0.0, 0.0, 0.0, 0.1), Svi(0.015, 0.0, 0.0, 0.0, 0.1)
    assert crossing(near, far) == pytest.approx(0.25)
    assert calendar_gaps([near, far, near]) == pytest.approx([0.0, 0.25, 0.0])
    assert calendar_gaps([]) == []


def test_a_surface_svi_slice_has_its_variance_at_the_forward_and_no_arbitrage() -> None:
    smile = ssvi_slice(0.04, -0.4, 3.0)
    assert float(smile.variance(0.0)) == pytest.approx(0.04)
    assert smile.butterfly(grid()) == 0.0


def test_a_lone_quote_pulls_the_fit_all_the_way_and_one_of_many_hardly() -> None:
    k = np.concatenate([np.linspace(-0.1, 0.1, 30), [0.5]])
    smile = Svi(0.01, 0.05, -0.4, 0.0, 0.1)
    unit = np.array([0.12])
    pull = leverages(scaled((smile,), unit), k[None, :] / unit[0], np.ones((1, len(k))))[0]
    assert pull[-1] > 0.99
    assert pull[:-1].sum() == pytest.approx(4.0, abs=0.05)
