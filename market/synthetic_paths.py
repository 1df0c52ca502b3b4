"""Prices of the synthetic market: log prices built forward, five minutes at a time, from a fixed first day.

A name's return is its share of the market's and the sector's, its own, a weak pull to a level of its own, a slow trend,
the jump of an earnings day, and a faint drift after unusual option volume. What is true at one step is a function of
that step and those before it, whatever was asked for first. Published prices are rounded to cents.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.chain import Floats
from domain.market import Days
from market.synthetic_calendar import Tick, earnings_days, last_steps, sessions_until
from market.synthetic_factors import MARKET, SECTOR, YEAR, FactorPath, factor_path, idiosyncratic, noise, wander
from market.synthetic_random import Dice
from market.synthetic_universe import Underlying

PULL = 0.0015  # a day, towards the name's own price level
FURTHEST = 4.0  # from that level (log)
TREND, TREND_HALF_LIFE = 0.25, 30.0  # annual drift (standard deviation), sessions
RICHNESS_HALF_LIFE, SKEW_HALF_LIFE = 22.0, 20.0
RICHNESS, FUND_RICHNESS = 0.36, 0.12  # how far option demand moves implied vol (log)
INFORMED = 0.35  # the part of it that later shows in realised volatility
FLOW_RATE, FLOW_DRIFT, FLOW_DAYS = 0.10, 0.06, 3  # unusual volume: chance a day; drift in daily sigmas, for these days


@dataclass(frozen=True, eq=False)
class Factor:
    """A shared factor: its path and its noise (days, steps)."""

    path: FactorPath
    noise: Floats


@dataclass(frozen=True, eq=False)
class NamePath:
    """One name, daily, from the epoch: rounded bars, and what rules the sessions."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    level: Floats  # log price over the name's own level, at the close
    drift: Floats  # of each session, with the open; earnings jump included
    own: FactorPath
    richness: Floats  # log implied over fair volatility at the short end
    skew: Floats  # standard normal; how far the skew is from its usual
    flow: Floats  # +1 unusual call volume in the session, -1 put, 0 none
    surprise: dict[np.datetime64, float]  # of each earnings day, percent


