"""``fund data record``: live chains into the store, once or on every tick of every session."""

import argparse
import asyncio
import contextlib
import logging
import signal
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

from apps import output
from apps.stores import Stores, open_stores
from domain.errors import BadInput, Unavailable
from market.recording import Recorded, Recorder, record_on_time

RECORDED_AS = "cboe_json"
LOG = logging.getLogger("fund.record")


class WallClock:
    """The machine's time; ``stop`` ends a wait and everything that asks ``stopped``."""

    def __init__(self) -> None:
        self._stop = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), max(seconds, 0.0))

    def stop(self) -> None:
        self._stop.set()

    def stopped(self) -> bool:
        return self._stop.is_set()


def record(args: argparse.Namespace) -> int:
    """:raises Unavailable: with ``--once``, a symbol could not be had. :raises BadInput: no symbol to record."""
    from market.cboe_feed import CboeFeed

    if args.json and not args.once:
        raise BadInput("--json prints one document and ends", "add --once")
    LOG.setLevel(logging.INFO)
    with open_stores() as stores:
        recorder = Recorder(CboeFeed(stores.settings.cboe_url), stores.archive, stores.snapshots)
        symbols = tuple(dict.fromkeys(args.symbols)) or recorded_before(stores)
        if args.once:
            return _once(recorder, symbols, as_json=args.json)
        return asyncio.run(_on_time(recorder, symbols, timedelta(minutes=args.every)))


def recorded_before(stores: Stores) -> tuple[str, ...]:
    """:raises BadInput: nothing was recorded yet."""
    found = {line.name for line in stores.archive.holdings() if line.kind == "chains" and line.source == RECORDED_AS}
    if not found:
        raise BadInput(
            "nothing was recorded yet, so there is no list to go on with", "name symbols: fund data record SPY"
        )
    return tuple(sorted(found))


def _once(recorder: Recorder, symbols: tuple[str, ...], *, as_json: bool) -> int:
    found: list[Recorded] = []
    recorder.record(symbols, datetime.now(UTC), found.append)
    if as_json:
        output.emit({"recorded": [asdict(one) for one in found]})
    else:
        output.table("Recorded", ("symbol", "status", ""), [(one.symbol, one.status, one.says) for one in found])
    failed = [one for one in found if one.status == "failed"]
    if failed:
        more = f" (and {len(failed) - 1} more)" if len(failed) > 1 else ""
        raise Unavailable(f"{failed[0].symbol} was not recorded: {failed[0].says}{more}", "the others were")
    return 0


async def _on_time(recorder: Recorder, symbols: tuple[str, ...], every: timedelta) -> int:
    clock, counts = WallClock(), Counter[str]()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows; there Ctrl-C ends the command as any other
            asyncio.get_running_loop().add_signal_handler(number, clock.stop)

    def heard(one: Recorded) -> None:
        counts[one.status] += 1
        level = logging.WARNING if one.status == "failed" else logging.INFO
        LOG.log(level, "%s %s: %s", one.symbol, one.status, one.says)

    often = output.plural(int(every.total_seconds() // 60), "minute")
    LOG.info("recording %s every %s; Ctrl-C ends it", ", ".join(symbols), often)
    await record_on_time(recorder, clock, symbols, every, heard, LOG.info, clock.stopped)
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "nothing came due"
    output.say(f"Stopped: {told}")
    return 0
