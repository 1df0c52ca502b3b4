"""Peers that have to be set up before they can take part."""

import functools
import importlib
import importlib.util
import os
import pkgutil
import sys
import types
from collections.abc import Callable
from typing import Any

import numba

from benchmarks.timing import ROOT

SCALAR = ("cody_special", "piecewise_rational", "py_lets_be_rational")
BESIDE = ROOT / ".venv" / "peers"


def beside() -> None:
    """Make ``.venv/peers`` importable, behind everything else: one of them owns a package named ``tests``."""
    folder = os.environ.get("FUND_PEERS", str(BESIDE))
    if folder not in sys.path:
        sys.path.append(folder)


@functools.cache
def vollib_black() -> Callable[..., float]:
    """vollib's implied volatility on the forward, as released; ``py_vollib_vectorized`` replaces it when imported."""
    from vollib.black.implied_volatility import implied_volatility

    return implied_volatility


@functools.cache
def py_vollib_vectorized() -> Any:
    """The package, running as it was meant to.

    Its compiled loop calls scalar functions of py_lets_be_rational, which moved to packages that no longer compile
    them; as released it stops with a TypingError. A second copy of them is compiled here before it is imported.
    """
    vollib_black()
    for name in [name for name in sys.modules if name.partition(".")[0] in SCALAR]:
        del sys.modules[name]
    os.environ["PY_LETS_BE_RATIONAL_ENABLE_NUMBA"] = "1"
    beside()
    names = [
        *(found.name for found in pkgutil.iter_modules(_path("piecewise_rational"), "piecewise_rational.")),
        "piecewise_rational",
        "cody_special.erf_cody",
        "cody_special.normaldistribution",
        "py_lets_be_rational.erf_cody",
        "py_lets_be_rational.normaldistribution",
        "py_lets_be_rational.rationalcubic",
        "py_lets_be_rational.lets_be_rational",
    ]
    done: dict[types.FunctionType, Any] = {}
    for module in map(importlib.import_module, names):
        for name, thing in list(vars(module).items()):
            if isinstance(thing, types.FunctionType) and _theirs(thing):
                compiled = done.get(thing) or numba.njit(thing)
                done[thing] = compiled
                setattr(module, name, compiled)
    return importlib.import_module("py_vollib_vectorized")


@functools.cache
def optionlab() -> Callable[[object], Any] | None:
    """optionlab's ``run_strategy``; None where it is not installed.

    It imports matplotlib and holidays, for pictures and for counting days; empty modules stand in for them here.
    """
    beside()
    for name, modules in (("matplotlib", ("matplotlib", "matplotlib.pyplot")), ("holidays", ("holidays",))):
        if name not in sys.modules and importlib.util.find_spec(name) is None:
            for module in modules:
                sys.modules[module] = types.ModuleType(module)
                sys.modules[module].__dict__.update(rcParams={}, country_holidays=None)
    try:
        from optionlab import run_strategy
    except ImportError:
        return None
    return run_strategy  # type: ignore[no-any-return]


def _theirs(thing: types.FunctionType) -> bool:
    return thing.__module__.partition(".")[0] in SCALAR and "jit" not in thing.__name__


def _path(package: str) -> Any:
    return importlib.import_module(package).__path__
