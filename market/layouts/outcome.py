"""What became of the rows of a file."""

from market.layouts.columns import Tally
from market.layouts.raw import BadFile, RawFile


def dropped_rows(raw: RawFile, tally: Tally, misshapen: int) -> dict[str, int]:
    """Reason -> rows, those of the wrong shape included.

    :raises BadFile: nothing is kept.
    """
    dropped = tally.dropped() | ({"wrong number of fields": misshapen} if misshapen else {})
    if not tally.kept.any():
        why = ", ".join(f"{count} × {reason}" for reason, count in dropped.items()) or "a header and no rows"
        raise BadFile(f"{raw.name}: no usable row: {why}", "check that the file is whole")
    return dropped
