"""The synthetic world behaves like a market: fat tails, sectors, a variance premium, news that lags and errs."""

from datetime import timedelta
from itertools import combinations, pairwise

import numpy as np
import pytest

from domain.chain import Floats
from domain.market import Context
from domain.session import NEW_YORK, is_session, sessions_between
from market.synthetic import SyntheticSource, start_moment
from market.synthetic_calendar import tick_at
from market.synthetic_paths import World
from market.synthetic_random import Dice
from market.synthetic_universe import universe

SEEDS = (1, 7, 11)


@pytest.fixture(scope="module")
def contexts() -> dict[int, dict[str, Context]]:
    found = {}
    for seed in SEEDS:
        source = SyntheticSource(seed)
        found[seed] = {ticker: source.context(ticker, start_moment(seed)) for ticker in source.universe()}
    return found


def returns(context: Context) -> Floats:
    assert context.history is not None
    return np.diff(np.log(context.history.close))


def implied(context: Context) -> Floats:
    assert context.iv_history is not None
    return context.iv_history.values


def rank(context: Context) -> float:
    year = implied(context)[-252:]
    return float(100 * (year[-1] - year.min()) / np.ptp(year))


def test_bars_are_the_sessions_of_three_years_and_hold_together(contexts: dict[int, dict[str, Context]]) -> None:
    for context in contexts[7].values():
        bars = context.history
        assert bars is not None and bars.basis == "unadjusted"
        assert np.array_equal(bars.dates, sessions_between(bars.dates[0].item(), bars.dates[-1].item()))
        assert bars.dates[-1] - bars.dates[0] > np.timedelta64(3 * 365, "D")
        assert (bars.low <= np.minimum(bars.open, bars.close)).all() and (bars.low > 0).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all() and (bars.volume > 0).all()


def test_tails_are_fat(contexts: dict[int, dict[str, Context]]) -> None:
    for names in contexts.values():
        for context in names.values():
            r = returns(context) - returns(context).mean()
            assert (r**4).mean() / (r**2).mean() ** 2 > 3


def test_names_of_a_sector_move_together_more_than_others(contexts: dict[int, dict[str, Context]]) -> None:
    for names in contexts.values():
        stocks = [c for c in names.values() if c.sector != "broad index"]
        pairs = [(a.sector == b.sector, np.corrcoef(returns(a), returns(b))[0, 1]) for a, b in combinations(stocks, 2)]
        within = np.mean([rho for same, rho in pairs if same])
        across = np.mean([rho for same, rho in pairs if not same])
        assert within > across + 0.1 and across > 0.1


def test_two_funds_and_ten_stocks_of_five_sectors_or_more() -> None:
    names = universe(12)
    assert sum(row.is_fund for row in names) == 2
    assert len({row.sector for row in names if not row.is_fund}) >= 5
    assert all(row.wings * (1 + 0.8) <= 2 for row in universe(240))  # no butterfly arbitrage at any skew allowed


def test_implied_volatility_is_above_realised_on_average(contexts: dict[int, dict[str, Context]]) -> None:
    premia = [
        implied(context).mean() / (returns(context)[-504:].std() * np.sqrt(252))
        for names in contexts.values()
        for context in names.values()
    ]
    assert 1.02 < np.mean(premia) < 1.20


def test_at_any_start_some_options_are_dear_and_some_cheap(contexts: dict[int, dict[str, Context]]) -> None:
    for names in contexts.values():
        assert all(len(implied(context)) >= 300 for context in names.values())
        ranks = sorted(rank(context) for context in names.values())
        assert ranks[-1] - ranks[0] > 50 and ranks[0] < 25
    every = [rank(context) for names in contexts.values() for context in names.values()]
    assert max(every) > 70 and min(every) < 15


def test_over_time_ranks_reach_both_ends() -> None:
    extremes = []
    for context in (SyntheticSource(7).context(row.ticker, start_moment(7)) for row in universe(12)):
        values = implied(context)
        for i in range(252, len(values), 10):
            year = values[i - 252 : i]
            extremes.append((year[-1] - year.min()) / np.ptp(year))
    assert np.mean(np.array(extremes) > 0.85) > 0.03 and np.mean(np.array(extremes) < 0.15) > 0.05


@pytest.mark.parametrize("seed", SEEDS)
def test_the_volatility_indices_have_the_levels_and_the_slope_of_real_ones(seed: int) -> None:
    series = {s.name: s for s in SyntheticSource(seed).volatility_indices(start_moment(seed))}
    assert list(series) == ["VIX", "VIX9D", "VIX3M", "VIX6M"]
    vix = series["VIX"].values
    assert len(vix) >= 500 and vix.min() > 9 and vix.max() < 60
    assert 13 < np.median(vix) < 22 and np.mean((vix > 12) & (vix < 25)) > 0.7
    assert series["VIX9D"].values.std() > vix.std() > series["VIX6M"].values.std()
    assert 0.3 < np.mean(series["VIX3M"].values > vix) < 0.95  # contango more often than not, never always