class World:
    """All paths until the end of ``year``; a later year's world begins with this one."""

    def __init__(self, dice: Dice, names: dict[str, Underlying], year: int) -> None:
        self.dice, self.names, self.year = dice, names, year
        self.days: Days = sessions_until(year)
        self.last = last_steps(year)
        self._sectors: dict[str, Factor] = {}
        self._paths: dict[str, NamePath] = {}

    @cached_property
    def market(self) -> Factor:
        return self._factor("market")

    def sector(self, name: str) -> Factor:
        if name not in self._sectors:
            self._sectors[name] = self._factor(name)
        return self._sectors[name]

    def path(self, ticker: str) -> NamePath:
        if ticker not in self._paths:
            self._paths[ticker] = self._walk(self.names[ticker])
        return self._paths[ticker]

    def index_of(self, session: np.datetime64) -> int:
        return int(np.searchsorted(self.days, session))

    def completed(self, tick: Tick) -> int:
        """How many sessions have closed at the tick: daily arrays are cut there."""
        d = self.index_of(np.datetime64(tick.session))
        return d + 1 if tick.step >= self.last[d] else d

    def spot(self, ticker: str, tick: Tick) -> float:
        d, path = self.index_of(np.datetime64(tick.session)), self.path(ticker)
        before = float(path.level[d - 1]) if d else 0.0
        returns = self._returns(self.names[ticker], path.own, self._own_noise(ticker, d), slice(d, d + 1))
        levels = _levels(before, float(path.drift[d]), returns[0])
        return float(_rounded(self.names[ticker].price, levels[tick.step : tick.step + 1])[0])

    def states(self, ticker: str, tick: Tick) -> Floats:
        """Volatility states of (market, sector, own) at the tick: (3, 2), slow and fast."""
        d = self.index_of(np.datetime64(tick.session))
        shared = (self.market, self.sector(self.names[ticker].sector))
        rows = [factor.path.states(d, _so_far(factor.noise[d], tick.step)) for factor in shared]
        return np.array([*rows, self.path(ticker).own.states(d, _so_far(self._own_noise(ticker, d)[0], tick.step))])

    def _factor(self, subject: str) -> Factor:
        force = MARKET if subject == "market" else SECTOR
        steps = noise(self.dice, subject, force, self.days, self.last)
        return Factor(factor_path(self.dice, subject, force, self.days, _daily(steps)), steps)

    def _own_noise(self, ticker: str, day: int) -> Floats:
        days = slice(day, day + 1)
        force = idiosyncratic(self.names[ticker].idio)
        return noise(self.dice, ticker, force, self.days[days], self.last[days])

    def _returns(self, name: Underlying, own: FactorPath, own_noise: Floats, days: slice) -> Floats:
        """Log returns of the steps of some days, without the drift."""
        market, sector = self.market, self.sector(name.sector)
        return np.asarray(
            name.market * market.path.sigma[days, None] * market.noise[days]
            + name.sector_beta * sector.path.sigma[days, None] * sector.noise[days]
            + own.sigma[days, None] * own_noise
        )

    def _walk(self, name: Underlying) -> NamePath:
        dice, days = self.dice, self.days
        force = idiosyncratic(name.idio)
        demand = np.tanh(2.0 * wander(dice, "richness", name.ticker, days, RICHNESS_HALF_LIFE))
        richness = (FUND_RICHNESS if name.is_fund else RICHNESS) * demand
        steps = noise(dice, name.ticker, force, days, self.last)
        own = factor_path(dice, name.ticker, force, days, _daily(steps), INFORMED * richness)
        flow = self._flow(name)
        jumps, surprise = self._earnings(name)
        trend = TREND / YEAR * wander(dice, "trend", name.ticker, days, TREND_HALF_LIFE)
        drift = 0.03 / YEAR + (0.3 if name.is_fund else 1.0) * trend + jumps + FLOW_DRIFT * own.sigma * _recent(flow)
        levels = _all_levels(drift, self._returns(name, own, steps, slice(None)))
        prices = _rounded(name.price, levels)
        final = np.arange(len(days)), self.last
        traded = np.arange(prices.shape[1]) <= self.last[:, None]
        return NamePath(
            open=prices[:, 0],
            high=np.where(traded, prices, -np.inf).max(axis=1),
            low=np.where(traded, prices, np.inf).min(axis=1),
            close=prices[final],
            level=levels[final],
            drift=drift,
            own=own,
            richness=richness,
            skew=wander(dice, "skew", name.ticker, days, SKEW_HALF_LIFE),
            flow=flow,
            surprise=surprise,
        )

    def _flow(self, name: Underlying) -> Floats:
        happens = self.dice.uniform("flow", name.ticker, self.days) < FLOW_RATE
        calls = self.dice.uniform("flow side", name.ticker, self.days) < 0.58
        return np.where(happens, np.where(calls, 1.0, -1.0), 0.0)

    def _earnings(self, name: Underlying) -> tuple[Floats, dict[np.datetime64, float]]:
        """The jump of each day (0 on most) and the surprises, which only half explain the jumps."""
        jumps = np.zeros(len(self.days))
        announced = np.array([day for day, _ in earnings_days(self.dice, name)], dtype="datetime64[D]")
        announced = announced[announced <= self.days[-1]]
        if not len(announced):
            return jumps, {}
        move = self.dice.normal("earnings move", name.ticker, announced)
        luck = self.dice.normal("earnings luck", name.ticker, announced)
        jumps[np.searchsorted(self.days, announced)] = name.event * move
        percent = np.round(2.0 + 6.0 * (0.6 * move + 0.8 * luck), 1)
        return jumps, dict(zip(announced, percent.tolist(), strict=True))


def _daily(steps: Floats) -> Floats:
    """A day's total noise, added in the order of its steps."""
    return np.asarray(np.cumsum(steps, axis=1)[:, -1])


def _so_far(steps: Floats, step: int) -> float:
    return float(np.cumsum(steps)[step])


def _recent(flow: Floats) -> Floats:
    """The sum of the last days' unusual volume, the day itself not included."""
    padded = np.concatenate((np.zeros(FLOW_DAYS), flow))
    return np.asarray(sum(padded[FLOW_DAYS - lag : len(padded) - lag] for lag in range(1, FLOW_DAYS + 1)))


def _levels(before: float, drift: float, returns: Floats) -> Floats:
    """Log levels at each step of one day, from the level at the close before."""
    return np.asarray((1 - PULL) * before + drift + np.cumsum(returns))


def _all_levels(drift: Floats, returns: Floats) -> Floats:
    """The same day after day from level 0. The steps after an early close repeat the close."""
    moves = np.cumsum(returns, axis=1)
    levels = np.empty_like(moves)
    before = 0.0
    for d in range(len(moves)):
        levels[d] = (1 - PULL) * before + drift[d] + moves[d]
        before = float(levels[d, -1])
    return levels


def _rounded(price: float, levels: Floats) -> Floats:
    """In cents; a name neither dies nor grows without bound."""
    return np.asarray(np.maximum(np.round(price * np.exp(np.clip(levels, -FURTHEST, FURTHEST)), 2), 0.5))
