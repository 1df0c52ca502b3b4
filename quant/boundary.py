"""The price of early exercise under constant rate and yield, by the boundary at which exercise begins.

Andersen, Lake and Offengenden, "High-performance American option pricing", J. Computational Finance 20 (2016): the
boundary of a put solves a fixed-point equation, of which the paper has two forms. In sqrt(time to expiry) the squared
log of the boundary is a polynomial through Chebyshev points; the integrals are Gauss-Legendre sums in the root of the
time passed. Form A (densities) converges faster, form B (probabilities) also where rates are large for the variance. A
call is the put with spot and strike, rate and yield exchanged. Where the rate is not positive, either exercise is never
worth while or there are two boundaries: the latter is left to ``quant.exercise`` and is NaN here.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats, norm_cdf, norm_pdf

DENSITY_BELOW = 4.0  # max(rate, yield) / vol^2 up to which form A is safe
_JUST_BELOW = 1 - 1e-12


class Scheme(NamedTuple):
    """Points as shares of sqrt(years) and the fixed matrices between them; one matrix row a point of quadrature.

    ``inner`` takes the boundary's values at ``nodes`` to the points of each node's own integral, ``outer`` to those of
    the premium's. ``density_steps`` and ``probability_steps`` are iterations of the two forms.
    """

    nodes: Floats
    points: Floats
    weights: Floats
    inner: NDArray[np.float64]
    last_points: Floats
    last_weights: Floats
    outer: NDArray[np.float64]
    density_steps: int
    probability_steps: int


class Puts(NamedTuple):
    """Columns of puts on a spot of ``moneyness`` strikes; ``deviation`` is vol sqrt(years)."""

    moneyness: Floats
    years: Floats
    deviation: Floats
    rate: Floats
    dividend: Floats


def scheme(nodes: int, points: int, last_points: int, density_steps: int, probability_steps: int) -> Scheme:
    order = np.arange(nodes + 1)
    chebyshev = (1 + np.cos(np.pi * order / nodes)) / 2  # from the whole time down to none
    pole = (-1.0) ** order * np.where((order == 0) | (order == nodes), 0.5, 1.0)

    def through(z: Floats) -> Floats:
        gap = z[:, None] - chebyshev
        hit = np.abs(gap) < 1e-14
        shares = np.where(hit.any(axis=1, keepdims=True), hit, pole / np.where(hit, 1.0, gap))
        # Expiry's own value of log^2(boundary / its limit) is 0: no column for it.
        return np.asarray((shares / shares.sum(axis=1, keepdims=True))[:, :-1])

    t, w = _gauss_legendre(points)
    s, v = _gauss_legendre(last_points)
    x = chebyshev[:-1]
    inner = through((x[:, None] * np.sqrt(1 - t * t)).ravel())
    return Scheme(x, t, w, inner, s, v, through(np.sqrt(1 - s * s)), density_steps, probability_steps)


def _gauss_legendre(count: int) -> tuple[Floats, Floats]:
    point, weight = np.polynomial.legendre.leggauss(count)
    return np.asarray((1 + point) / 2), np.asarray(weight / 2)


FAST = scheme(7, 8, 12, 4, 5)
CHAIN = scheme(8, 12, 24, 5, 10)
FINE = scheme(10, 24, 32, 6, 16)


def as_puts(
    call: NDArray[np.bool_], spot: Floats, strike: Floats, years: Floats, vol: Floats, rate: Floats, dividend: Floats
) -> tuple[Puts, Floats]:
    """The columns as puts, and the strike of each in money."""
    mirrored = Puts(
        np.where(call, strike / spot, spot / strike),
        years,
        vol * np.sqrt(years),
        np.where(call, dividend, rate),
        np.where(call, rate, dividend),
    )
    return mirrored, np.where(call, spot, strike)


def premium(puts: Puts, rules: Scheme = FINE) -> Floats:
    """American minus European value per unit of strike, 0 or more; NaN where two boundaries may exist.

    0 as well below the boundary, where exercise now is worth the more. The paper's benchmark for an
    at-the-money put of one year, rate and yield 5 %, vol 25 %, is 0.106952702747 on a strike of 100.

    >>> put = Puts(*(np.array([x]) for x in (1.0, 1.0, 0.25, 0.05, 0.05)))
    >>> round(100 * float(premium(put)[0]), 5)
    0.10695
    """
    with np.errstate(all="ignore"):
        found = income(puts, solve(puts, rules), rules)
    never = (puts.rate <= 0) & (puts.dividend >= puts.rate)
    return np.where(never, 0.0, found)


def solve(puts: Puts, rules: Scheme) -> Floats:
    """log^2(boundary / its limit at expiry) at the scheme's nodes, (nodes, puts), which no moneyness enters."""
    out = np.full((len(rules.nodes), len(puts.years)), np.nan)
    with np.errstate(all="ignore"):
        stiff = np.maximum(puts.rate, puts.dividend) * puts.years > DENSITY_BELOW * puts.deviation**2
        for density, chosen in ((True, ~stiff), (False, stiff)):
            at = np.flatnonzero((puts.rate > 0) & (puts.deviation > 0) & chosen)
            if len(at):
                out[:, at] = _solved(Puts(*(column[at] for column in puts)), rules, density)
    return out


def _limit(puts: Puts) -> Floats:
    """The boundary at expiry, in strikes."""
    return np.where(puts.dividend > puts.rate, puts.rate / np.where(puts.dividend > 0, puts.dividend, 1.0), 1.0)


