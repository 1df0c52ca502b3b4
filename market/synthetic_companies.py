"""What is published about a synthetic name: shares traded, earnings and surprises, short interest with its delay."""

from datetime import date, datetime, timedelta

import numpy as np

from domain.chain import Floats
from domain.market import Earnings, ShortInterest
from domain.session import is_session, next_session, previous_session, session_close, session_open
from market.synthetic_calendar import earnings_days
from market.synthetic_paths import World
from market.synthetic_universe import Underlying

PAST_EARNINGS = 8
SHORT_DELAY = 7  # sessions from settlement to publication, after the close
AVERAGE_SESSIONS = 20


def shares_traded(world: World, name: Underlying) -> Floats:
    """Shares a session: the name's usual number, more on days that move."""
    path = world.path(name.ticker)
    usual = 10 ** (5.3 + 2.4 * name.liquidity) * 100 / name.price
    moves = np.abs(np.diff(np.log(path.close), prepend=np.log(path.close[0])))
    stir = np.minimum(moves / path.own.sigma, 5.0)
    luck = world.dice.normal("shares", name.ticker, world.days)
    return np.asarray(np.round(usual * np.exp(0.25 * luck + 0.3 * stir - 0.3), -2))


def earnings_known(world: World, name: Underlying, as_of: datetime) -> tuple[Earnings, ...]:
    """Past announcements with their surprise, oldest first, and those ahead whose date is out."""
    surprises, known = world.path(name.ticker).surprise, []
    for day, since in earnings_days(world.dice, name):
        told = session_open(since) if since >= world.days[0].item() else session_open(world.days[0].item())
        if told > as_of or day < world.days[0].item():
            continue
        reported = session_open(day) <= as_of
        known.append(Earnings(day, told, surprises.get(np.datetime64(day)) if reported else None))
    ahead = [announcement for announcement in known if session_open(announcement.day) > as_of]
    past = known[: len(known) - len(ahead)]
    return tuple(past[-PAST_EARNINGS:] + ahead)


def short_interest(world: World, name: Underlying, as_of: datetime) -> ShortInterest | None:
    """The latest published figure: settled mid-month and at month end, out seven sessions later."""
    for settled in _settlements(as_of):
        day = world.index_of(np.datetime64(settled))
        published = session_close(_sessions_later(settled)) + timedelta(hours=1)
        if published <= as_of and day >= AVERAGE_SESSIONS:
            volume = shares_traded(world, name)[day - AVERAGE_SESSIONS + 1 : day + 1].mean()
            return ShortInterest(settled, published, _shares_short(world, name, settled), round(float(volume)))
    return None


def _shares_short(world: World, name: Underlying, settled: date) -> float:
    usual = 10 ** (5.3 + 2.4 * name.liquidity) * 100 / name.price
    days_to_cover = 1.2 * np.exp(1.1 * world.dice.fixed_normal("shorts", name.ticker)[0])
    luck = world.dice.normal("short interest", name.ticker, np.array([settled], dtype="datetime64[D]"))[0]
    return float(np.round(usual * days_to_cover * np.exp(0.2 * luck), -2))


def _settlements(as_of: datetime) -> list[date]:
    """The last settlement days before the moment, newest first: mid-month and month end, or the session before."""
    month = as_of.date().replace(day=1)
    days = []
    for _ in range(3):
        days += [month.replace(day=15), month - timedelta(days=1)]
        month = (month - timedelta(days=1)).replace(day=1)
    return [_session_on_or_before(day) for day in days if day < as_of.date()]


def _session_on_or_before(day: date) -> date:
    return day if is_session(day) else previous_session(day)


def _sessions_later(day: date) -> date:
    for _ in range(SHORT_DELAY):
        day = next_session(day)
    return day
