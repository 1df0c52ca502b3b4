import math
from dataclasses import replace

import pytest

from domain.mandate import CycleRules, SelectionRules
from strategies.catalogue import NAMES, structure
from strategies.selector import TABLE, choose_structures

RULES, SELECTION = CycleRules(), SelectionRules()


@pytest.fixture
def choose(make_debate, make_regime, composite):
    def call(regime="neutral", allowed=NAMES, rules=RULES, **debate):
        return choose_structures(make_debate(**debate), composite, make_regime(regime), allowed, rules, SELECTION)

    return call


@pytest.mark.parametrize(
    ("verdict", "edge", "expected"),
    [
        ("bull", 0.3, ("bull_put_spread", "cash_secured_put", "covered_call")),
        ("bull", -0.3, ("bull_call_spread",)),
        ("bull", 0.0, ("bull_put_spread", "bull_call_spread")),
        ("bear", 0.3, ("bear_call_spread",)),
        ("bear", -0.3, ("bear_put_spread",)),
        ("inconclusive", 0.3, ("iron_condor",)),
        ("inconclusive", -0.3, ("long_straddle", "calendar")),
    ],
)
def test_a_view_sells_rich_options_and_buys_cheap_ones(choose, verdict, edge, expected):
    assert choose(verdict=verdict, edge=edge).structures == expected


def test_conflicting_evidence_is_not_traded_however_rich_options_are(choose):
    choice = choose(verdict="inconclusive", edge=0.9, conflicted=True)
    assert choice.structures == ()
    assert len(choice.refused) == len(NAMES) and all("conflict" in reason for reason in choice.refused)


def test_without_a_direction_a_volatility_edge_counts_exactly_from_the_limit(choose):
    edge = RULES.min_volatility_edge
    assert choose(verdict="inconclusive", edge=edge).structures == ("iron_condor",)
    assert choose(verdict="inconclusive", edge=-edge).structures
    assert choose(verdict="inconclusive", edge=math.nextafter(edge, 0)).structures == ()
    assert (
        choose(verdict="inconclusive", edge=0.0, rules=RULES.model_copy(update={"min_volatility_edge": 0})).structures
        == ()
    )


def test_full_cover_is_sold_in_calm_regimes_only(choose):
    assert "covered_call" in choose("low_vol").structures
    for regime in ("high_vol", "crisis_mode"):
        assert not {"covered_call", "cash_secured_put"} & set(choose(regime).structures)


def test_no_condor_in_a_crisis(choose):
    assert choose("crisis_mode", verdict="inconclusive", edge=0.9).structures == ()


def test_only_what_the_regime_allows_is_chosen_and_the_rest_says_why(choose):
    choice = choose(allowed=("cash_secured_put", "iron_condor"))
    assert choice.structures == ("cash_secured_put",)
    why = dict(reason.split(": ", 1) for reason in choice.refused)
    assert set(why) == set(NAMES) - {"cash_secured_put"}
    assert "not allowed" in why["bull_put_spread"] and "is neutral" in why["iron_condor"]
    assert "they are rich" in why["bull_call_spread"]


@pytest.mark.parametrize("regime", TABLE)
@pytest.mark.parametrize("verdict", ["bull", "bear", "inconclusive"])
@pytest.mark.parametrize("edge", [-0.5, 0.0, 0.5])
def test_no_structure_goes_against_the_verdict(choose, regime, verdict, edge):
    direction = {"bull": "bullish", "bear": "bearish", "inconclusive": "neutral"}[verdict]
    choice = choose(regime, verdict=verdict, edge=edge)
    assert {structure(name).direction for name in choice.structures} <= {direction}
    assert len(choice.structures) + len(choice.refused) == len(NAMES)


def test_the_view_moves_with_confidence_and_takes_its_sign_from_the_verdict(choose):
    full = SELECTION.drift_per_conviction
    assert choose(confidence=1.0).view.direction_sd == full
    assert choose(verdict="bear", confidence=0.5).view.direction_sd == -full / 2
    assert choose(verdict="inconclusive", confidence=0.5).view.direction_sd == 0
    assert choose(edge=-0.4).view.vol_edge == -0.4


def test_an_unknown_regime_or_number_opens_nothing(choose, make_debate, make_regime, composite):
    assert choose(None).structures == ()
    assert choose(edge=math.nan).structures == ()
    blind = replace(composite, score=math.nan)
    assert choose_structures(make_debate(), blind, make_regime("neutral"), NAMES, RULES, SELECTION).structures == ()
