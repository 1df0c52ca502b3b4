"""Loops compiled by numba, for sweeps over many options. Nothing here is imported unless a sweep needs it: a one-shot
command stays on the numpy path of the room above.

A kernel takes 1-D C-contiguous float64 rows (nested 2-D indexing costs several times as much), releases the GIL, and is
cached on disk after its first compilation; a change of any file of this room compiles all of them again.
``error_model="numpy"`` makes divisions give inf and NaN instead of raising, which lets the loop vectorise. ``fastmath``
stays off: reassociation breaks exp and log near the ends of their range.
"""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int8]
F = TypeVar("F", bound=Callable[..., Any])

_ROOM = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()


def compiled(function: F) -> F:
    """``function`` as a kernel; ``function.py_func`` remains the plain Python of it."""
    jit = numba.njit(cache=True, nogil=True, error_model="numpy")
    return cast(F, _kept_with_the_room(jit(function)))


def fused(function: F) -> F:
    """As ``compiled``, and a * b + c may be rounded once instead of twice. Nothing else of fast-math is allowed.

    A row's last few elements, too few for a whole vector, may differ from the others' answer in the last bit.
    """
    jit = numba.njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
    return cast(F, _kept_with_the_room(jit(function)))


def part(function: F) -> F:
    """A piece of ``fused`` loops, always inlined: a call left inside a loop would keep it from being vectorised."""
    return cast(F, numba.njit(nogil=True, error_model="numpy", fastmath={"contract"}, forceinline=True)(function))


def _kept_with_the_room(kernel: Any) -> Any:
    """Numba asks only whether the kernel's own file changed; what it calls in other files counts here too."""
    index = kernel._cache._cache_file
    index._source_stamp = (index._source_stamp, _ROOM)
    return kernel
