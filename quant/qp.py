"""Strictly convex quadratic programs, exactly: the dual active-set method.

Goldfarb and Idnani, "A numerically stable dual method for solving strictly convex quadratic programs", Mathematical
Programming 27 (1983). It starts at the minimum without inequalities and adds one violated row at a time, so it is quick
where few bind, and it says so when none can satisfy them all.
"""

from dataclasses import dataclass

import numpy as np

from quant.normal import Floats

VIOLATED = 1e-10  # by more than this, in units of the row
PARALLEL = 1e-9  # a row that the active ones imply, as a share of its own length


@dataclass(frozen=True, eq=False)
class Minimum:
    """``x`` at the minimum, and ``active`` rows that bind there. Not ``feasible``: ``x`` is where the search ended."""

    x: Floats
    active: tuple[int, ...]
    feasible: bool


def minimise(
    hessian: Floats, linear: Floats, equal: Floats, equals: Floats, rows: Floats, least: Floats, steps: int = 2000
) -> Minimum:
    """The least x' ``hessian`` x / 2 - ``linear``' x with ``equal`` x = ``equals`` and ``rows`` x >= ``least``.

    The Hessian is positive definite, the equalities are independent.

    >>> none = np.empty((0, 2))
    >>> found = minimise(np.eye(2), np.array([1.0, -1.0]), none, np.empty(0), np.eye(2), np.zeros(2))
    >>> found.x.tolist(), found.active
    ([1.0, 0.0], (1,))
    """
    inverse: Floats = np.asarray(np.linalg.inv(hessian), dtype=np.float64)
    search = _Search(inverse, inverse @ linear, equal, equals, rows, least)
    for _ in range(steps):
        violation = search.least - search.rows @ search.x
        worst = int(np.argmax(violation)) if len(violation) else 0
        if not len(violation) or not violation[worst] > VIOLATED:
            return Minimum(search.x, tuple(search.active), True)
        try:
            if not search.satisfy(worst):
                break
        except np.linalg.LinAlgError:  # rows that rounding can no longer tell apart
            break
    return Minimum(search.x, tuple(search.active), False)


class _Search:
    """The state of the search: a point, the rows that bind, their multipliers, the equalities first among them."""

    def __init__(self, inverse: Floats, x: Floats, equal: Floats, equals: Floats, rows: Floats, least: Floats) -> None:
        self.inverse, self.rows, self.least = inverse, rows, least
        self.fixed, self.active = len(equal), list[int]()
        self.normals = equal
        self.images = equal @ inverse
        self.multipliers = np.linalg.solve(self.images @ equal.T, equals - equal @ x)
        self.x = x + self.multipliers @ self.images

    def satisfy(self, row: int) -> bool:
        """Move until this row holds, letting go of those that stand in the way; False if nothing can be let go."""
        normal, own = self.rows[row], 0.0
        image = self.inverse @ normal
        while True:
            weights = np.linalg.solve(self.images @ self.normals.T, self.normals @ image)
            direction = image - weights @ self.images
            gain = float(normal @ direction)
            leaving, reach = self._first_to_leave(weights)
            possible = gain > PARALLEL * float(normal @ image)
            needed = float(self.least[row] - normal @ self.x) / gain if possible else np.inf
            step = min(reach, needed)
            if not np.isfinite(step):
                return False
            self.multipliers = self.multipliers - step * weights
            own += step
            if possible:
                self.x = self.x + step * direction
            if needed <= reach:
                self._add(row, normal, image, own)
                return True
            self._drop(leaving)

    def _first_to_leave(self, weights: Floats) -> tuple[int, float]:
        """Which multiplier reaches 0 first, and after how long a step."""
        falling = weights.copy()
        falling[: self.fixed] = 0.0
        reach = np.full(len(weights), np.inf)
        np.divide(self.multipliers, falling, out=reach, where=falling > 0)
        first = int(np.argmin(reach)) if len(reach) else 0
        return first, float(reach[first]) if len(reach) else np.inf

    def _add(self, row: int, normal: Floats, image: Floats, multiplier: float) -> None:
        self.active.append(row)
        self.normals = np.vstack([self.normals, normal])
        self.images = np.vstack([self.images, image])
        self.multipliers = np.append(self.multipliers, multiplier)

    def _drop(self, place: int) -> None:
        del self.active[place - self.fixed]
        self.normals = np.delete(self.normals, place, axis=0)
        self.images = np.delete(self.images, place, axis=0)
        self.multipliers = np.delete(self.multipliers, place)
