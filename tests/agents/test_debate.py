import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.aggregator import aggregate
from agents.panel import ANALYSTS, read_watchlist
from agents.policy import debate
from domain.debate import Debate
from domain.mandate import CycleRules
from domain.signal import ROLES, Direction, EdgeType, Role, Signal
from tests.agents.material import (
    T,
    evidence,
    headline,
    make_chain,
    make_context,
    make_history,
    make_series,
    make_signal,
    post,
    readings,
    walk,
)

EQUAL = CycleRules(weights=dict.fromkeys(ROLES, 0.2))
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def hold(*signals: Signal, rules: CycleRules = EQUAL) -> Debate:
    return debate(T, signals, aggregate(readings(*signals), [T], rules)[0], rules, "run-1:ZIDX")


def three_to_one() -> list[Signal]:
    return [
        make_signal("technicals", "bullish"),
        make_signal("flow", "bullish", edge="unusual_volume"),
        make_signal("social", "bullish", edge="sentiment"),
        make_signal("fundamentals", "bearish", edge="short_interest"),
    ]


def test_three_bullish_signals_against_one_of_equal_weight_are_bullish() -> None:
    held = hold(*three_to_one())
    assert (held.verdict, held.conflicted, held.decided_by) == ("bull", False, "rule")
    assert 0 < held.confidence < 1
    assert [s.weight for s in held.speeches if s.side != "judge"][:2] == [1.5, 0.5]


def test_three_to_one_within_one_analyst_is_bullish_too() -> None:
    held = hold(*(make_signal("flow", "bullish", name=n) for n in "abc"), make_signal("flow", "bearish", name="d"))
    assert held.verdict == "bull"


def test_the_mirror_image_is_bearish_with_the_same_confidence() -> None:
    turned: dict[Direction, Direction] = {"bullish": "bearish", "bearish": "bullish", "neutral": "neutral"}
    mirrored = [make_signal(s.source, turned[s.direction], edge=s.edge_type) for s in three_to_one()]
    held = hold(*mirrored)
    assert held.verdict == "bear"
    assert held.confidence == hold(*three_to_one()).confidence


@pytest.mark.parametrize(
    ("bear", "verdict", "conflicted"),
    [(0.60, "inconclusive", True), (0.59, "bull", False), (1.0, "inconclusive", True)],
)
def test_evidence_conflicts_from_the_mandates_ratio_on(bear: float, verdict: str, conflicted: bool) -> None:
    held = hold(make_signal("flow", "bullish", 1.0), make_signal("technicals", "bearish", bear))
    assert (held.verdict, held.conflicted) == (verdict, conflicted)


def test_a_wider_margin_in_the_mandate_asks_for_more() -> None:
    strict = EQUAL.model_copy(update={"verdict_margin": 0.5, "conflict": 0.99})
    assert hold(*three_to_one(), rules=strict).verdict == "bull"
    stricter = EQUAL.model_copy(update={"verdict_margin": 0.51, "conflict": 0.99})
    assert (hold(*three_to_one(), rules=stricter).verdict, hold(*three_to_one(), rules=stricter).conflicted) == (
        "inconclusive", True,
    )  # fmt: skip


@pytest.mark.parametrize("signals", [[], [make_signal("flow", "neutral", 0.9)]])
def test_no_evidence_on_direction_is_inconclusive_without_conflict(signals: list[Signal]) -> None:
    held = hold(*signals)
    assert (held.verdict, held.conflicted, held.confidence) == ("inconclusive", False, 0.0)
    assert len(held.speeches) == 5


def test_one_faint_point_is_no_case() -> None:
    held = hold(make_signal("flow", "bullish", 0.14))
    assert (held.verdict, held.conflicted) == ("inconclusive", False)
    assert hold(make_signal("flow", "bullish", 0.15)).verdict == "bull"


def test_more_evidence_of_the_same_kind_never_lowers_confidence() -> None:
    some = hold(make_signal("flow", "bullish", 0.4), make_signal("social", "bearish", 0.1))
    more = hold(
        make_signal("flow", "bullish", 0.4),
        make_signal("technicals", "bullish", 0.3),
        make_signal("social", "bearish", 0.1),
    )
    assert more.confidence > some.confidence


def test_one_story_from_two_sources_does_not_outvote_two_independent_points() -> None:
    told_twice = [make_signal(role, "bullish", 0.5, story="recall") for role in ("social", "fundamentals")]
    against: list[Signal] = [make_signal("flow", "bearish", 0.5), make_signal("technicals", "bearish", 0.5)]
    assert hold(*told_twice, *against).speeches[0].weight == 0.75


