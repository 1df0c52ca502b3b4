"""Implied volatility of the synthetic market: what its forces lead one to expect, a premium, and a smile.

At the money, total variance is the expected variance of market, sector and own factor (each state decaying at its
own pace), times a premium for risk and for option demand, plus the move expected of each earnings day before expiry.
The smile is SSVI with the power law phi(theta) = eta / sqrt(theta (1 + theta)) (Gatheral and Jacquier,
"Arbitrage-free SVI volatility surfaces", Quantitative Finance 14, 2014, section 4): free of static arbitrage while
theta does not fall in time and eta (1 + |rho|) <= 2.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.market import Days
from market.synthetic_calendar import Tick, earnings_days, expiry_cycle, listings, sessions_until
from market.synthetic_factors import HALF_LIVES, MARKET, SECTOR, WIDEST_STATE, YEAR, Force, idiosyncratic
from market.synthetic_paths import INFORMED, RICHNESS_HALF_LIFE, World
from market.synthetic_universe import INDEX, Underlying
from quant.black import price

DAYS_A_YEAR = 365.0
EVENT_PREMIUM = 1.1
TERM_PREMIUM = 0.25  # in variance, what the longest options cost more than the shortest
SKEW_SWING = 0.09  # standard deviation of rho in time
VIX_DAYS = {"VIX": 30, "VIX9D": 9, "VIX3M": 91, "VIX6M": 182}


def _mean_decay(half_life: float, years: Floats) -> Floats:
    """The average of exp(-k t) over the years: how much of a state's deviation an option of that life sees."""
    u = np.maximum(np.log(2) / half_life * YEAR * years, 1e-9)
    return np.asarray(-np.expm1(-u) / u)


def _expected(force: Force, states: Floats, years: Floats) -> Floats:
    """Expected average annual variance of a factor; ``states`` has the slow and the fast one in front."""
    total = np.zeros(np.broadcast_shapes(states.shape[1:], years.shape))
    for state, half_life, spread in zip(states, HALF_LIVES, force.spreads, strict=True):
        seen = _mean_decay(half_life, years)
        total = total + np.clip(state, -WIDEST_STATE, WIDEST_STATE) * seen + spread**2 * (1 - seen**2)
    return np.asarray(force.sigma**2 * (1 + force.jump_variance) * np.exp(2 * total))


def fair_variance(name: Underlying, states: Floats, richness: Floats, years: Floats) -> Floats:
    """Expected annual variance without earnings. ``states`` (3 factors, 2, ...) broadcasts against ``years``."""
    informed = np.exp(2 * INFORMED * richness * _mean_decay(RICHNESS_HALF_LIFE, years))
    return np.asarray(
        name.market**2 * _expected(MARKET, states[0], years)
        + name.sector_beta**2 * _expected(SECTOR, states[1], years)
        + _expected(idiosyncratic(name.idio), states[2], years) * informed
    )


def total_variance(name: Underlying, states: Floats, richness: Floats, years: Floats, events: Floats) -> Floats:
    """At-the-money total implied variance (theta); ``events`` counts the earnings days before expiry."""
    demand = np.exp(2 * (1 - INFORMED) * richness * _mean_decay(RICHNESS_HALF_LIFE, years))
    patience = 1 + TERM_PREMIUM * (1 - _mean_decay(HALF_LIVES[0], years))
    usual = years * fair_variance(name, states, richness, years) * name.premium**2 * patience * demand
    return np.asarray(usual + events * (EVENT_PREMIUM * name.event) ** 2)


def usual_volatility(name: Underlying) -> float:
    """A round figure for the name's volatility, from its row in the table only."""
    return float(np.sqrt((0.14 * name.market) ** 2 + (0.12 * name.sector_beta) ** 2 + name.idio**2))


def smile(theta: Floats, moneyness: Floats, rho: Floats, eta: float) -> Floats:
    """SSVI total variance at log(strike / forward)."""
    scaled = eta / np.sqrt(theta * (1 + theta)) * moneyness
    return np.asarray(theta / 2 * (1 + rho * scaled + np.sqrt((scaled + rho) ** 2 + 1 - rho**2)))


def correlation(name: Underlying, skew: Floats) -> Floats:
    """SSVI's rho at a state of the skew."""
    return np.clip(name.skew + SKEW_SWING * skew, -0.8, 0.25)


def events_between(announced: Days, after: Days, until: Days) -> Floats:
    """How many announcements fall after one day and not after another (they come before the open)."""
    count = np.searchsorted(announced, until, side="right") - np.searchsorted(announced, after, side="right")
    return np.asarray(np.maximum(count, 0), float)


def announcements(world: World, name: Underlying) -> Days:
    return np.array([day for day, _ in earnings_days(world.dice, name)], dtype="datetime64[D]")


