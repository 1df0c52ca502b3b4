from datetime import date

import numpy as np
import pytest

from agents.technicals import read
from domain.market import PriceHistory
from domain.signal import Abstention, Signal
from tests.agents.material import SESSION, everything, make_context, make_history, walk


def signals(history: PriceHistory) -> dict[str, Signal]:
    found = read(*everything(None, make_context(history=history)))
    assert not isinstance(found, Abstention), found
    return {s.edge_type: s for s in found}


def ramp_to(end: float, bars: int = 120) -> np.ndarray:
    wiggle = 1 + 0.004 * np.sin(np.arange(bars))
    return 100 * np.exp(np.linspace(0, end, bars)) * wiggle


def test_a_straight_rise_is_bullish_and_a_straight_fall_bearish() -> None:
    up, down = signals(make_history(ramp_to(0.3)))["trend"], signals(make_history(ramp_to(-0.3)))["trend"]
    assert (up.direction, down.direction) == ("bullish", "bearish")
    assert float(up.metadata["score"] or 0) > 0 > float(down.metadata["score"] or 0)


def test_a_spike_up_argues_against_itself() -> None:
    close = np.concatenate([ramp_to(0.0, 100), 100 * np.exp(np.linspace(0.02, 0.25, 10))])
    stretched = signals(make_history(close))["mean_reversion"]
    assert stretched.direction == "bearish"
    assert float(stretched.metadata["rsi"] or 0) > 70


def test_a_price_that_never_moved_leans_nowhere() -> None:
    found = signals(make_history(np.full(120, 50.0)))
    assert found["trend"].direction == "neutral"
    assert found["trend"].conviction == 0


@pytest.mark.parametrize(("bars", "reads"), [(59, False), (60, True)])
def test_sixty_bars_are_needed(bars: int, reads: bool) -> None:
    found = read(*everything(None, make_context(history=make_history(walk(0.2, bars)))))
    assert isinstance(found, Abstention) != reads
    if isinstance(found, Abstention):
        assert "59 daily bars" in found.reason


def test_bars_that_ended_long_ago_say_nothing_about_now() -> None:
    found = read(*everything(None, make_context(history=make_history(walk(0.2), last=date(2026, 8, 12)))))
    assert isinstance(found, Abstention)
    assert "2026-08-12" in found.reason


@pytest.mark.parametrize("seed", range(8))
def test_the_score_stays_in_bounds_on_wild_paths(seed: int) -> None:
    for signal in signals(make_history(walk(1.5, 150, seed=seed))).values():
        assert -1 <= float(signal.metadata["score"] or 0) <= 1


def test_the_signal_is_as_old_as_the_last_bar() -> None:
    assert signals(make_history(walk(0.2)))["trend"].timestamp.date() == SESSION
