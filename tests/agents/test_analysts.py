"""What holds for all five analysts."""

from dataclasses import replace

import numpy as np
import pytest

from agents.panel import ANALYSTS, Evidence, read_watchlist
from domain.errors import Corrupt
from domain.signal import Abstention, Role, Signal
from tests.agents.material import (
    AS_OF,
    T,
    everything,
    evidence,
    make_chain,
    make_context,
    make_history,
    make_series,
    needs_spy,
    post,
    recorded_spy,
    walk,
)  # fmt: skip

CASES: tuple[Role, ...] = tuple(ANALYSTS)


@pytest.mark.parametrize("role", CASES)
def test_an_analyst_without_data_abstains_with_a_reason(role: Role) -> None:
    found = ANALYSTS[role](*everything(None, make_context()))
    assert isinstance(found, Abstention)
    assert (found.source, found.ticker) == (role, T)
    assert found.reason


@pytest.mark.parametrize("role", CASES)
def test_the_reason_of_the_source_is_passed_on(role: Role) -> None:
    why = "not configured here"
    context = make_context(absent=dict.fromkeys(("posts", "headlines", "history", "earnings", "short_interest"), why))
    found = ANALYSTS[role](*everything(None, context))
    assert isinstance(found, Abstention)
    assert why in found.reason or "chain" in found.reason


@pytest.mark.parametrize("role", CASES)
def test_bad_numbers_give_no_nan_anywhere(role: Role) -> None:
    chain = make_chain()
    broken = replace(
        chain,
        bid=np.where(np.arange(len(chain)) % 2, np.nan, chain.bid),
        volume=np.full(len(chain), np.nan),
        open_interest=np.where(np.arange(len(chain)) % 3, np.nan, 10.0),
        iv=np.zeros(len(chain)),
    )
    close = walk(0.2)
    close[-5] = np.nan
    context = make_context(history=make_history(close), iv_history=make_series(np.full(252, np.nan)))
    found = ANALYSTS[role](*everything(broken, context))
    for signal in () if isinstance(found, Abstention) else found:
        assert not any(isinstance(v, float) and not np.isfinite(v) for v in signal.metadata.values())
        assert "nan" not in signal.says


@pytest.mark.parametrize("role", CASES)
def test_an_empty_chain_and_a_chain_without_quotes_abstain_or_stay_silent_on_price(role: Role) -> None:
    chain = make_chain()
    for useless in (chain.rows(np.zeros(len(chain), dtype=bool)), replace(chain, bid=chain.bid * 0, ask=chain.ask * 0)):
        found = ANALYSTS[role](*everything(useless, make_context()))
        assert isinstance(found, Abstention) or all(s.edge_type == "positioning" for s in found)


def test_one_failing_symbol_is_an_abstention_and_the_others_are_read() -> None:
    def analyst(ticker: str, *_: object) -> tuple[Signal, ...]:
        if ticker == "BAD":
            raise Corrupt("snapshot unreadable", "import the file again")
        return (Signal(f"flow:{ticker}:trend", "flow", ticker, "bullish", 0.5, "trend", AS_OF, "Up."),)

    inputs = [replace(evidence(), ticker=ticker) for ticker in ("AAA", "BAD", "CCC")]
    reading = read_watchlist("flow", inputs, analyst)
    assert [s.ticker for s in reading.signals] == ["AAA", "CCC"]
    assert [a.ticker for a in reading.abstentions] == ["BAD"]
    assert "snapshot unreadable" in reading.abstentions[0].reason


def test_a_failure_that_is_not_about_numbers_ends_the_run() -> None:
    def analyst(*_: object) -> tuple[Signal, ...]:
        raise TypeError("a bug")

    with pytest.raises(TypeError):
        read_watchlist("flow", [evidence()], analyst)


def test_an_analyst_with_nothing_to_say_abstains() -> None:
    reading = read_watchlist("flow", [evidence()], lambda *_: ())
    assert [a.ticker for a in reading.abstentions] == [T]


def test_ids_are_unique_readable_and_the_same_every_time() -> None:
    chain = make_chain(lambda m, t: 0.3 - 0.9 * m)
    context = make_context(history=make_history(walk(0.15)), posts=(post("buying calls", 2), post("nice report", 40)))
    first, second = ([s for r in ANALYSTS for s in read_watchlist(r, [evidence(chain, context)]).signals] for _ in "ab")
    assert first == second
    ids = [s.signal_id for s in first]
    assert len(ids) == len(set(ids))
    assert all(signal_id.startswith(f"{s.source}:{T}:") for signal_id, s in zip(ids, first, strict=True))


@needs_spy
@pytest.mark.parametrize("role", ["volatility", "flow", "technicals"])
def test_the_recorded_spy_chain_is_read(role: Role) -> None:
    chain, context = recorded_spy()
    reading = read_watchlist(role, [Evidence("SPY", chain, evidence(chain).surface, context, AS_OF)])
    assert reading.signals and not reading.abstentions
    facts = reading.signals[0].metadata
    if role == "volatility":
        assert abs(float(facts["iv30"] or 0) - 0.13) < 0.03
        assert facts["iv_rank"] is None and facts["iv_history_days"] == 0
    if role == "flow":
        gamma = next(s for s in reading.signals if s.signal_id == "flow:SPY:gamma")
        assert gamma.metadata["zero_gamma"] is not None
    if role == "technicals":
        assert -1 <= float(facts["score"] or 0) <= 1