def test_rich_options_are_argued_and_judged_beside_the_direction() -> None:
    rich = make_signal("volatility", "neutral", 0.7, edge="volatility_rich", says="Options look rich at 42, much so.")
    held = hold(rich)
    assert held.volatility_edge == 0.7
    assert all(rich.signal_id in held.speeches[i].cites for i in (0, 3, 4))
    assert "sell" in held.speeches[0].says
    assert "rich enough to sell" in held.speeches[4].says
    cheap = hold(make_signal("volatility", "neutral", 0.7, edge="volatility_cheap"))
    assert cheap.volatility_edge == -0.7
    assert "cheap enough to buy" in cheap.speeches[4].says


def test_the_price_of_options_never_decides_the_direction() -> None:
    rich = make_signal("volatility", "neutral", 1.0, edge="volatility_rich")
    assert hold(rich, *three_to_one()).confidence == hold(*three_to_one()).confidence


def test_both_sides_speak_and_each_answers_the_others_strongest_point() -> None:
    held = hold(*three_to_one())
    assert [s.side for s in held.speeches] == ["bull", "bear", "bull", "bear", "judge"]
    assert "fundamentals:ZIDX:short_interest" in held.speeches[2].cites
    assert "bull" in held.speeches[3].says


def test_signals_of_other_tickers_are_not_heard() -> None:
    held = hold(make_signal("flow", "bullish", ticker="OTHER"))
    assert held.verdict == "inconclusive"
    assert all(not s.cites for s in held.speeches)


def numbers(text: str) -> set[str]:
    return set(NUMBER.findall(text.replace(T, "")))


def assert_honest(held: Debate, signals: list[Signal]) -> None:
    """Every citation exists, and every number spoken is a number of what is cited."""
    known = {s.signal_id: s for s in signals}
    for speech in held.speeches:
        assert set(speech.cites) <= set(known)
        evidence_numbers = set().union(*(numbers(known[i].says) for i in speech.cites)) if speech.cites else set()
        assert numbers(speech.says) <= evidence_numbers, speech


EDGES: tuple[EdgeType, ...] = ("trend", "skew", "earnings", "attention", "volatility_rich", "volatility_cheap")
SIDES: tuple[Direction, ...] = ("bullish", "bearish", "neutral")
Drawn = tuple[Role, Direction, float, EdgeType, str | None]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(ROLES), st.sampled_from(SIDES), st.floats(0, 1),
            st.sampled_from(EDGES), st.sampled_from([None, "story"]),
        ),
        max_size=9,
    )
)  # fmt: skip
def test_every_transcript_is_honest_and_bounded(drawn: list[Drawn]) -> None:
    signals = [
        make_signal(role, side, sure, edge=edge, name=f"n{i}", story=story, says=f"Gauge {i}.5 is at {i}7, a fact.")
        for i, (role, side, sure, edge, story) in enumerate(drawn)
    ]
    held = hold(*signals)
    assert_honest(held, signals)
    assert 0 <= held.confidence <= 1
    assert -1 <= held.volatility_edge <= 1
    assert held == hold(*signals[::-1])


def test_a_whole_debate_over_real_analysts_reads_as_an_argument() -> None:
    close = np.concatenate([walk(0.12, 200), 100 * np.exp(np.linspace(0, 0.2, 60))])
    context = make_context(
        history=make_history(close), iv_history=make_series(np.linspace(0.15, 0.3, 252)),
        posts=(post("Acme recalls trucks over brake defect", 2),),
        headlines=(headline("Acme recalls 20,000 trucks over brake defect", 3),),
    )  # fmt: skip
    found = [read_watchlist(role, [evidence(make_chain(0.3), context)]) for role in ANALYSTS]
    signals = [s for reading in found for s in reading.signals]
    held = debate(T, signals, aggregate(found, [T], CycleRules())[0], CycleRules(), "run-1:ZIDX")
    assert_honest(held, signals)
    for speech in held.speeches:
        assert speech.says.endswith(".")
        assert ".." not in speech.says and "  " not in speech.says and ". ." not in speech.says
        sentences = re.split(r"(?<=[.]) (?=[A-Z])", speech.says)
        assert len(sentences) == len(set(sentences)), "no sentence is said twice"
