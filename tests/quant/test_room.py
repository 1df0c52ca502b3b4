"""What the room promises about itself."""

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOM = Path(__file__).parents[2] / "quant"
MODULES = sorted(f"quant.{path.stem}" for path in ROOM.glob("*.py") if path.stem != "__init__")
HEAVY = ("scipy", "numba", "pandas", "talib", "exchange_calendars")


@pytest.mark.parametrize("name", MODULES)
def test_worked_examples_give_their_books_numbers(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_importing_the_room_loads_nothing_heavy():
    code = f"import sys, {', '.join(MODULES)}; print(*[name for name in {HEAVY!r} if name in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOM.parent, capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == []
