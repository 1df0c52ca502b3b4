"""What was traded in a session's options: put/call ratios, premium, and contracts that stand out."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.normal import Floats

UNUSUAL = 2.0  # volume over open interest
FEWEST = 100.0  # contracts of one option, below which its ratio is noise


class Standouts(NamedTuple):
    """Rows of a chain, dearest first. ``ratio`` is volume over open interest, NaN where nothing was open before;
    ``premium`` in account currency, NaN where no price is known."""

    row: NDArray[np.intp]
    ratio: Floats
    premium: Floats

    def __len__(self) -> int:
        return len(self.row)


def premium(chain: Chain) -> Floats:
    """Account currency paid for each row's volume: at its mid, else its last price. NaN where volume or price is not
    known."""
    price = np.where(np.isfinite(chain.mid), chain.mid, chain.last)
    known = np.isfinite(chain.volume) & np.isfinite(price) & (price >= 0)
    volume, paid = np.where(known, chain.volume, 0.0), np.where(known, price, 0.0)
    return np.asarray(np.where(known, volume * paid * chain.multiplier, np.nan))


def put_call(chain: Chain) -> tuple[float | None, float | None, float | None]:
    """Puts over calls of the whole chain: by volume, by open interest, by premium traded.

    None where no call counts.
    """
    columns = (chain.volume, chain.open_interest, premium(chain))
    volume_ratio, interest_ratio, premium_ratio = (_puts_over_calls(chain.call, column) for column in columns)
    return volume_ratio, interest_ratio, premium_ratio


def unusual(chain: Chain, ratio: float = UNUSUAL, fewest: float = FEWEST) -> Standouts:
    """Options that traded ``fewest`` contracts or more, and more than ``ratio`` times what was open at the session's
    start.

    An option whose open interest is not known is none of them; one of which nothing was open is.
    """
    held, traded = chain.open_interest, chain.volume
    hit = np.isfinite(traded) & (traded >= fewest) & np.isfinite(held) & (held >= 0) & (traded > ratio * held)
    return _standouts(chain, np.flatnonzero(hit))


def large(chain: Chain, count: int = 10) -> Standouts:
    """The options with most premium traded. Whether that was one print or a thousand, a chain does not say."""
    paid = premium(chain)
    rows = np.flatnonzero(np.isfinite(paid) & (paid > 0))
    return _standouts(chain, rows[np.argsort(-paid[rows], kind="stable")[:count]])


def _standouts(chain: Chain, rows: NDArray[np.intp]) -> Standouts:
    paid, held = premium(chain)[rows], chain.open_interest[rows]
    order = np.argsort(-np.where(np.isfinite(paid), paid, -1.0), kind="stable")
    open_before = np.isfinite(held) & (held > 0)
    ratio = np.where(open_before, chain.volume[rows] / np.where(open_before, held, 1.0), np.nan)
    return Standouts(rows[order], np.asarray(ratio[order]), np.asarray(paid[order]))


def _puts_over_calls(call: NDArray[np.bool_], amount: Floats) -> float | None:
    known = np.isfinite(amount)
    calls, puts = float(amount[call & known].sum()), float(amount[~call & known].sum())
    return puts / calls if calls > 0 else None
