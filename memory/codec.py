"""Values as bytes, the same bytes for the same value, and back exactly.

Canonical bytes: the header's length (8 bytes, little-endian), the header (JSON with sorted keys, UTF-8), then the
arrays in the order the header names them, little-endian, each starting on a multiple of 16 bytes. The SHA-256 of these
is the value's id; what is stored is their zlib compression. NaN stays NaN, a tuple a tuple; moments come back in UTC.
"""

import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from domain.clock import aware
from domain.errors import Corrupt
from domain.market import (
    Context,
    Earnings,
    Headline,
    InterestChange,
    InterestLine,
    Post,
    PriceHistory,
    Series,
    ShortInterest,
)

KINDS: tuple[type, ...] = (
    Chain, Context, Earnings, Headline, InterestChange, InterestLine, Post, PriceHistory, Series, ShortInterest,
)  # fmt: skip
TYPES = {kind.__name__: kind for kind in KINDS}
TAG = "~"
LEVEL = 1  # of zlib; level 6 takes five times as long for 15 % less
ALIGN = 16

Array = NDArray[Any]


@dataclass(frozen=True)
class Encoded:
    """``snapshot_id`` is the SHA-256 of ``raw`` in hexadecimal."""

    snapshot_id: str
    raw: bytes

    def compressed(self) -> bytes:
        return zlib.compress(self.raw, LEVEL)


def encode(value: Any) -> Encoded:
    """The canonical bytes of a value made of JSON values, tuples, dates, aware moments, arrays and the types above.

    :raises TypeError: it holds something else.
    """
    arrays: list[Array] = []
    tree = _pack(value, arrays)
    header = json.dumps(
        {"value": tree, "arrays": [[array.dtype.str, list(array.shape)] for array in arrays]},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    ).encode("utf-8", "surrogatepass")
    parts = [len(header).to_bytes(8, "little"), header, _padding(8 + len(header))]
    for array in arrays:
        parts += [array.tobytes(), _padding(array.nbytes)]
    raw = b"".join(parts)
    return Encoded(hashlib.sha256(raw).hexdigest(), raw)


def decode(snapshot_id: str, stored: bytes) -> Any:
    """The value that was stored; its arrays are read-only.

    :raises Corrupt: the bytes are not those that the id names.
    """
    try:
        raw = zlib.decompress(stored)
    except zlib.error:
        raw = b""
    if hashlib.sha256(raw).hexdigest() != snapshot_id:
        raise Corrupt(f"snapshot {snapshot_id[:12]} is not what was stored", "restore the database from a backup")
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size].decode("utf-8", "surrogatepass"))
    return _unpack(header["value"], _arrays(raw, _aligned(8 + size), header["arrays"]))


def _pack(value: Any, arrays: list[Array]) -> Any:
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list):
        return [_pack(item, arrays) for item in value]
    if isinstance(value, dict):
        return _pack_dict(value, arrays)
    if isinstance(value, np.ndarray):
        arrays.append(_plain_array(value))
        return {TAG: "array", "at": len(arrays) - 1}
    if is_dataclass(value) and TYPES.get(type(value).__name__) is type(value):
        packed = {field.name: _pack(getattr(value, field.name), arrays) for field in fields(value)}
        return {TAG: type(value).__name__, **packed}
    return _pack_tagged(value, arrays)


def _pack_tagged(value: Any, arrays: list[Array]) -> Any:
    if isinstance(value, tuple) and type(value) is tuple:
        return {TAG: "tuple", "of": [_pack(item, arrays) for item in value]}
    if isinstance(value, datetime):
        return {TAG: "datetime", "at": aware(value).isoformat()}
    if isinstance(value, date):
        return {TAG: "date", "at": value.isoformat()}
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        return value.item()
    raise TypeError(f"a snapshot cannot hold a {type(value).__name__}")


def _pack_dict(value: dict[Any, Any], arrays: list[Array]) -> Any:
    if TAG in value or not all(isinstance(key, str) for key in value):
        raise TypeError(f"a snapshot's keys are texts other than {TAG!r}")
    return {key: _pack(value[key], arrays) for key in sorted(value)}


def _plain_array(array: Array) -> Array:
    if array.dtype.kind not in "biufMU":
        raise TypeError(f"a snapshot cannot hold an array of {array.dtype}")
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))


def _unpack(tree: Any, arrays: list[Array]) -> Any:
    if isinstance(tree, list):
        return [_unpack(item, arrays) for item in tree]
    if not isinstance(tree, dict):
        return tree
    if TAG not in tree:
        return {key: _unpack(item, arrays) for key, item in tree.items()}
    return _READERS[tree[TAG]](tree, arrays)


def _typed(kind: type) -> Callable[[dict[str, Any], list[Array]], Any]:
    return lambda tree, arrays: kind(**{key: _unpack(item, arrays) for key, item in tree.items() if key != TAG})


def _context(tree: dict[str, Any], arrays: list[Array]) -> Context:
    """Contexts stored before there were other measures than iv30 hold it under a name of its own."""
    values = {key: _unpack(item, arrays) for key, item in tree.items() if key != TAG}
    if "iv_history" in values:
        past = values.pop("iv_history")
        values["measures"] = {} if past is None else {"iv30": past}
    return Context(**values)


_READERS: dict[str, Callable[[dict[str, Any], list[Array]], Any]] = {
    "tuple": lambda tree, arrays: tuple(_unpack(item, arrays) for item in tree["of"]),
    "datetime": lambda tree, _: datetime.fromisoformat(tree["at"]),
    "date": lambda tree, _: date.fromisoformat(tree["at"]),
    "array": lambda tree, arrays: arrays[tree["at"]],
    **{name: _typed(kind) for name, kind in TYPES.items()},
    "Context": _context,
}


def _arrays(raw: bytes, at: int, described: list[tuple[str, list[int]]]) -> list[Array]:
    arrays = []
    for name, shape in described:
        dtype = np.dtype(name)
        count = int(np.prod(shape, dtype=int))
        arrays.append(np.frombuffer(raw, dtype, count, at).reshape(shape))
        at = _aligned(at + count * dtype.itemsize)
    return arrays


def _aligned(length: int) -> int:
    return -(-length // ALIGN) * ALIGN


def _padding(length: int) -> bytes:
    return bytes(_aligned(length) - length)