def _perpetual(puts: Puts) -> Floats:
    variance = puts.deviation**2 / puts.years
    tilt = 0.5 - (puts.rate - puts.dividend) / variance
    root = tilt - np.sqrt(tilt * tilt + 2 * puts.rate / variance)
    return np.asarray(root / (root - 1))


def _seed(puts: Puts, time: Floats, limit: Floats) -> Floats:
    """Barone-Adesi and Whaley's path from the limit at expiry to that of all time (J. Finance 42, 1987)."""
    far = _perpetual(puts)
    growth = (puts.rate - puts.dividend) * puts.years * time**2 - 2 * puts.deviation * time
    path = far + (limit - far) * np.exp(np.minimum(growth / (1 - far), 0.0))
    return np.asarray(np.minimum(path, limit * _JUST_BELOW))


def _solved(puts: Puts, rules: Scheme, density: bool) -> Floats:
    """log^2(boundary / its limit) at the nodes: (nodes, puts)."""
    limit = _limit(puts)
    x = rules.nodes[:, None]
    boundary = _seed(puts, x, limit)
    floor = _perpetual(puts) / 2
    for _ in range(rules.density_steps if density else rules.probability_steps):
        new = _density_form(puts, rules, boundary, limit) if density else _chance_form(puts, rules, boundary, limit)
        boundary = np.clip(new, floor, limit * _JUST_BELOW)
    return np.asarray(np.log(boundary / limit) ** 2)


class _Points(NamedTuple):
    """d minus, d plus (from each node to each of its points), and the pieces of their weights."""

    lower: Floats
    upper: Floats
    passed: Floats
    weight: Floats


def _points(puts: Puts, rules: Scheme, boundary: Floats, limit: Floats) -> _Points:
    n, m = boundary.shape
    at = np.log(boundary / limit)
    earlier = -np.sqrt(np.maximum(rules.inner @ (at * at), 0.0)).reshape(n, -1, m)
    share = (rules.nodes[:, None] * rules.points)[:, :, None]
    drift = (puts.rate - puts.dividend) * puts.years
    centre = (at[:, None, :] - earlier + drift * share**2) / (puts.deviation * share)
    half = puts.deviation * share / 2
    weight = 2 * share * (rules.nodes[:, None] * rules.weights)[:, :, None]
    return _Points(centre - half, centre + half, puts.years * share**2, weight)


def _own(puts: Puts, rules: Scheme, boundary: Floats) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """d minus, d plus to the strike at each node, its deviation, and the discounts of rate and yield."""
    x = rules.nodes[:, None]
    time = puts.years * x * x
    deviation = puts.deviation * x
    centre = (np.log(boundary) + (puts.rate - puts.dividend) * time) / deviation
    lower, upper = centre - deviation / 2, centre + deviation / 2
    return lower, upper, deviation, np.exp(-puts.rate * time), np.exp(-puts.dividend * time)


def _density_form(puts: Puts, rules: Scheme, boundary: Floats, limit: Floats) -> Floats:
    lower, upper, deviation, paid, kept = _own(puts, rules, boundary)
    to = _points(puts, rules, boundary, limit)
    per_deviation = to.weight * puts.years / (puts.deviation * (to.passed / puts.years) ** 0.5)
    above = paid * norm_pdf(lower) / deviation
    above = above + puts.rate * (per_deviation * np.exp(-puts.rate * to.passed) * norm_pdf(to.lower)).sum(axis=1)
    below = kept * (norm_pdf(upper) / deviation + norm_cdf(upper))
    lasting = np.exp(-puts.dividend * to.passed)
    inner = lasting * (per_deviation * norm_pdf(to.upper) + to.weight * puts.years * norm_cdf(to.upper))
    return np.asarray(above / (below + puts.dividend * inner.sum(axis=1)))


def _chance_form(puts: Puts, rules: Scheme, boundary: Floats, limit: Floats) -> Floats:
    lower, upper, _, paid, kept = _own(puts, rules, boundary)
    to = _points(puts, rules, boundary, limit)
    weight = to.weight * puts.years
    interest = (weight * np.exp(-puts.rate * to.passed) * norm_cdf(to.lower)).sum(axis=1)
    yielded = (weight * np.exp(-puts.dividend * to.passed) * norm_cdf(to.upper)).sum(axis=1)
    return np.asarray(
        (paid * norm_cdf(lower) + puts.rate * interest) / (kept * norm_cdf(upper) + puts.dividend * yielded)
    )


def income(puts: Puts, solved: Floats, rules: Scheme) -> Floats:
    """Interest on the strike less the yield on the spot, while the spot is below the boundary; 0 if it is there now."""
    earlier = -np.sqrt(np.maximum(rules.outer @ solved, 0.0))
    t = rules.last_points[:, None]
    passed = puts.years * t * t
    centre = np.log(puts.moneyness / _limit(puts)) - earlier + (puts.rate - puts.dividend) * passed
    centre, half = centre / (puts.deviation * t), puts.deviation * t / 2
    interest = puts.rate * np.exp(-puts.rate * passed) * norm_cdf(half - centre)
    yielded = puts.dividend * puts.moneyness * np.exp(-puts.dividend * passed) * norm_cdf(-half - centre)
    weight = 2 * puts.years * t * rules.last_weights[:, None]
    alive = np.log(puts.moneyness / _limit(puts)) > -np.sqrt(solved[0])
    return np.asarray(np.where(alive, np.maximum((weight * (interest - yielded)).sum(axis=0), 0.0), 0.0 * solved[0]))
