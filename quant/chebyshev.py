"""Interpolation between Chebyshev points, in barycentric form (Berrut and Trefethen, SIAM Review 46, 2004)."""

from typing import NamedTuple

import numpy as np

from quant.normal import Floats

_STEP, _FEWEST, _MOST = 0.35, 4, 14


class Chebyshev(NamedTuple):
    nodes: Floats
    poles: Floats

    def shares(self, x: Floats) -> Floats:
        """(points, nodes): what each node's value counts at each point."""
        gap = x[:, None] - self.nodes
        hit = gap == 0.0
        shares = np.where(hit.any(axis=1, keepdims=True), hit, self.poles / np.where(hit, 1.0, gap))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def between(lowest: float, highest: float, fewest: int = _FEWEST) -> Chebyshev:
    """Nodes in the logarithm of a positive number: few enough to be quick, enough for what varies over a factor e.

    >>> line = between(0.1, 0.4)
    >>> np.exp(line.shares(np.log([0.2])) @ line.nodes).round(9).tolist()
    [0.2]
    """
    low, high = np.log(lowest) - 1e-9, np.log(highest) + 1e-9
    count = int(np.clip(np.ceil((high - low) / _STEP) + fewest - 1, fewest, _MOST))
    angle = (2 * np.arange(count) + 1) * np.pi / (2 * count)
    nodes = (low + high) / 2 + (high - low) / 2 * np.cos(angle)
    return Chebyshev(np.asarray(nodes), np.asarray((-1.0) ** np.arange(count) * np.sin(angle)))
