"""Domain values as plain JSON, for records that people and other tools read."""

import math
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


def plain(value: Any) -> Any:
    """The value as JSON: moments and days as ISO text, tuples as lists, dataclasses as objects, NaN and inf as null.

    >>> plain({"price": float("nan"), "legs": (1, 2), "day": date(2026, 8, 21)})
    {'price': None, 'legs': [1, 2], 'day': '2026-08-21'}

    :raises TypeError: it holds something else.
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if hasattr(value, "item"):
        return plain(value.item())
    raise TypeError(f"a {type(value).__name__} has no plain form")
