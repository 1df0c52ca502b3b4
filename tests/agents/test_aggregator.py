import random

from hypothesis import given, settings
from hypothesis import strategies as st

from agents.aggregator import aggregate
from domain.mandate import CycleRules
from domain.signal import ROLES, Composite, Direction, EdgeType, Signal
from tests.agents.material import T, make_signal, readings

RULES = CycleRules()
EQUAL = CycleRules(weights=dict.fromkeys(ROLES, 0.2))
EDGES: tuple[EdgeType, ...] = ("trend", "sentiment", "volatility_rich", "volatility_cheap", "positioning")
SIDES: tuple[Direction, ...] = ("bullish", "bearish", "neutral")


def composite(*signals: Signal, rules: CycleRules = EQUAL) -> Composite:
    return aggregate(readings(*signals), [T], rules)[0]


@st.composite
def evidence(draw: st.DrawFn) -> list[Signal]:
    count = draw(st.integers(0, 12))
    return [
        make_signal(
            draw(st.sampled_from(ROLES)),
            draw(st.sampled_from(SIDES)),
            draw(st.floats(0, 1)),
            edge=draw(st.sampled_from(EDGES)),
            name=f"s{n}",
            story=draw(st.sampled_from([None, None, "recall", "approval"])),
        )
        for n in range(count)
    ]


@settings(max_examples=60)
@given(evidence())
def test_every_number_of_a_composite_stays_in_its_bounds(signals: list[Signal]) -> None:
    found = composite(*signals, rules=RULES)
    assert -1 <= found.score <= 1
    assert -1 <= found.volatility_edge <= 1
    assert all(0 <= share <= 1 for share in (found.conviction, found.coverage, found.conflict))


@settings(max_examples=40)
@given(evidence(), st.randoms(use_true_random=False))
def test_the_order_of_readings_and_signals_does_not_matter(signals: list[Signal], chance: random.Random) -> None:
    shuffled = signals[:]
    chance.shuffle(shuffled)
    mixed = list(readings(*shuffled))
    chance.shuffle(mixed)
    assert aggregate(mixed, [T], RULES) == aggregate(readings(*signals), [T], RULES)


def test_no_signals_are_no_view_and_no_coverage() -> None:
    assert composite() == Composite(T, 0.0, 0.0, 0.0, 0.0, 0.0, ())


def test_one_signal_is_the_whole_view() -> None:
    found = composite(make_signal("technicals", "bearish", 0.6))
    assert (found.score, found.conviction, found.conflict) == (-0.6, 0.6, 0.0)
    assert abs(found.coverage - 0.2) < 1e-12


def test_the_same_story_from_two_sources_counts_once_with_more_conviction() -> None:
    once = composite(make_signal("social", "bullish", 0.5, story="recall"))
    twice = composite(
        make_signal("social", "bullish", 0.5, story="recall"),
        make_signal("fundamentals", "bullish", 0.4, story="recall"),
    )
    apart = composite(make_signal("social", "bullish", 0.5, name="a"), make_signal("social", "bullish", 0.4, name="b"))
    assert once.score == 0.5
    assert abs(twice.score - 0.7) < 1e-12  # 1 - 0.5 * 0.6
    assert abs(apart.score - 0.9) < 1e-12


def test_a_story_told_both_ways_is_worth_what_is_left_of_it() -> None:
    found = composite(
        make_signal("social", "bullish", 0.5, story="recall", name="a"),
        make_signal("social", "bearish", 0.5, story="recall", name="b"),
    )
    assert (found.score, found.conflict) == (0.0, 0.0)


def test_an_abstention_leaves_the_score_alone_and_a_neutral_answer_does_not() -> None:
    bull = make_signal("technicals", "bullish", 0.6)
    assert composite(bull).score == 0.6
    assert abs(composite(bull, make_signal("flow", "neutral", 0.9)).score - 0.3) < 1e-12


def test_the_mandate_weighs_the_analysts() -> None:
    weights = {"volatility": 0.0, "flow": 0.1, "social": 0.0, "technicals": 0.3, "fundamentals": 0.0}
    found = composite(
        make_signal("flow", "bearish", 0.8), make_signal("technicals", "bullish", 0.8),
        rules=CycleRules.model_validate({"weights": weights}),
    )  # fmt: skip
    assert abs(found.score - 0.4) < 1e-12
    assert abs(found.conflict - 1 / 3) < 1e-8


def test_agreement_is_met_exactly_at_a_limit() -> None:
    thirds = [make_signal("flow", "bullish", 0.2, name=n) for n in "abc"]
    assert composite(*thirds, make_signal("technicals", "bearish", 1.0)).conflict == 0.6


def test_a_muted_analyst_moves_nothing() -> None:
    weights = dict.fromkeys(ROLES, 0.25) | {"social": 0.0}
    found = composite(make_signal("social", "bullish", 1.0), rules=CycleRules.model_validate({"weights": weights}))
    assert (found.score, found.coverage, found.conviction) == (0.0, 0.0, 0.0)


def test_rich_options_are_a_view_without_a_direction() -> None:
    rich = make_signal("volatility", "neutral", 0.7, edge="volatility_rich")
    found = composite(rich, make_signal("flow", "neutral", 0.4))
    assert (found.score, found.volatility_edge, found.conviction) == (0.0, 0.7, 0.7)


def test_signals_of_another_ticker_stay_with_that_ticker() -> None:
    one, other = aggregate(readings(make_signal("flow", "bullish", ticker="AAA")), ["AAA", "BBB"], EQUAL)
    assert one.score > 0
    assert other.signal_ids == ()
