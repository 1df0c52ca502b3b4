from dataclasses import replace
from datetime import date, timedelta

import numpy as np

from agents.flow import read
from agents.flow_facts import activity
from agents.panel import analysts
from domain.chain import Chain
from domain.mandate import FlowRules
from domain.market import InterestChange
from domain.signal import Abstention, Signal
from tests.agents.material import AS_OF, everything, make_chain, make_context, make_series


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


def heavy_at_the_spot(days: int) -> Chain:
    chain = make_chain(days=(days, 29))
    return replace(chain, open_interest=np.where(chain.strike == 100, 20_000.0, 200.0))


def test_a_strike_that_is_heavy_and_near_days_before_expiry_may_pin_the_spot() -> None:
    pin = signals(heavy_at_the_spot(3))["pinning"]
    assert pin.direction == "neutral" and pin.metadata["pin_strike"] == 100.0
    assert 0 < pin.conviction == round(float(pin.metadata["pin_score"] or 0), 4) <= 1
    assert "pinning" not in signals(heavy_at_the_spot(8))


def test_an_expiry_that_is_over_pins_nothing() -> None:
    assert "pinning" not in signals(heavy_at_the_spot(0))


def test_even_open_interest_pins_nothing() -> None:
    assert "pinning" not in signals(make_chain(days=(3, 29)))


def test_whose_options_they_are_turns_the_sign_of_gamma() -> None:
    chain = make_chain()
    chain = replace(chain, open_interest=np.where(chain.call, 900.0, 100.0))
    found = analysts(FlowRules(dealer_calls=-1, dealer_puts=1))["flow"](*everything(chain, make_context()))
    assert not isinstance(found, Abstention)
    (turned,) = (signal for signal in found if signal.signal_id.endswith(":gamma"))
    usual = signals(chain)["gamma"]
    assert turned.metadata["gex_total"] == -float(usual.metadata["gex_total"] or 0) < 0
    assert "feeds" in turned.says and "damps" in usual.says


def test_what_was_opened_since_the_session_before_is_told() -> None:
    change = InterestChange(date(2026, 8, 19), AS_OF, 10, 1500.0, -300.0, 0.0, 0.0, ())
    found = read(*everything(make_chain(), make_context(interest_change=change)))
    assert not isinstance(found, Abstention)
    told = next(signal for signal in found if signal.signal_id.endswith(":put_call"))
    assert "+1,500 calls and -300 puts opened since 2026-08-19" in told.says
    assert (told.metadata["calls_opened"], told.metadata["puts_opened"]) == (1500.0, -300.0)


def test_volume_is_held_against_its_own_past_once_there_are_twenty_sessions_of_it() -> None:
    chain = traded(make_chain(volume=100), call=True, strike=105, volume=50_000)
    for sessions in (19, 20):
        past = make_series(np.exp(np.tile([9.0, 9.2], sessions))[:sessions])
        found = read(*everything(chain, make_context(measures={"volume": replace(past, name="volume")})))
        assert not isinstance(found, Abstention)
        busy = next(signal for signal in found if signal.signal_id.endswith(":unusual_volume"))
        z = busy.metadata["volume_z"]
        assert (z is None) if sessions < 20 else float(z or 0) > 2
        assert ("above its own usual" in busy.says) == (sessions == 20)


def test_volume_so_far_is_not_held_against_whole_sessions() -> None:
    chain = make_chain(volume=100)
    early = replace(chain, cadence="intraday", quote_time=chain.quote_time - timedelta(hours=2))
    past = replace(make_series(np.exp(np.tile([9.0, 9.2], 20))), name="volume")
    for one, known in ((chain, True), (early, False)):
        facts = activity(one, make_context(measures={"volume": past, "put_call_volume": past}))
        assert (facts.volume_z is not None) == known == (facts.standing["put_call_volume"] is not None)


def test_a_chain_without_volume_and_open_interest_abstains() -> None:
    found = read(*everything(make_chain(volume=np.nan, open_interest=np.nan), make_context()))
    assert isinstance(found, Abstention)
    assert "neither volume nor open interest" in found.reason
