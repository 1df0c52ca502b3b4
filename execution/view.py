"""One underlying at one moment, ready to be judged: its chain, the surface fitted to it, and its context."""

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from domain.chain import Chain
from domain.market import Context
from domain.ports import MarketSource, Snapshots
from domain.run import SnapshotRef
from quant.surface import Surface, fit_surface

CURRENCY = "USD"
KEPT = 512


@dataclass(frozen=True, eq=False)
class MarketView:
    """``chain`` None: there is no usable one, ``problem`` says why. ``chain_id`` names its snapshot."""

    ticker: str
    chain: Chain | None
    surface: Surface | None
    context: Context
    chain_id: str = ""
    problem: str = ""


def chain_problem(chain: Chain | None) -> str:
    """Why a chain cannot be used at all; empty when it can."""
    if chain is None:
        return "no chain at this moment"
    if not len(chain):
        return "the chain is empty"
    if chain.currency != CURRENCY:
        return f"the chain is in {chain.currency}, the account in {CURRENCY}"
    if not chain.listed:
        what = "paid in coin" if chain.inverse else "not listed on a US exchange"
        return f"its options are {what}; no broker here trades them (fund vol and fund flow read them)"
    if not (math.isfinite(chain.spot) and chain.spot > 0):
        return "the chain has no spot price"
    if not chain.two_sided.any():
        return "no contract has a two-sided quote"
    return ""


def look(source: MarketSource, ticker: str, at: datetime, rate: float | None) -> MarketView:
    """The underlying as the source shows it at ``at``, not stored."""
    chain = source.chain(ticker, at)
    problem = chain_problem(chain)
    usable = None if problem else chain
    surface = fit_surface(usable, rate) if usable is not None else None
    return MarketView(ticker, usable, surface, source.context(ticker, at), "", problem)


class Views:
    """Views of stored snapshots, fitted once a process. Safe for the analysts' threads."""

    def __init__(self, snapshots: Snapshots) -> None:
        self._snapshots = snapshots
        self._kept: OrderedDict[tuple[str | None, str, float | None], MarketView] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def of(self, ref: SnapshotRef, rate: float | None) -> MarketView:
        key = (ref.chain_id, ref.context_id, rate)
        with self._guard:
            lock = self._locks.setdefault(ref.context_id, threading.Lock())
        with lock:
            if key not in self._kept:
                self._kept[key] = self._build(ref, rate)
                with self._guard:
                    while len(self._kept) > KEPT:
                        self._kept.popitem(last=False)
            return self._kept[key]

    def _build(self, ref: SnapshotRef, rate: float | None) -> MarketView:
        context = self._snapshots.context(ref.context_id)
        if ref.chain_id is None:
            return MarketView(ref.ticker, None, None, context, "", ref.problem)
        chain = self._snapshots.chain(ref.chain_id)
        return MarketView(ref.ticker, chain, fit_surface(chain, rate), context, ref.chain_id)