def test_the_index_of_fear_rises_when_the_market_falls(contexts: dict[int, dict[str, Context]]) -> None:
    vix = SyntheticSource(7).volatility_indices(start_moment(7))[0].values
    market = returns(contexts[7]["ZMKT"])[-500:]
    assert np.corrcoef(market, np.diff(np.log(vix))[-500:])[0, 1] < -0.4


def test_unusual_volume_is_no_money_machine() -> None:
    names = {row.ticker: row for row in universe(36)}
    world, following = World(Dice(7), names, 2026), []
    for ticker in names:
        path = world.path(ticker)
        days = np.flatnonzero(path.flow[:-3])
        after = np.log(path.close[days + 3] / path.close[days]) / (path.own.sigma[days] * np.sqrt(3))
        following.append(path.flow[days] * after)
    edge = np.concatenate(following)
    assert len(edge) > 2000
    assert -0.05 < edge.mean() < 0.25 and edge.std() > 0.8  # in standard deviations of the three days


def test_a_longer_world_begins_with_the_shorter_one() -> None:
    names = {row.ticker: row for row in universe(12)}
    short, long = World(Dice(7), names, 2025), World(Dice(7), names, 2027)
    for ticker in names:
        assert np.array_equal(short.path(ticker).close, long.path(ticker).close[: len(short.days)])
        assert np.array_equal(short.path(ticker).richness, long.path(ticker).richness[: len(short.days)])


def test_earnings_are_quarterly_announced_weeks_before_and_surprise_both_ways() -> None:
    source, moment = SyntheticSource(7), start_moment(7)
    surprises = []
    for row in universe(12):
        context = source.context(row.ticker, moment)
        if row.is_fund:
            assert context.earnings == () and "earnings" in context.absent
            continue
        days = [told.day for told in context.earnings]
        assert len(days) >= 8 and all(is_session(day) for day in days)
        assert all(70 < (b - a).days < 112 for a, b in pairwise(days))
        assert all(14 <= (told.day - told.known_since.date()).days <= 45 for told in context.earnings)
        surprises += [told.surprise_pct for told in context.earnings if told.surprise_pct is not None]
    assert min(surprises) < 0 < max(surprises)


def test_short_interest_comes_twice_a_month_with_delay() -> None:
    source, moment = SyntheticSource(7), start_moment(7)
    settled = set()
    for week in range(12):
        short = source.context("ZCPU", moment - timedelta(days=7 * week)).short_interest
        assert short is not None and short.shares > 0 and short.average_volume > 0
        assert 7 < (short.published.date() - short.settled).days < 20
        settled.add(short.settled)
    assert 5 <= len(settled) <= 7
    assert source.context("ZMKT", moment).short_interest is None


def test_people_talk_at_a_usual_pace_with_bursts(contexts: dict[int, dict[str, Context]]) -> None:
    quickest = []
    for names in contexts.values():
        for context in names.values():
            span = context.as_of - context.posts[0].at
            assert len(context.posts) > 5 and span > timedelta(days=7)
            days = [post.at.astimezone(NEW_YORK).date() for post in context.posts]
            counts = np.array([days.count(day) for day in sorted(set(days))])
            quickest.append(counts.max() / np.median(counts))
    assert 0.15 < np.mean(np.array(quickest) > 3) < 0.9


def test_texts_have_their_own_ids_and_several_tones(contexts: dict[int, dict[str, Context]]) -> None:
    posts = [post for context in contexts[7].values() for post in context.posts]
    headlines = [headline for context in contexts[7].values() for headline in context.headlines]
    assert len({post.post_id for post in posts}) == len(posts)
    assert len({headline.headline_id for headline in headlines}) == len(headlines)
    assert len({post.text for post in posts}) > 100 and len(headlines) > 20
    assert not any("{" in item.text for item in [*posts, *headlines])
    assert [post.at for post in contexts[7]["ZCPU"].posts] == sorted(post.at for post in contexts[7]["ZCPU"].posts)


def test_now_and_then_a_post_repeats_a_headline(contexts: dict[int, dict[str, Context]]) -> None:
    echoed = [
        (headline, post)
        for names in contexts.values()
        for context in names.values()
        for headline in context.headlines
        for post in context.posts
        if post.post_id == f"{headline.headline_id}-echo"
    ]
    assert len(echoed) >= 3
    assert all(headline.text in post.text and post.at > headline.at for headline, post in echoed)


def test_a_moment_on_the_grid_is_its_own_tick() -> None:
    tick = tick_at(start_moment(7))
    assert tick is not None and (tick.step, tick.at) == (18, start_moment(7))
