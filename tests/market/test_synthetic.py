"""The synthetic market keeps the promises of its port: the same world everywhere, and nothing from the future."""

import hashlib
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from domain.chain import COLUMNS, Chain
from domain.errors import BadInput, UnknownSymbol
from domain.market import Context
from domain.ports import MarketSource
from domain.session import is_open, is_session, session_close, session_open
from market.synthetic import SyntheticSource, start_moment
from market.synthetic_calendar import tick_at
from market.synthetic_chains import chain_at
from market.synthetic_paths import World
from market.synthetic_random import Dice
from market.synthetic_universe import universe

START = start_moment(7)


def fingerprint(chain: Chain | None, context: Context) -> str:
    assert chain is not None and context.history is not None and context.iv_history is not None
    digest = hashlib.sha256(repr((chain.spot, chain.quote_time, context.posts, context.headlines)).encode())
    digest.update(repr((context.earnings, context.short_interest)).encode())
    for column in COLUMNS:
        digest.update(getattr(chain, column).tobytes())
    for values in (context.history.dates, context.history.open, context.history.high, context.history.low):
        digest.update(values.tobytes())
    for values in (context.history.close, context.history.volume, context.iv_history.values):
        digest.update(values.tobytes())
    return digest.hexdigest()


def world_at(source: SyntheticSource, moment: datetime) -> str:
    marks = [fingerprint(source.chain(t, moment), source.context(t, moment)) for t in source.universe()]
    marks += [series.values.tobytes().hex() for series in source.volatility_indices(moment)]
    return hashlib.sha256("".join(marks).encode()).hexdigest()


@pytest.fixture(scope="module")
def source() -> SyntheticSource:
    return SyntheticSource(7)


def test_it_is_a_market_source(source: SyntheticSource) -> None:
    port: MarketSource = source
    assert port.name == "synthetic"
    assert port.rate(START) == 0.04
    assert len(port.universe()) == 12 and port.knows("ZMKT") and not port.knows("SPY")


def test_everything_says_that_it_is_synthetic(source: SyntheticSource) -> None:
    for ticker in source.universe():
        chain, context = source.chain(ticker, START), source.context(ticker, START)
        assert chain is not None and context.history is not None and context.iv_history is not None
        assert ticker.startswith("Z") and "(synthetic)" in context.name and context.synthetic
        assert chain.source == "synthetic" and chain.notes["synthetic"] is True
        assert "synthetic" in context.history.source and "synthetic" in context.iv_history.source
    assert all("synthetic" in series.source for series in source.volatility_indices(START))


