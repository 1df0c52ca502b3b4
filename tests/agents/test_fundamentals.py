from datetime import date, timedelta
from typing import Any

from agents.fundamentals import read
from domain.market import Earnings, ShortInterest
from domain.signal import Abstention, Signal
from tests.agents.material import AS_OF, SESSION, everything, make_context

KNOWN = AS_OF - timedelta(days=60)


def signals(**known: Any) -> dict[str, Signal]:
    found = read(*everything(None, make_context(**known)))
    assert not isinstance(found, Abstention), found
    return {s.signal_id.rsplit(":", 1)[1]: s for s in found}


def report(days: int, surprise: float | None = None) -> Earnings:
    return Earnings(SESSION + timedelta(days=days), KNOWN, surprise)


def short(shares: float, volume: float = 1e6) -> ShortInterest:
    return ShortInterest(date(2026, 7, 31), AS_OF - timedelta(days=9), shares, volume)


def test_earnings_ahead_have_no_direction_and_say_how_near_they_are() -> None:
    near, far = signals(earnings=(report(3),))["earnings_ahead"], signals(earnings=(report(40),))["earnings_ahead"]
    assert near.direction == "neutral"
    assert near.metadata["earnings_days"] == 3
    assert near.conviction > far.conviction


def test_earnings_today_are_still_ahead_and_those_beyond_reach_are_not_told() -> None:
    assert signals(earnings=(report(0),))["earnings_ahead"].metadata["earnings_days"] == 0
    assert isinstance(read(*everything(None, make_context(earnings=(report(46),)))), Abstention)


def test_a_beat_drifts_up_a_miss_drifts_down_and_both_fade() -> None:
    beat, miss = signals(earnings=(report(-5, 12.0),))["surprise"], signals(earnings=(report(-5, -12.0),))["surprise"]
    old = signals(earnings=(report(-60, 12.0),))["surprise"]
    assert (beat.direction, miss.direction, old.direction) == ("bullish", "bearish", "neutral")
    assert beat.conviction > old.conviction == 0


def test_crowded_shorts_are_bearish_from_five_days_to_cover() -> None:
    at_limit, below = signals(short_interest=short(5e6))["short_interest"], signals(short_interest=short(4.9e6))
    assert at_limit.direction == "bearish"
    assert at_limit.metadata["days_to_cover"] == 5.0
    assert below["short_interest"].direction == "neutral"


def test_short_interest_is_as_old_as_its_publication() -> None:
    assert signals(short_interest=short(5e6))["short_interest"].timestamp == AS_OF - timedelta(days=9)


def test_no_volume_or_no_number_is_no_days_to_cover() -> None:
    for broken in (short(5e6, 0.0), short(float("nan")), short(5e6, float("nan"))):
        assert isinstance(read(*everything(None, make_context(short_interest=broken))), Abstention)
