"""Medians of interleaved rounds."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def interleaved(works: Sequence[Callable[[], object]], rounds: int, warmed: bool = False) -> list[float]:
    """The median of each work over rounds in which they take turns.

    ``warmed`` has each turn begin with an untimed call, so that no work pays for the caches another has emptied.
    """
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(rounds):
        for slot, work in zip(taken, works, strict=True):
            if warmed:
                work()
            slot.append(seconds(work))
    return [statistics.median(slot) for slot in taken]


def process(*words: str) -> Callable[[], object]:
    """A whole Python process, from its start to its end."""
    return lambda: subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)


def row(name: str, figure: str, ratio: str = "") -> None:
    print(f"{name:<58} {figure:>14} {ratio:>24}")
