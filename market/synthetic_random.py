"""Counter-based randomness: every number is a pure function of its name, so nothing depends on what was drawn before.

SplitMix64's finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014) folded
over the keys (seed, stream, subject, day, ...). Integer arithmetic only up to the uniform, so all platforms agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.market import Days

Words = NDArray[np.uint64]
Shock = Callable[[date], float | None]
Key = int | NDArray[np.int64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def _mix(x: Words) -> Words:
    x = (x ^ (x >> np.uint64(30))) * _MIX_1
    x = (x ^ (x >> np.uint64(27))) * _MIX_2
    return x ^ (x >> np.uint64(31))


def _fold(*keys: Key) -> Words:
    """64 random bits for each combination of the keys (broadcast)."""
    state = np.zeros(1, np.uint64)
    for key in keys:
        state = _mix((state ^ np.atleast_1d(np.asarray(key, np.int64)).view(np.uint64)) + _GOLDEN)
    return state


def _uniform(bits: Words) -> Floats:
    """Strictly inside (0, 1)."""
    return ((bits >> np.uint64(12)).astype(float) + 0.5) * 2.0**-52


def _normal(bits: Words) -> Floats:
    """Box and Muller 1958, from the two halves of the word."""
    radius = ((bits >> np.uint64(32)).astype(float) + 0.5) * 2.0**-32
    angle = ((bits & np.uint64(0xFFFFFFFF)).astype(float) + 0.5) * 2.0**-32
    deviates: Floats = np.sqrt(-2 * np.log(radius)) * np.cos(2 * np.pi * angle)
    return deviates


@dataclass(frozen=True)
class Dice:
    """``shock(day)`` multiplies all that is random about a day; None leaves the day as it is."""

    seed: int
    shock: Shock | None = None

    def fixed(self, stream: str, subject: str, *keys: Key) -> Floats:
        """Uniforms that belong to no day: how the world is made. Never shocked."""
        return _uniform(_fold(self.seed, crc32(stream.encode()), crc32(subject.encode()), *keys))

    def fixed_normal(self, stream: str, subject: str, *keys: Key) -> Floats:
        return _normal(_fold(self.seed, crc32(stream.encode()), crc32(subject.encode()), *keys))

    def uniform(self, stream: str, subject: str, days: Days, *keys: Key) -> Floats:
        drawn = _uniform(self._bits(stream, subject, days, *keys))
        return drawn if self.shock is None else np.where(self._scale(days) == 1, drawn, drawn * self._scale(days) % 1)

    def normal(self, stream: str, subject: str, days: Days, *keys: Key) -> Floats:
        drawn = _normal(self._bits(stream, subject, days, *keys))
        return drawn if self.shock is None else drawn * self._scale(days)

    def _bits(self, stream: str, subject: str, days: Days, *keys: Key) -> Words:
        return _fold(self.seed, crc32(stream.encode()), crc32(subject.encode()), days.astype(np.int64), *keys)

    def _scale(self, days: Days) -> Floats:
        assert self.shock is not None
        factors = [self.shock(day) for day in days.astype(object).ravel()]
        return np.array([1.0 if f is None else f for f in factors]).reshape(days.shape)