@dataclass(frozen=True, eq=False)
class Volatility:
    """The surface of one name at one tick."""

    name: Underlying
    states: Floats
    richness: Floats
    rho: Floats
    session: np.datetime64
    announced: Days

    def vol(self, moneyness: Floats, years: Floats, expiry: Days) -> Floats:
        """Implied vol, one a row, at log(strike / forward)."""
        events = events_between(self.announced, np.full(expiry.shape, self.session), expiry)
        theta = total_variance(self.name, self.states[:, :, None], self.richness, years, events)
        return np.asarray(np.sqrt(smile(theta, moneyness, self.rho, self.name.wings) / years))


def volatility(world: World, name: Underlying, tick: Tick) -> Volatility:
    session = np.datetime64(tick.session)
    day, path = world.index_of(session), world.path(name.ticker)
    return Volatility(
        name,
        world.states(name.ticker, tick),
        path.richness[day],
        correlation(name, path.skew[day]),
        session,
        announcements(world, name),
    )


def _closing_states(world: World, name: Underlying, days: slice) -> Floats:
    """(3 factors, 2, days)"""
    paths = (world.market.path, world.sector(name.sector).path, world.path(name.ticker).own)
    return np.array([path.closes[:, days] for path in paths])


def vols_at_closes(
    world: World, name: Underlying, day: NDArray[np.intp], moneyness: Floats, years: Floats, expiry: Days
) -> Floats:
    """Implied vol, one a row, at the close of the session of index ``day``."""
    path, first = world.path(name.ticker), int(day.min())
    states = _closing_states(world, name, slice(first, int(day.max()) + 1))[:, :, day - first]
    events = events_between(announcements(world, name), world.days[day], expiry)
    theta = total_variance(name, states, path.richness[day], years, events)
    return np.asarray(np.sqrt(smile(theta, moneyness, correlation(name, path.skew[day]), name.wings) / years))


@dataclass(frozen=True, eq=False)
class Closes:
    """One name's surface at the closes of ``days``, at the two listed expiries around 30 days: (2, days) each."""

    name: Underlying
    theta: Floats
    years: Floats
    rho: Floats

    def at_thirty(self, total: Floats) -> Floats:
        """Volatility 30 days ahead from total variance at the two expiries, read like ``quant.surface`` does."""
        (low, high), (t_low, t_high) = total, self.years
        target = 30 / DAYS_A_YEAR
        share = np.where(t_high > t_low, (target - t_low) / np.maximum(t_high - t_low, 1e-9), 0.0)
        return np.asarray(np.sqrt(np.maximum(low + share * (high - low), 0.0) / target))

    def smile(self, moneyness: Floats) -> Floats:
        return smile(self.theta, moneyness, self.rho, self.name.wings)


def closes(world: World, name: Underlying, days: slice) -> Closes:
    sessions = world.days[days]
    expiries = np.array(_bracket(name.weeklies, expiry_cycle(world.dice, name), world.year))[:, days]
    years = (expiries - sessions).astype(float) / DAYS_A_YEAR
    events = events_between(announcements(world, name), sessions, expiries)
    path = world.path(name.ticker)
    states = _closing_states(world, name, days)[:, :, None]
    theta = total_variance(name, states, path.richness[days], years, events)
    return Closes(name, theta, years, correlation(name, path.skew[days]))


@lru_cache(maxsize=32)
def _bracket(weeklies: bool, cycle: int, year: int) -> tuple[Days, Days]:
    """The last listed expiry within 30 days of each day and the first one from there."""
    listed, days = listings(weeklies, cycle), sessions_until(year)
    quoted = (listed.listed <= days[:, None]) & (listed.expiry > days[:, None])
    near = quoted & (listed.expiry <= days[:, None] + 30)
    far = quoted & (listed.expiry >= days[:, None] + 30)
    first: NDArray[np.intp] = far.argmax(axis=1)
    last = near.shape[1] - 1 - near[:, ::-1].argmax(axis=1)
    last = np.where(near.any(axis=1), last, first)
    return listed.expiry[last], listed.expiry[first]


def index_of_volatility(world: World, days: slice, horizon: int) -> Floats:
    """Vol points at the closes: the square root of the variance strip of the index product's options, as Cboe's VIX.

    Cboe Volatility Index Mathematics Methodology: 2/T times the sum of out-of-the-money premiums over strike squared.
    """
    name = world.names[INDEX]
    years = np.full(1, horizon / DAYS_A_YEAR)
    path = world.path(name.ticker)
    theta = total_variance(name, _closing_states(world, name, days), path.richness[days], years, np.zeros(1))
    total = strip_variance(theta, correlation(name, path.skew[days]), name.wings)
    return np.asarray(np.round(100 * np.sqrt(total / years), 2))


def strip_variance(theta: Floats, rho: Floats, eta: float) -> Floats:
    """Total variance that the out-of-the-money options of a smile pay for: twice their premiums over strike squared."""
    deviation = np.sqrt(theta)[..., None]
    moneyness = deviation * np.linspace(-7, 5, 49)
    vol = np.sqrt(smile(theta[..., None], moneyness, rho[..., None], eta))
    strike = np.exp(moneyness)
    premium = price(moneyness > 0, 1.0, strike, 1.0, vol, 1.0)
    return np.asarray(2 * np.trapezoid(premium / strike, moneyness, axis=-1))
