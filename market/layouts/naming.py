"""What only a file's name tells: its ticker, day, expiry or spot."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from market.layouts.columns import parse_day
from market.layouts.raw import BadFile, RawFile


@dataclass(frozen=True)
class Named:
    """``pattern`` has groups called as the columns they fill (ticker, moment, expiry, spot).

    ``like`` is a name it fits.
    """

    pattern: str
    like: str

    def add(self, frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
        """The columns that the name tells, where the file does not tell them itself.

        :raises BadFile: the name is not like that.
        """
        found = re.search(self.pattern, raw.stem)
        if found is None:
            raise BadFile(f"{raw.name}: only its name can tell what its columns do not", f"name it like {self.like}")
        told = {column: self._value(column, text, raw) for column, text in found.groupdict().items()}
        return frame.assign(**{column: value for column, value in told.items() if column not in frame})

    def _value(self, column: str, text: str, raw: RawFile) -> str:
        if column == "ticker":
            return text.upper()
        return text if column == "spot" else self._day(text, raw)

    def _day(self, text: str, raw: RawFile) -> str:
        """:raises BadFile: it is no day."""
        american = re.sub(r"^(\d{2})-(\d{2})-(\d{4})$", r"\3-\1-\2", text)
        day = parse_day(american)
        if np.isnat(day):
            raise BadFile(f"{raw.name}: {text!r} in its name is no day", f"name it like {self.like}")
        return str(day)
