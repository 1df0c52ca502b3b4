"""What the underlying was worth at the moment of the quotes."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from domain.chain import Chain, Floats
from market.layouts.columns import Mask
from quant.coin import coin_forwards

PAIRS = 8
TOLERANCE = 0.005
NOTHING = 1e-4  # of the strike


@dataclass(frozen=True)
class Parity:
    """How many pairs of calls and puts must agree on a spot, and how far ahead their expiry may be, in days."""

    fewest: int = 3
    days: int = 14
    worthless: bool = False  # an option without a bid and with an ask of next to nothing counts as half its ask


NEAR_PAIRS = Parity()


def parity_spot(chain: Chain, rule: Parity = NEAR_PAIRS) -> float | None:
    """Spot from put-call parity of the nearest expiry, strike + call - put at the strikes nearest the money.

    Carry to that expiry is left out, about 0.01 % a day. None without enough pairs. The median is taken where calls and
    puts cost about the same, so neither early exercise nor a stale wing counts. A chain without any bid and ask is
    read by its last prices.
    """
    near = np.unique(chain.expiry[chain.expiry <= np.datetime64(chain.session) + np.timedelta64(rule.days, "D")])
    for expiry in near:
        strikes, gaps = _pairs(chain, chain.expiry == expiry, rule.worthless)
        if len(strikes) >= rule.fewest:
            at_money = np.argsort(np.abs(gaps), kind="stable")[:PAIRS]
            return float(np.median((strikes + gaps)[at_money]))
    return None


def _pairs(chain: Chain, rows: Mask, worthless: bool = False) -> tuple[Floats, Floats]:
    """Strikes quoted on both sides in calls and puts, and call minus put at each."""
    mid = chain.mid if chain.two_sided.any() else np.where(chain.last > 0, chain.last, np.nan)
    if worthless:
        mid = np.where((chain.bid == 0) & (chain.ask > 0) & (chain.ask < NOTHING * chain.strike), chain.ask / 2, mid)
    quoted = rows & np.isfinite(mid)
    calls, puts = quoted & chain.call, quoted & ~chain.call
    strikes, i, j = np.intersect1d(chain.strike[calls], chain.strike[puts], return_indices=True)
    return strikes, mid[calls][i] - mid[puts][j]


class Spot(NamedTuple):
    """``origin``: "file", "parity" or "beside"; ``warning`` is empty where the file's own spot stands."""

    value: float
    origin: str
    warning: str = ""


def choose_spot(chain: Chain, told: float | None, check: float | None, rule: Parity = NEAR_PAIRS) -> Spot | None:
    """The spot of the quotes' own moment; None if nothing tells it.

    ``told`` is the file's own spot; ``check`` another file's price of about that time (the 16:00 close beside quotes of
    16:15). A told spot more than 0.5 % from parity is of another moment than the quotes (feeds delay options longer
    than stocks: TSLA on 2026-08-21 was told at 357.17 beside quotes of 350.70), so parity counts. Of SPY's 21 sessions
    in 2026 parity at 16:15 is up to 0.2 % from the 16:00 close, and the price at the time of the download up to 0.5 %:
    neither is the quotes' spot, so a file that tells none is always read by parity.
    """
    if chain.inverse:
        return _coin_spot(chain, told)
    parity = parity_spot(chain, rule)
    at = f"{chain.ticker} {chain.quote_time:%Y-%m-%d %H:%MZ}"
    if told is not None and (parity is None or abs(parity / told - 1) <= TOLERANCE):
        return Spot(told, "file")
    if parity is None:
        warning = f"{at}: too few pairs for parity; the spot is that of the file beside it"
        return None if check is None else Spot(check, "beside", warning)
    if told is not None:
        warning = f"{at}: the file says spot {told:.2f}, its quotes say {parity:.2f} (parity), which is used"
    elif check is None:
        warning = f"{at}: the file tells no spot; {parity:.2f} is put-call parity, unchecked"
    elif abs(parity / check - 1) > TOLERANCE:
        warning = f"{at}: spot by parity {parity:.2f} is far from the close {check:.2f} beside it"
    else:
        warning = ""
    return Spot(parity, "parity", warning)


def _coin_spot(chain: Chain, told: float | None) -> Spot | None:
    """The venue's index, else the forward of the nearest expiry."""
    if told is not None:
        return Spot(told, "file")
    forwards = coin_forwards(chain)
    known = np.flatnonzero(np.isfinite(forwards))
    if not len(known):
        return None
    nearest = float(forwards[known[np.argmin(chain.expiry[known])]])
    at = f"{chain.ticker} {chain.quote_time:%Y-%m-%d %H:%MZ}"
    return Spot(nearest, "forward", f"{at}: the file tells no index; the nearest forward {nearest:.2f} is used")
