"""QuantConnect Lean's minute quotes: prices and strikes in ten-thousandths, bars named by their start in New York."""

import numpy as np
import pandas as pd

from market.layouts.chains import ChainLayout
from market.layouts.columns import days, numbers, texts
from market.layouts.raw import RawFile, Table, read_table
from market.layouts.spot import Parity
from market.layouts.when import in_session

SCALE = 10_000.0
COLUMNS = {
    "day": "lean_day", "root": "root", "right": "right", "strike": "strike", "expiry": "expiry",
    "milliseconds": "milliseconds", "bid": "bid", "ask": "ask",
}  # fmt: skip
DAY, MINUTE = 86_400_000, 60_000  # a bar's closing quote is true at its end


def read(raw: RawFile) -> Table:
    """A row a contract and minute. A minute without a bar has the quote of the bar before: nothing changed in it."""
    table = read_table(raw, COLUMNS, frozenset({"day", "root", "right", "expiry"}))
    started = numbers(table.frame, "milliseconds")[0]
    bars = table.frame.assign(milliseconds=started).fillna({"bid": 0, "ask": 0})
    contract = bars.groupby(["day", "root", "right", "strike", "expiry"], sort=False).ngroup()
    grid = pd.MultiIndex.from_product([contract.unique(), np.sort(bars["milliseconds"].unique())])
    known = bars.set_index(pd.MultiIndex.from_arrays([contract, bars["milliseconds"]]))
    if not known.index.is_unique or not np.isfinite(started).all():
        return table
    filled = known.reindex(grid).sort_index()
    filled = filled.groupby(level=0).ffill().dropna(subset=["root"])
    filled["milliseconds"] = filled.index.get_level_values(1)
    carried = len(filled) - len(bars)
    says = (f"{raw.name}: {carried} quotes stand unchanged from an earlier minute",) if carried else ()
    return Table(filled.reset_index(drop=True), table.misshapen, says)


def scaled(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    prices = {name: numbers(frame, name)[0] / SCALE for name in ("strike", "bid", "ask")}
    start = numbers(frame, "milliseconds")[0]
    day = days(texts(frame, "day"))
    known = (start >= 0) & (start < DAY) & ~np.isnat(day)
    end = day.astype("datetime64[ms]") + np.where(known, start + MINUTE, 0).astype("timedelta64[ms]")
    moment = np.where(known, np.datetime_as_string(end, unit="s"), "unreadable")
    root = pd.Series(texts(frame, "root"), frame.index).str.upper()
    return frame.assign(**prices, root=root, moment=moment)


LEAN_MINUTE = ChainLayout(
    name="lean_minute",
    columns=COLUMNS,
    quote_time=in_session,
    read=read,
    parity=Parity(fewest=1, worthless=True),
    prepare=scaled,
)