def test_another_process_finds_the_same_world(source: SyntheticSource) -> None:
    script = (
        f"import sys; sys.path[:0] = {sys.path!r}; import importlib.util as u;"
        f"s = u.spec_from_file_location('t', {__file__!r}); m = u.module_from_spec(s); s.loader.exec_module(m);"
        "print(m.world_at(m.SyntheticSource(7), m.START))"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == world_at(source, START)


def test_another_seed_is_another_world_but_the_same_names(source: SyntheticSource) -> None:
    other = SyntheticSource(8)
    assert other.universe() == source.universe()
    assert world_at(other, START) != world_at(source, START)


def test_the_future_asked_for_first_changes_nothing() -> None:
    curious, plain = SyntheticSource(7), SyntheticSource(7)
    world_at(curious, START + timedelta(days=500))
    assert world_at(curious, START) == world_at(plain, START)


@pytest.mark.parametrize("hour", [8, 15, 23])  # before the open, in session, after the close (UTC)
def test_poisoning_every_day_after_the_moment_changes_nothing_before(source: SyntheticSource, hour: int) -> None:
    moment = START.replace(hour=hour)
    poisoned = SyntheticSource(7, shock=lambda day: 9.0 if day > moment.date() else None)
    assert world_at(poisoned, moment) == world_at(source, moment)
    later = moment + timedelta(days=2)
    assert world_at(poisoned, later) != world_at(source, later)


def test_poisoning_the_afternoon_changes_nothing_in_the_morning() -> None:
    class Afternoon(Dice):
        def normal(self, stream: str, subject: str, days, *keys):  # type: ignore[no-untyped-def]
            drawn = super().normal(stream, subject, days, *keys)
            late = np.asarray(keys[0] if keys else 0) > tick.step if stream == "step" else np.array(False)
            return np.where(late & (days == np.datetime64(tick.session)), 5 * drawn, drawn)

    tick = tick_at(START)
    assert tick is not None
    names = {row.ticker: row for row in universe(12)}
    honest, poisoned = World(Dice(7), names, 2026), World(Afternoon(7), names, 2026)
    close = tick_at(session_close(tick.session))
    assert close is not None
    for row in names.values():
        before, after = chain_at(honest, row, tick), chain_at(poisoned, row, tick)
        assert all(np.array_equal(getattr(before, c), getattr(after, c), equal_nan=c in ("last",)) for c in COLUMNS)
        assert honest.spot(row.ticker, close) != poisoned.spot(row.ticker, close)


def test_nothing_is_later_than_asked(source: SyntheticSource) -> None:
    for moment in (START, START.replace(hour=21), START + timedelta(days=3, hours=2)):
        for ticker in source.universe():
            chain, context = source.chain(ticker, moment), source.context(ticker, moment)
            assert chain is not None and chain.quote_time <= moment and context.history is not None
            assert session_close(context.history.dates[-1].item()) <= moment
            assert all(post.at <= moment for post in context.posts)
            assert all(headline.at <= moment for headline in context.headlines)
            for told in context.earnings:
                assert told.known_since <= moment
                assert (told.surprise_pct is not None) == (session_open(told.day) <= moment)
            assert context.short_interest is None or context.short_interest.published <= moment


def test_quotes_move_every_five_minutes_and_rest_at_the_close(source: SyntheticSource) -> None:
    def quoted(moment: datetime) -> tuple[float, datetime]:
        chain = source.chain("ZCPU", moment)
        assert chain is not None
        return chain.spot, chain.quote_time

    assert quoted(START + timedelta(minutes=4, seconds=59)) == quoted(START)
    assert quoted(START + timedelta(minutes=5))[1] == START + timedelta(minutes=5)
    assert len({quoted(START + timedelta(minutes=5 * k))[0] for k in range(6)}) > 3
    evening, next_dawn = START.replace(hour=23), START.replace(hour=12) + timedelta(days=1)
    assert quoted(evening) == quoted(next_dawn)
    assert quoted(evening)[1] == session_close(START.date())


def test_the_close_of_the_chain_is_the_close_of_the_bar(source: SyntheticSource) -> None:
    for day in (date(2026, 11, 27), date(2026, 3, 3)):  # the first is a half day
        for ticker in source.universe():
            chain = source.chain(ticker, session_close(day))
            history = source.context(ticker, session_close(day)).history
            assert chain is not None and history is not None
            assert history.dates[-1] == np.datetime64(day) and history.close[-1] == chain.spot


@pytest.mark.parametrize("seed", range(10))
def test_the_clock_starts_in_an_open_session_of_2026(seed: int) -> None:
    moment = start_moment(seed)
    assert moment.year == 2026 and is_session(moment.date()) and is_open(moment)
    assert moment == tick_at(moment).at  # type: ignore[union-attr]


def test_a_larger_universe_begins_with_the_smaller_one(source: SyntheticSource) -> None:
    large = SyntheticSource(7, underlyings=240)
    assert large.universe()[:12] == source.universe()
    assert len(set(large.universe())) == 240 and all(ticker.startswith("Z") for ticker in large.universe())
    for ticker in ("ZMKT", "ZRIG"):
        assert fingerprint(large.chain(ticker, START), large.context(ticker, START)) == fingerprint(
            source.chain(ticker, START), source.context(ticker, START)
        )
    assert "(synthetic)" in large.context(large.universe()[-1], START).name


def test_what_it_cannot_answer_it_says(source: SyntheticSource) -> None:
    long_ago = datetime(2019, 1, 2, 16, tzinfo=UTC)
    assert source.chain("ZMKT", long_ago) is None and source.volatility_indices(long_ago) == ()
    with pytest.raises(BadInput, match="outside the synthetic market"):
        source.context("ZMKT", long_ago)
    with pytest.raises(UnknownSymbol, match="no SPY"):
        source.chain("SPY", START)
    with pytest.raises(BadInput, match="241 underlyings"):
        SyntheticSource(underlyings=241)
