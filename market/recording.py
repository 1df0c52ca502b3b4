"""Recording live chains into the archive: one's own history, a chain a symbol and tick.

A tick is a quarter of an hour after the open, because the feed is that late, then every so many minutes, and once more
when the feed shows the close. The last one is kept as the session's end-of-day chain.
"""

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np

from domain.chain import Chain
from domain.clock import Clock
from domain.errors import BadInput, Unavailable
from domain.ports import Archive, ChainFeed, Snapshots
from domain.session import NEW_YORK, next_session, session_close, session_of, session_open
from market.importer import refuse_mixing
from market.layouts import parse

FEED_DELAY = timedelta(minutes=15)
AFTER_CLOSE = FEED_DELAY + timedelta(minutes=2)
AHEAD = timedelta(minutes=2)  # of our clock, that a stamp may be
LATE = "SPY"  # products of its kind close last, at 16:15
NAMED = 5
SAME = ("expiry", "strike", "call", "bid", "ask", "last", "volume", "open_interest")


@dataclass(frozen=True)
class Recorded:
    """What became of one symbol at one tick. "stale": the feed repeats itself; "failed": it gave nothing of use."""

    symbol: str
    status: Literal["stored", "stale", "failed"]
    says: str
    contracts: int = 0
    quote_time: datetime | None = None


@dataclass
class Recorder:
    """Asks a feed for chains and keeps those that are new."""

    feed: ChainFeed
    archive: Archive
    snapshots: Snapshots

    def record(self, symbols: Sequence[str], now: datetime, heard: Callable[[Recorded], None]) -> None:
        """One try for every symbol; what fails is told and the others go on."""
        for symbol in symbols:
            heard(self.record_one(symbol, now))

    def record_one(self, symbol: str, now: datetime) -> Recorded:
        """:raises Unavailable: the archive cannot be reached."""
        try:
            content = self.feed.fetch(symbol)
            digest = hashlib.sha256(content).hexdigest()
            if self.archive.seen(digest) is not None:
                return Recorded(symbol, "stale", "the document has not changed")
            parsed = parse(Path(f"{symbol}.json"), content)
            (chain,) = parsed.chains
            self._check(symbol, chain, now)
            refuse_mixing(self.feed.name, parsed, self.archive)
        except (BadInput, Unavailable) as error:
            return Recorded(symbol, "failed", error.what)
        except ValueError:
            return Recorded(symbol, "failed", "the document is not one chain")
        before = self._latest(symbol, now)
        if before is not None and repeats(chain, before):
            says = f"the same quotes as at {clock_time(before.quote_time)}"
            return Recorded(symbol, "stale", says, len(chain), chain.quote_time)
        self.archive.store(f"{self.feed.name}:{symbol}", digest, parsed)
        dropped = f", {parsed.rows - parsed.kept} dropped" if parsed.rows > parsed.kept else ""
        says = f"{len(chain):,} contracts of {clock_time(chain.quote_time)}{dropped}"
        return Recorded(symbol, "stored", says, len(chain), chain.quote_time)

    def _check(self, symbol: str, chain: Chain, now: datetime) -> None:
        """:raises BadInput: it is another symbol's, or of a time that has not come."""
        if chain.ticker != symbol:
            raise BadInput(f"asked for {symbol}, the feed answers with {chain.ticker}")
        if chain.quote_time > now + AHEAD:
            raise BadInput(f"the quotes are of {chain.quote_time.isoformat()}, later than now", "check the clock")

    def _latest(self, symbol: str, now: datetime) -> Chain | None:
        refs = self.archive.chain_refs(symbol, now + AHEAD, 1)
        return self.snapshots.chain(refs[0].snapshot_id) if refs else None


def repeats(chain: Chain, before: Chain) -> bool:
    """Whether a chain says nothing new: same contracts, quotes and counts. The close after the last minute is new."""
    if len(chain) != len(before) or chain.cadence != before.cadence:
        return False
    return all(
        np.array_equal(getattr(chain, name), getattr(before, name), equal_nan=name not in ("expiry", "call"))
        for name in SAME
    )


def ticks(moment: datetime, every: timedelta) -> tuple[datetime, ...]:
    """The ticks of the session that a moment belongs to, ascending."""
    day = session_of(moment)
    first, last = session_open(day) + FEED_DELAY, session_close(day, LATE) + AFTER_CLOSE
    steps = int((last - first) / every)
    return (*(first + i * every for i in range(steps + 1) if first + i * every < last), last)


def next_tick(after: datetime, every: timedelta) -> datetime:
    """The first tick later than a moment, on this session or the next."""
    coming = next((tick for tick in ticks(after, every) if tick > after), None)
    return coming or ticks(session_open(next_session(session_of(after))), every)[0]


def due(after: datetime, until: datetime, every: timedelta) -> tuple[datetime, ...]:
    """The ticks with after < tick <= until."""
    found: list[datetime] = []
    while (tick := next_tick(found[-1] if found else after, every)) <= until:
        found.append(tick)
    return tuple(found)


async def record_on_time(
    recorder: Recorder,
    clock: Clock,
    symbols: Sequence[str],
    every: timedelta,
    heard: Callable[[Recorded], None],
    say: Callable[[str], None],
    stopped: Callable[[], bool],
) -> None:
    """Record at every tick of every session until stopped. A tick that passed meanwhile is said and not made up for:
    its quotes are gone."""
    done = clock.now()
    while not stopped():
        tick = next_tick(done, every)
        say(f"next at {clock_time(tick)}")
        await clock.wait(max((tick - clock.now()).total_seconds(), 0.0))
        now = clock.now()
        passed = due(done, now, every)
        if stopped() or not passed:
            continue
        if missed := passed[:-1]:
            say(missed_sentence(missed))
        await asyncio.to_thread(_record_until, recorder, symbols, now, heard, stopped)
        done = passed[-1]


def _record_until(
    recorder: Recorder,
    symbols: Sequence[str],
    now: datetime,
    heard: Callable[[Recorded], None],
    stopped: Callable[[], bool],
) -> None:
    """A database that is away fails the symbol, not the schedule: the next tick finds it back."""
    for symbol in symbols:
        if stopped():
            return
        try:
            recorder.record([symbol], now, heard)
        except Unavailable as error:
            heard(Recorded(symbol, "failed", error.what))


def missed_sentence(missed: Sequence[datetime]) -> str:
    """
    >>> from datetime import UTC
    >>> missed_sentence([datetime(2026, 8, 20, 14, 5, tzinfo=UTC)])
    'missed 1 tick: 2026-08-20 10:05 ET'
    """
    named = ", ".join(clock_time(tick) for tick in missed[:NAMED])
    more = f" and {len(missed) - NAMED} more" if len(missed) > NAMED else ""
    return f"missed {len(missed)} tick{'s' if len(missed) > 1 else ''}: {named}{more}"


def clock_time(moment: datetime) -> str:
    return f"{moment.astimezone(NEW_YORK):%Y-%m-%d %H:%M} ET"
