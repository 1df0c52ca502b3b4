"""The alpha score: parts anyone can add up again, and what is not known is not zero."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.alpha import PARTS, contributions, score, tradable_options
from domain.mandate import AlphaRules, LiquidityRules, SelectionRules
from domain.signal import Composite, Signal
from tests.strategies.conftest import build_chain

AT = datetime(2026, 6, 1, 18, tzinfo=UTC)
RULES = AlphaRules()
TRADABLE = (0.8, "8 of 10 pass")
shares = st.floats(0, 1)


def composite(lean: float = 0.5, *, edge: float = 0.0, coverage: float = 1.0, conflict: float = 0.0) -> Composite:
    return Composite("AAA", lean, max(abs(lean), abs(edge)), coverage, edge, conflict, ("flow:AAA:trend",))


def signal(source, edge, conviction=0.5, direction="bullish") -> Signal:
    return Signal(f"{source}:AAA:{edge}", source, "AAA", direction, conviction, edge, AT, f"{edge} says so.")


EVERYTHING = (
    signal("volatility", "volatility_rich", 0.7, "neutral"),
    signal("volatility", "skew", 0.3),
    signal("flow", "unusual_volume", 0.4),
    signal("fundamentals", "earnings", 0.2),
)


def value(alpha, name):
    return next(part.value for part in alpha.parts if part.name == name)


@given(shares, shares, shares, shares, st.sets(st.integers(0, 3)), st.booleans())
def test_the_score_can_be_worked_out_again_from_its_parts(lean, edge, coverage, conflict, signals, chain):
    given_view = composite(lean, edge=edge, coverage=coverage, conflict=conflict)
    alpha = score(given_view, [EVERYTHING[i] for i in sorted(signals)], TRADABLE if chain else (None, "none"), RULES)
    known = [part for part in alpha.parts if part.value is not None]
    weight = sum(part.weight for part in known)
    share = weight / sum(part.weight for part in alpha.parts)
    doubt = 1 - min(coverage, share) * (1 - conflict)
    mean = sum(part.weight * part.value for part in known) / weight
    assert alpha.score == pytest.approx(mean * (1 - RULES.doubt * doubt), abs=1e-5)
    assert 0 <= alpha.score <= 1 and all(0 <= part.value <= 1 for part in known)
    assert sum(contributions(alpha).values()) == pytest.approx(alpha.score, abs=1e-5)
    assert [part.name for part in alpha.parts] == list(PARTS) and all(part.says for part in alpha.parts)


def test_a_part_that_is_not_known_is_not_zero_and_lowers_what_is_known():
    ordinary = (*EVERYTHING[:2], replace(EVERYTHING[2], conviction=0.0, direction="neutral"), EVERYTHING[3])
    silent = tuple(s for s in EVERYTHING if s.source != "flow")
    with_zero, without = score(composite(), ordinary, TRADABLE, RULES), score(composite(), silent, TRADABLE, RULES)
    assert value(with_zero, "flow") == 0.0 and value(without, "flow") is None
    assert without.known == pytest.approx(0.9) and with_zero.known == 1.0
    assert without.doubt > with_zero.doubt == 0.0
    assert "flow" not in contributions(without)


def test_opposed_evidence_and_missing_analysts_take_the_share_the_mandate_allows_and_no_more():
    whole = score(composite(), EVERYTHING, TRADABLE, RULES)
    silent = score(composite(coverage=0.0), EVERYTHING, TRADABLE, RULES)
    assert silent.doubt == 1.0 and silent.score == pytest.approx(whole.score * (1 - RULES.doubt), abs=1e-6)
    torn = score(composite(conflict=0.5), EVERYTHING, TRADABLE, RULES)
    assert value(torn, "direction") == pytest.approx(value(whole, "direction") / 2) and torn.doubt == 0.5
    trusting = RULES.model_copy(update={"doubt": 0.0})
    assert score(composite(coverage=0.0), EVERYTHING, TRADABLE, trusting).score == pytest.approx(whole.score)


def test_options_that_are_rich_or_cheap_count_alike_and_unjudged_ones_are_unknown():
    rich, cheap = (score(composite(0.0, edge=edge), EVERYTHING, TRADABLE, RULES) for edge in (0.6, -0.6))
    assert rich.score == cheap.score and value(rich, "volatility") == 0.6
    assert value(score(composite(edge=0.6), EVERYTHING[1:], TRADABLE, RULES), "volatility") is None


def test_dealers_gamma_without_a_side_is_no_edge():
    gamma = signal("flow", "positioning", 0.9, "neutral")
    assert value(score(composite(), (gamma,), TRADABLE, RULES), "flow") == 0.0
    assert value(score(composite(), (signal("flow", "positioning", 0.9),), TRADABLE, RULES), "flow") == 0.9


def test_weights_of_the_mandate_decide_and_may_not_all_be_zero():
    only = AlphaRules(**dict.fromkeys(PARTS, 0.0) | {"catalyst": 1.0}, doubt=0.0)
    assert score(composite(), EVERYTHING, TRADABLE, only).score == pytest.approx(0.2)
    with pytest.raises(ValueError, match="must not all weigh 0"):
        AlphaRules(**dict.fromkeys(PARTS, 0.0))


def test_liquidity_is_the_share_that_may_be_traded_times_how_tight_it_is_quoted():
    rules, liquid = SelectionRules(), LiquidityRules(max_spread=0.2, max_spread_ticks=1)
    strikes = np.array([95.0, 100.0, 105.0])
    chain = build_chain(strikes=strikes, half_spread=0.0)
    free, says = tradable_options(chain, rules, liquid)
    assert free == 1.0 and "100 %" in says
    half_open = build_chain(strikes=strikes, half_spread=0.0, open_interest=np.where(chain.call, 500.0, 0.0))
    assert tradable_options(half_open, rules, liquid)[0] == pytest.approx(0.5)
    wide = build_chain(strikes=strikes, bid=0.95 * chain.bid, ask=1.05 * chain.ask)
    assert tradable_options(wide, rules, liquid)[0] == pytest.approx(0.5)
    shut = build_chain(strikes=strikes, bid=np.zeros(len(chain)))
    assert tradable_options(shut, rules, liquid) == (0.0, "none of 18 options near the spot passes the liquidity rules")


def test_without_a_usable_chain_liquidity_is_unknown():
    rules, liquid = SelectionRules(), LiquidityRules()
    assert tradable_options(None, rules, liquid)[0] is None
    assert tradable_options(build_chain(spot=float("nan")), rules, liquid)[0] is None
    assert tradable_options(build_chain(), SelectionRules(min_days=300, max_days=400), liquid)[0] is None
