from datetime import UTC, datetime, timedelta

from tools.mentions import velocity

NOW = datetime(2026, 8, 20, 20, 0, tzinfo=UTC)


def ago(*hours: float) -> list[datetime]:
    return [NOW - timedelta(hours=h) for h in hours]


def test_velocity_is_the_last_day_over_the_week_before_it() -> None:
    week = ago(*(24 * day + 12 for day in range(1, 8)))
    assert velocity(ago(1, 2, 3) + week, NOW).ratio == 3.0


def test_an_empty_week_has_no_velocity_however_loud_the_day() -> None:
    pace = velocity(ago(*range(20)), NOW)
    assert (pace.count, pace.ratio, pace.z) == (20, None, None)


def test_a_week_without_variation_has_no_z_score() -> None:
    pace = velocity(ago(*(24 * day + 12 for day in range(1, 8))), NOW)
    assert pace.ratio == 0.0
    assert pace.z is None


def test_z_counts_sample_standard_deviations_of_the_week() -> None:
    week = ago(30, 54, 54, 78, 78, 78)  # 1, 2, 3, 0, 0, 0, 0 a day: mean 6/7, deviation 1.2150
    pace = velocity(ago(1, 2, 3) + week, NOW)
    assert pace.z is not None
    assert abs(pace.z - (3 - 6 / 7) / 1.2149857925879117) < 1e-9


def test_the_future_and_the_distant_past_are_not_seen() -> None:
    known = ago(1, 30, 60)
    assert velocity(known + ago(-1, -100, 24 * 8, 24 * 400), NOW) == velocity(known, NOW)


def test_no_mentions_at_all_are_a_count_of_none() -> None:
    assert velocity([], NOW).count == 0
