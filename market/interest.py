"""What was opened and closed since the session before: open interest compared contract by contract."""

from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain, Floats
from domain.market import InterestChange, InterestLine
from domain.option import OptionContract, Right

KEPT = 10  # lines each way
FAR, THOUSANDTHS = 10**10, 1000.0
Keys = NDArray[np.int64]


class Interest(NamedTuple):
    """Open contracts at a session's start, one entry an option. NaN is not known."""

    session: date
    quote_time: datetime
    root: NDArray[np.str_]
    expiry: NDArray[np.datetime64]
    strike: Floats
    call: NDArray[np.bool_]
    contracts: Floats

    @staticmethod
    def of(chain: Chain) -> "Interest":
        return Interest(
            chain.session, chain.quote_time, chain.root, chain.expiry, chain.strike, chain.call, chain.open_interest
        )

    def known(self) -> "Interest":
        """Without the rows that name no option or whose open interest is not known."""
        kept = np.isfinite(self.contracts) & np.isfinite(self.strike) & ~np.isnat(self.expiry)
        return Interest(
            self.session, self.quote_time, self.root[kept], self.expiry[kept], self.strike[kept], self.call[kept],
            self.contracts[kept],
        )  # fmt: skip

    def symbol(self, row: int) -> str:
        day: date = self.expiry[row].astype("datetime64[D]").item()
        right: Right = "C" if self.call[row] else "P"
        return OptionContract(str(self.root[row]), day, right, float(self.strike[row])).occ_symbol


def interest_change(before: Interest, now: Interest) -> InterestChange | None:
    """None where no option is listed in both with its open interest known."""
    before, now = before.known(), now.known()
    roots = np.unique(np.concatenate([before.root, now.root]))
    then, here = _keys(before, roots), _keys(now, roots)
    _, i, j = np.intersect1d(then, here, return_indices=True)
    if not len(i):
        return None
    change = now.contracts[j] - before.contracts[i]
    call = now.call[j]
    return InterestChange(
        since=before.session,
        quote_time=before.quote_time,
        compared=len(i),
        calls=float(change[call].sum()),
        puts=float(change[~call].sum()),
        appeared=float(now.contracts.sum() - now.contracts[j].sum()),
        gone=float(before.contracts.sum() - before.contracts[i].sum()),
        lines=tuple(
            InterestLine(now.symbol(int(j[at])), float(before.contracts[i[at]]), float(now.contracts[j[at]]))
            for at in _largest(change)
        ),
    )


def _largest(change: Floats) -> list[int]:
    order = np.argsort(change, kind="stable")
    built, cut = order[::-1][:KEPT], order[:KEPT]
    return [*(int(at) for at in built if change[at] > 0), *(int(at) for at in cut if change[at] < 0)]


def _keys(interest: Interest, roots: NDArray[np.str_]) -> Keys:
    """One whole number an option: root, expiry, right, strike in thousandths."""
    days = interest.expiry.astype("datetime64[D]").astype(np.int64)
    root = np.searchsorted(roots, interest.root) if len(roots) > 1 else np.zeros(len(days), np.int64)
    thousandths = np.rint(interest.strike * THOUSANDTHS).astype(np.int64)
    return np.asarray(((root * 2 + interest.call) * 200_000 + days) * FAR + thousandths, dtype=np.int64)
