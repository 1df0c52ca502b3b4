"""The synthetic market: a seeded world of invented underlyings behind the same port as real sources.

Everything follows from the seed by counter-based randomness: the same numbers in every process, whatever was asked for
first, and nothing at a moment depends on a later one. Quotes move on a five-minute grid and rest at the close.
All that leaves here says that it is synthetic.
"""

from datetime import datetime

from domain.chain import Chain
from domain.errors import BadInput, UnknownSymbol
from domain.market import Context, PriceHistory, Series
from market.synthetic_calendar import EPOCH, LAST_YEAR, Tick, start_moment, tick_at
from market.synthetic_chains import RATE, SOURCE, chain_at
from market.synthetic_companies import earnings_known, shares_traded, short_interest
from market.synthetic_measures import interest_since, measures_until
from market.synthetic_paths import World
from market.synthetic_random import Dice, Shock
from market.synthetic_surface import VIX_DAYS, index_of_volatility
from market.synthetic_universe import Underlying, universe
from market.synthetic_words import texts

__all__ = ["SyntheticSource", "start_moment"]

KEPT = 512  # histories of measures
HISTORY, INDEX_HISTORY = 780, 756  # sessions handed out
FUND_HAS_NO = "a fund has none"


class SyntheticSource:
    """A ``MarketSource`` of ``underlyings`` names; a larger universe begins with the smaller one, unchanged.

    ``shock(day)`` multiplies everything random about a day (None leaves it): a test poisons the days after a moment
    with it and must find that moment's answers unchanged.

    :raises BadInput: fewer than 1 or more than 240 underlyings.
    """

    def __init__(self, seed: int = 7, underlyings: int = 12, shock: Shock | None = None) -> None:
        self._dice = Dice(seed, shock)
        self._names = {row.ticker: row for row in universe(underlyings)}
        self._world: World | None = None
        self._measures: dict[tuple[str, int, int], dict[str, Series]] = {}
        self._indices: tuple[tuple[int, int], tuple[Series, ...]] | None = None

    @property
    def name(self) -> str:
        return SOURCE

    def universe(self) -> tuple[str, ...]:
        return tuple(self._names)

    def knows(self, ticker: str) -> bool:
        return ticker in self._names

    def chain(self, ticker: str, as_of: datetime) -> Chain | None:
        """The quotes of the latest grid point; None before the world began and after it ended.

        :raises UnknownSymbol: the universe has no such ticker.
        """
        row, tick = self._row(ticker), tick_at(as_of)
        return None if tick is None else chain_at(self._until(tick), row, tick)

    def context(self, ticker: str, as_of: datetime) -> Context:
        """:raises UnknownSymbol: the universe has no such ticker.
        :raises BadInput: the moment is outside the synthetic calendar.
        """
        row, tick = self._row(ticker), self._tick(as_of)
        world = self._until(tick)
        posts, headlines = texts(world, row, as_of)
        return Context(
            ticker=ticker,
            as_of=as_of,
            sector=row.sector,
            name=row.name,
            history=_history(world, row, world.completed(tick)),
            measures=self._measures_of(world, row, world.completed(tick)),
            posts=posts,
            headlines=headlines,
            earnings=earnings_known(world, row, as_of),
            short_interest=None if row.is_fund else short_interest(world, row, as_of),
            interest_change=interest_since(world, row, tick),
            absent={"earnings": FUND_HAS_NO, "short_interest": FUND_HAS_NO} if row.is_fund else {},
            synthetic=True,
            is_fund=row.is_fund,
        )

    def volatility_indices(self, as_of: datetime) -> tuple[Series, ...]:
        """VIX, VIX9D, VIX3M, VIX6M of the synthetic index product at the closes so far; empty outside the calendar."""
        tick = tick_at(as_of)
        if tick is None:
            return ()
        world = self._until(tick)
        key = (world.year, world.completed(tick))
        if self._indices is None or self._indices[0] != key:
            self._indices = key, _index_series(world, key[1])
        return self._indices[1]

    def rate(self, as_of: datetime) -> float | None:
        """The same at every moment."""
        return RATE

    def _measures_of(self, world: World, row: Underlying, completed: int) -> dict[str, Series]:
        """Worked out once for a session: they are the dearest part of a context."""
        key = (row.ticker, world.year, completed)
        if key not in self._measures:
            if len(self._measures) >= KEPT:
                self._measures.clear()
            self._measures[key] = measures_until(world, row, completed)
        return self._measures[key]

    def _row(self, ticker: str) -> Underlying:
        if ticker not in self._names:
            known = ", ".join(list(self._names)[:12])
            raise UnknownSymbol(f"the synthetic market has no {ticker}", f"it has {known}")
        return self._names[ticker]

    def _tick(self, as_of: datetime) -> Tick:
        tick = tick_at(as_of)
        if tick is None:
            raise BadInput(
                f"{as_of:%Y-%m-%d} is outside the synthetic market", f"ask from {EPOCH} to {LAST_YEAR}-12-31"
            )
        return tick

    def _until(self, tick: Tick) -> World:
        """The world to the end of the tick's year; one is kept."""
        world = self._world
        if world is None or world.year != tick.session.year:
            world = self._world = World(self._dice, self._names, tick.session.year)
        return world


def _history(world: World, row: Underlying, completed: int) -> PriceHistory | None:
    if completed == 0:
        return None
    path, part = world.path(row.ticker), slice(max(completed - HISTORY, 0), completed)
    return PriceHistory(
        ticker=row.ticker,
        basis="unadjusted",
        source=SOURCE,
        dates=world.days[part],
        open=path.open[part],
        high=path.high[part],
        low=path.low[part],
        close=path.close[part],
        volume=shares_traded(world, row)[part],
    )


def _index_series(world: World, completed: int) -> tuple[Series, ...]:
    part = slice(max(completed - INDEX_HISTORY, 0), completed)
    source = "synthetic (index of the synthetic market)"
    return tuple(
        Series(name, source, world.days[part], index_of_volatility(world, part, days))
        for name, days in VIX_DAYS.items()
    )
