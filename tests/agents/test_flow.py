from dataclasses import replace

import numpy as np

from agents.flow import read
from domain.chain import Chain
from domain.signal import Abstention, Signal
from tests.agents.material import everything, make_chain, make_context


def signals(chain: Chain) -> dict[str, Signal]:
    found = read(*everything(chain, make_context()))
    assert not isinstance(found, Abstention), found
    return {s.signal_id.rsplit(":", 1)[1]: s for s in found}


def traded(chain: Chain, *, call: bool, strike: float, volume: float, days: int = 29) -> Chain:
    """The chain with that volume in one option."""
    expiry = np.datetime64(chain.session) + days
    hit = (chain.call == call) & (chain.strike == strike) & (chain.expiry == expiry)
    assert hit.sum() == 1
    return replace(chain, volume=np.where(hit, volume, chain.volume))


def test_volume_of_exactly_twice_the_open_interest_is_not_unusual() -> None:
    at_limit = traded(make_chain(volume=20), call=True, strike=105, volume=1000)
    beyond = traded(make_chain(volume=20), call=True, strike=105, volume=1001)
    assert "unusual_volume" not in signals(at_limit)
    assert signals(beyond)["unusual_volume"].metadata["unusual_count"] == 1


def test_unusual_calls_are_bullish_and_unusual_puts_bearish_but_never_more_than_half_sure() -> None:
    calls = signals(traded(make_chain(volume=20), call=True, strike=105, volume=50_000))["unusual_volume"]
    puts = signals(traded(make_chain(volume=20), call=False, strike=95, volume=50_000))["unusual_volume"]
    assert (calls.direction, puts.direction) == ("bullish", "bearish")
    assert 0.4 < calls.conviction <= 0.5
    assert "105 call" in calls.says


def test_deep_in_the_money_volume_is_financing_and_not_a_view() -> None:
    assert "unusual_volume" not in signals(traded(make_chain(volume=20), call=True, strike=80, volume=50_000))


def test_a_handful_of_contracts_is_noise() -> None:
    chain = replace(make_chain(volume=0), open_interest=np.full(len(make_chain()), 1.0))
    assert "unusual_volume" not in signals(traded(chain, call=True, strike=105, volume=99))


def test_unknown_open_interest_makes_nothing_unusual() -> None:
    chain = make_chain(volume=5000)
    assert "unusual_volume" not in signals(replace(chain, open_interest=np.full(len(chain), np.nan)))


def test_a_crowd_in_puts_is_read_as_contrarian() -> None:
    chain = make_chain()
    crowd = signals(replace(chain, volume=np.where(chain.call, 100.0, 400.0)))["put_call"]
    chase = signals(replace(chain, volume=np.where(chain.call, 400.0, 100.0)))["put_call"]
    usual = signals(chain)["put_call"]
    assert (crowd.direction, chase.direction, usual.direction) == ("bullish", "bearish", "neutral")
    assert usual.conviction == 0


def test_a_few_large_trades_are_unusual_and_not_a_crowd() -> None:
    found = signals(traded(make_chain(volume=20), call=False, strike=95, volume=50_000))
    assert found["unusual_volume"].direction == "bearish"
    assert found["put_call"].direction == "neutral"


def test_put_call_ratios_are_those_of_the_whole_file() -> None:
    chain = make_chain()
    facts = signals(replace(chain, volume=np.where(chain.call, 100.0, 150.0)))["put_call"].metadata
    assert facts["put_call_volume"] == 1.5
    assert facts["put_call_open_interest"] == 1.0


def test_dealers_long_calls_are_long_gamma_without_a_direction() -> None:
    chain = make_chain()
    held_calls = signals(replace(chain, open_interest=np.where(chain.call, 900.0, 100.0)))["gamma"]
    held_puts = signals(replace(chain, open_interest=np.where(chain.call, 100.0, 900.0)))["gamma"]
    assert float(held_calls.metadata["gex_total"] or 0) > 0 > float(held_puts.metadata["gex_total"] or 0)
    assert held_calls.direction == held_puts.direction == "neutral"
    assert "damps" in held_calls.says and "feeds" in held_puts.says


def test_a_spot_near_max_pain_a_week_before_expiry_may_be_pinned() -> None:
    assert "pinning" in signals(make_chain(days=(7, 29), spot=100.5))
    assert "pinning" not in signals(make_chain(days=(8, 29), spot=100.5))


def test_an_expiry_that_is_over_pins_nothing() -> None:
    assert "pinning" not in signals(make_chain(days=(0, 29)))


def test_a_chain_without_volume_and_open_interest_abstains() -> None:
    found = read(*everything(make_chain(volume=np.nan, open_interest=np.nan), make_context()))
    assert isinstance(found, Abstention)
    assert "neither volume nor open interest" in found.reason
