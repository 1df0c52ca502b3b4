"""Posts and headlines of the synthetic market, from templates: a usual pace, bursts after large moves, and noise.

Attention and mood of a calendar day look at sessions that closed before it, so that no text knows what comes.
"""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import cache
from importlib import resources
from typing import cast

import numpy as np

from domain.chain import Floats
from domain.market import Days, Headline, Post
from domain.session import NEW_YORK, session_open
from market.synthetic_paths import World
from market.synthetic_universe import Underlying

DAYS_BACK = 10
MOST_A_DAY = 60
CHANNEL, PUBLISHERS = "synthetic forum", ("Synthetic Wire", "The Invented Times", "Placeholder Post")
HEADLINES_A_DAY, ECHOED = 0.45, 0.35
FIRST_HOUR, LAST_HOUR = 6.0, 23.5  # New York


@dataclass(frozen=True)
class Words:
    posts: dict[str, list[str]]
    headlines: dict[str, list[str]]
    products: dict[str, list[str]]


@cache
def _words() -> Words:
    text = resources.files("market").joinpath("synthetic_words.toml").read_text(encoding="utf-8")
    tables = cast(dict[str, dict[str, list[str]]], tomllib.loads(text))
    return Words(**tables)


def texts(world: World, name: Underlying, as_of: datetime) -> tuple[tuple[Post, ...], tuple[Headline, ...]]:
    """What was written in the last days up to ``as_of``, oldest first."""
    today = np.datetime64(as_of.astimezone(NEW_YORK).date())
    days: Days = np.arange(today - DAYS_BACK, today + 1)
    mood, excitement = _climate(world, name, days)
    headlines = [h for d in range(len(days)) for h in _headlines_of(world, name, days[d : d + 1], mood[d])]
    posts = [p for d in range(len(days)) for p in _posts_of(world, name, days[d : d + 1], mood[d], excitement[d])]
    posts += [post for headline in headlines if (post := _echo(world, name, headline))]
    seen = sorted((p for p in posts if p.at <= as_of), key=lambda p: (p.at, p.post_id))
    read = sorted((h for h in headlines if h.at <= as_of), key=lambda h: (h.at, h.headline_id))
    return tuple(seen), tuple(read)


def _climate(world: World, name: Underlying, days: Days) -> tuple[Floats, Floats]:
    """(mood, around 0; pace, as a multiple of the usual) of each calendar day."""
    early: Days = np.concatenate((days[:1] - 1, days))
    before = np.searchsorted(world.days, early) - 1  # the last session that closed before the day
    path = world.path(name.ticker)
    moves = np.diff(np.log(path.close), prepend=np.log(path.close[0]))[before]
    moves = moves / (path.own.sigma[before] + name.market * world.market.path.sigma[before])
    noise = world.dice.normal("mood", name.ticker, early)
    luck = world.dice.uniform("burst", name.ticker, early)
    size = 3 + 4 * world.dice.uniform("burst size", name.ticker, early)
    fresh = np.where((np.abs(moves) > 1.7) & (luck < 0.6) | (luck > 0.95), size, 0.0)
    usual = 0.7 + 0.6 * world.dice.uniform("pace", name.ticker, early)
    pace = np.maximum(usual, fresh)
    return (0.5 * moves + 0.5 * noise)[1:], np.maximum(pace[1:], 0.5 * pace[:-1])


def _posts_of(world: World, name: Underlying, day: Days, mood: float, pace: float) -> Iterator[Post]:
    u = world.dice.uniform("post", name.ticker, day[:, None, None], np.arange(MOST_A_DAY)[:, None], np.arange(6))[0]
    luck = world.dice.uniform("posts", name.ticker, day)[0]
    count = min(int(name.attention * pace + luck), MOST_A_DAY)
    for i, draw in enumerate(u[:count].tolist()):
        template = _pick(_words().posts[_tone(mood, draw[0], 0.45)], draw[1])
        text = _fill(template, name, draw[2])
        yield Post(
            _identity(world, "post", name, day, i), CHANNEL, _moment(day, draw[3]), text, int(3 / (draw[4] + 0.01))
        )


def _headlines_of(world: World, name: Underlying, day: Days, mood: float) -> Iterator[Headline]:
    u = world.dice.uniform("headline", name.ticker, day[:, None], np.arange(6))[0].tolist()
    surprise = world.path(name.ticker).surprise.get(day[0])
    if surprise is not None:
        kind = "beat" if surprise > 0 else "miss"
        text = _fill(_pick(_words().headlines[kind], u[4]), name, u[5]).replace("{s}", f"{abs(surprise):g}")
        yield Headline(_identity(world, "result", name, day, 0), PUBLISHERS[0], session_open(day[0].item()), text)
    if u[0] < HEADLINES_A_DAY and not name.is_fund:
        text = _fill(_pick(_words().headlines[_tone(mood, u[1], 0.35)], u[2]), name, u[5])
        yield Headline(_identity(world, "headline", name, day, 0), _pick(PUBLISHERS, u[4]), _moment(day, u[3]), text)


def _echo(world: World, name: Underlying, headline: Headline) -> Post | None:
    """The same story as a post, a little later; for some headlines."""
    u = world.dice.fixed("echo", headline.headline_id, np.arange(3)).tolist()
    if u[0] > ECHOED:
        return None
    text = _pick(_words().posts["echo"], u[1]).format(h=headline.text, t=name.ticker)
    at = headline.at + timedelta(minutes=15 + int(60 * u[2]))
    return Post(f"{headline.headline_id}-echo", CHANNEL, at, text, int(40 * u[2]))


def _tone(mood: float, draw: float, swing: float) -> str:
    """Neutral for a third; the rest leans with the mood."""
    lean = 0.5 + swing * float(np.tanh(mood))
    if draw < 0.34:
        return "neutral"
    return "positive" if (draw - 0.34) / 0.66 < lean else "negative"


def _fill(template: str, name: Underlying, draw: float) -> str:
    product = _pick(_words().products[name.sector], draw)
    company = name.name.removesuffix(" (synthetic)")
    return template.replace("{t}", name.ticker).replace("{n}", company).replace("{p}", product)


def _pick(choices: "list[str] | tuple[str, ...]", draw: float) -> str:
    return choices[int(draw * len(choices))]


def _moment(day: Days, draw: float) -> datetime:
    hours = FIRST_HOUR + (LAST_HOUR - FIRST_HOUR) * draw
    midnight = datetime.combine(day[0].item(), time(0), NEW_YORK).astimezone(UTC)
    return midnight + timedelta(seconds=int(3600 * hours))


def _identity(world: World, kind: str, name: Underlying, day: Days, number: int) -> str:
    return f"syn-{world.dice.seed}-{kind}-{name.ticker}-{day[0]}-{number}"
