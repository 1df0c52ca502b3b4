"""Which structures fit a view: the table of the mandate, read in one setting at a time."""

import math
from dataclasses import replace

import pytest

from config.mandate_file import load_mandate
from domain.mandate import CycleRules, SelectionRules, SelectorRow, SelectorRules
from quant.surface import fit_surface
from strategies.catalogue import NAMES, structure
from strategies.profile import profile
from strategies.selector import choose_structures
from strategies.setting import SKEWS, TERMS, Setting, setting_of

MANDATE = load_mandate(None, {})
RULES, SELECTION, SELECTOR = CycleRules(), SelectionRules(), MANDATE.selector
CALM = Setting("none", "flat", "ordinary", "nothing ahead")
UNKNOWN = Setting("none", None, None, "nothing known")


@pytest.fixture
def choose(make_debate, make_regime, composite):
    def call(regime="neutral", allowed=NAMES, rules=RULES, selector=SELECTOR, setting=CALM, **debate):
        named = make_regime(regime)
        return choose_structures(
            make_debate(**debate), composite, named, allowed, rules, SELECTION, selector, setting
        )  # fmt: skip

    return call


SELLS_PUTS = ("bull_put_spread", "cash_secured_put", "covered_call", "jade_lizard")


@pytest.mark.parametrize(
    ("verdict", "edge", "setting", "expected"),
    [
        ("bull", 0.3, CALM, SELLS_PUTS),
        ("bull", 0.3, replace(CALM, skew="steep"), (*SELLS_PUTS, "broken_wing_put_butterfly", "bullish_risk_reversal")),
        ("bull", 0.3, replace(CALM, catalyst="earnings"), ("bull_put_spread", "collar")),
        ("bull", 0.0, CALM, ("bull_put_spread", "bull_call_spread")),
        ("bull", 0.0, replace(CALM, catalyst="earnings"), ("collar", "bull_put_spread", "bull_call_spread")),
        ("bull", -0.3, CALM, ("bull_call_spread", "call_diagonal")),
        ("bull", -0.3, replace(CALM, term="backwardation"), ("bull_call_spread",)),
        ("bull", -0.3, replace(CALM, catalyst="earnings"), ("bull_call_spread", "call_backspread")),
        ("bear", 0.3, CALM, ("bear_call_spread",)),
        ("bear", 0.3, replace(CALM, skew="inverted"),
         ("bear_call_spread", "broken_wing_call_butterfly", "bearish_risk_reversal")),
        ("bear", 0.0, CALM, ("bear_call_spread", "bear_put_spread")),
        ("bear", -0.3, CALM, ("bear_put_spread", "put_backspread", "put_diagonal")),
        ("bear", -0.3, replace(CALM, skew="steep"), ("bear_put_spread", "put_diagonal")),
        ("inconclusive", 0.3, CALM, ("iron_condor", "iron_butterfly", "call_butterfly", "put_butterfly")),
        ("inconclusive", 0.3, replace(CALM, catalyst="earnings"), ("iron_condor",)),
        ("inconclusive", 0.3, replace(CALM, catalyst="earnings", term="backwardation"),
         ("double_diagonal", "calendar", "put_calendar", "iron_condor")),
        ("inconclusive", -0.3, CALM,
         ("long_straddle", "long_strangle", "calendar", "put_calendar", "double_diagonal")),
        ("inconclusive", -0.3, replace(CALM, term="backwardation"), ("long_straddle", "long_strangle")),
        ("inconclusive", -0.3, UNKNOWN, ("long_straddle", "long_strangle")),
    ],
)  # fmt: skip
def test_the_default_table_in_a_neutral_regime(choose, verdict, edge, setting, expected):
    assert choose(verdict=verdict, edge=edge, setting=setting).structures == expected


@pytest.mark.parametrize("regime", ["low_vol", "neutral", "high_vol", "crisis_mode"])
@pytest.mark.parametrize("edge", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("catalyst", ["none", "earnings"])
def test_every_view_the_debate_may_trade_finds_a_structure_that_the_limits_allow(choose, regime, edge, catalyst):
    allowed = MANDATE.risk.regimes[regime].structures
    for verdict in ("bull", "bear", "inconclusive"):
        names = choose(regime, allowed, verdict=verdict, edge=edge, setting=replace(CALM, catalyst=catalyst)).structures
        assert names or verdict == "inconclusive"
        everything = choose(regime, verdict=verdict, edge=edge, setting=replace(CALM, catalyst=catalyst)).structures
        assert names == everything, "the default's rows name only what its regimes allow"


def test_every_structure_but_the_box_has_a_use_and_a_regime_that_allows_it():
    used = {name for row in SELECTOR.rows for name in row.structures}
    allowed = {name for limits in MANDATE.risk.regimes.values() for name in limits.structures}
    assert used == allowed == set(NAMES) - {"box"}


def test_a_crisis_sells_nothing_to_open_and_caps_every_loss_at_the_debit(choose):
    for name in MANDATE.risk.regimes["crisis_mode"].structures:
        found = profile(structure(name))
        assert found.cash < 0 and found.defined_risk and found.max_loss == pytest.approx(-found.cash)
    assert choose("crisis_mode", verdict="inconclusive", edge=0.9).structures == ()
    assert choose("crisis_mode", verdict="bull", edge=0.9).structures == ("bull_call_spread",)


def test_what_may_fall_to_zero_is_sold_in_calm_regimes_only(choose):
    falls = {name for name in NAMES if profile(structure(name)).risk == "to_zero"}
    assert falls <= set(choose("low_vol").structures)
    for regime in ("high_vol", "crisis_mode"):
        assert not falls & set(MANDATE.risk.regimes[regime].structures)


def test_conflicting_evidence_is_not_traded_however_rich_options_are(choose):
    choice = choose(verdict="inconclusive", edge=0.9, conflicted=True)
    assert choice.structures == ()
    assert len(choice.refused) == len(NAMES) and all("conflict" in reason for reason in choice.refused)


def test_without_a_direction_a_volatility_edge_counts_exactly_from_the_limit(choose):
    edge = RULES.min_volatility_edge
    assert choose(verdict="inconclusive", edge=edge).structures[0] == "iron_condor"
    assert choose(verdict="inconclusive", edge=-edge).structures
    assert choose(verdict="inconclusive", edge=math.nextafter(edge, 0)).structures == ()
    free = RULES.model_copy(update={"min_volatility_edge": 0})
    assert choose(verdict="inconclusive", edge=0.0, rules=free).structures == ()


def test_options_are_fairly_priced_up_to_the_edge_the_mandate_names(choose):
    edge = SELECTOR.fair_edge
    assert "bull_call_spread" in choose(edge=edge).structures
    assert choose(edge=math.nextafter(edge, 1)).structures == SELLS_PUTS
    assert choose(edge=-edge).structures == choose(edge=edge).structures


def test_only_what_the_regime_allows_is_chosen_and_the_rest_says_why(choose):
    choice = choose(allowed=("cash_secured_put", "iron_condor"))
    assert choice.structures == ("cash_secured_put",)
    why = dict(reason.split(": ", 1) for reason in choice.refused)
    assert set(why) == set(NAMES) - {"cash_secured_put"}
    assert "not allowed" in why["bull_put_spread"] and "is neutral" in why["iron_condor"]
    assert "they are rich" in why["bull_call_spread"] and "no row of the selector" in why["broken_wing_put_butterfly"]


def test_a_choice_says_in_which_setting_and_from_which_row_it_comes(choose):
    choice = choose()
    assert choice.reasons[-1] == "nothing ahead"
    assert choice.why("covered_call")[-1] == "choice 3 of 4, from row 1 of the mandate's selector"
    assert choice.why("box") == choice.reasons


@pytest.mark.parametrize("regime", ["low_vol", "neutral", "high_vol", "crisis_mode"])
@pytest.mark.parametrize("verdict", ["bull", "bear", "inconclusive"])
@pytest.mark.parametrize("edge", [-0.5, 0.0, 0.5])
def test_no_structure_goes_against_the_verdict(choose, regime, verdict, edge):
    direction = {"bull": "bullish", "bear": "bearish", "inconclusive": "neutral"}[verdict]
    choice = choose(regime, verdict=verdict, edge=edge)
    assert {structure(name).direction for name in choice.structures} <= {direction}
    assert len(choice.structures) + len(choice.refused) == len(NAMES)


def test_rows_of_one_s_own_replace_the_table_and_rank_by_first_place(choose):
    def row(*names, **more):
        return SelectorRow(regimes=("neutral",), direction="bullish", options=("rich",), structures=names, **more)

    own = SelectorRules(
        rows=(row("covered_call", "collar"), row("bull_put_spread", "covered_call"), row("jade_lizard"))
    )
    assert choose(selector=own).structures == ("covered_call", "collar", "bull_put_spread", "jade_lizard")
    assert choose("low_vol", selector=own).structures == ()
    own = SelectorRules(rows=(row("collar", catalyst=("earnings",)), row("covered_call", term=("contango", "flat"))))
    assert choose(selector=own).structures == ("covered_call",)
    assert choose(selector=own, setting=UNKNOWN).structures == ()


def test_the_view_moves_with_confidence_and_takes_its_sign_from_the_verdict(choose):
    full = SELECTION.drift_per_conviction
    assert choose(confidence=1.0).view.direction_sd == full
    assert choose(verdict="bear", confidence=0.5).view.direction_sd == -full / 2
    assert choose(verdict="inconclusive", confidence=0.5).view.direction_sd == 0
    assert choose(edge=-0.4).view.vol_edge == -0.4


def test_an_unknown_regime_or_number_opens_nothing(choose, make_debate, make_regime, composite):
    assert choose(None).structures == ()
    assert choose(edge=math.nan).structures == ()
    blind, named = replace(composite, score=math.nan), make_regime("neutral")
    choice = choose_structures(make_debate(), blind, named, NAMES, RULES, SELECTION, SELECTOR, CALM)
    assert choice.structures == ()


# the setting


def around(surface, known=True, ahead=None, **changes):
    return setting_of(surface, known, ahead, SELECTOR.model_copy(update=changes), SELECTION)


def test_earnings_are_a_catalyst_up_to_the_last_day_an_option_may_live_and_when_nobody_knows(make_chain):
    assert around(None, ahead=SELECTION.max_days).catalyst == "earnings"
    assert around(None, ahead=SELECTION.max_days + 1).catalyst == "none"
    assert around(None, ahead=None).catalyst == "none"
    blind = around(None, known=False)
    assert blind.catalyst == "earnings" and "not known" in blind.says


def test_term_and_skew_are_read_from_the_surface(make_chain, flat_vol):
    flat = around(fit_surface(make_chain(vol=flat_vol), 0.03))
    assert (flat.term, flat.skew) in (("flat", "ordinary"), ("flat", "inverted"))
    rising = fit_surface(make_chain(vol=lambda k, t: 0.20 + 0.4 * t - 0.8 * (k - 100) / 100), 0.03)
    assert (around(rising).term, around(rising).skew) == ("contango", "steep")
    falling = fit_surface(make_chain(vol=lambda k, t: 0.35 - 0.6 * t + 0.3 * (k - 100) / 100), 0.03)
    assert (around(falling).term, around(falling).skew) == ("backwardation", "inverted")
    assert around(falling, slope=1.0).term == "flat"


def test_an_unknown_term_or_skew_fits_only_rows_that_do_not_ask():
    asks = SelectorRow(
        regimes=("neutral",),
        direction="neutral",
        options=("rich",),
        term=("flat", "contango"),
        structures=("calendar",),
    )
    free = asks.model_copy(update={"term": TERMS, "skew": SKEWS})
    nothing = around(None)
    assert (nothing.term, nothing.skew) == (None, None) and "unknown" in nothing.says
    assert not nothing.meets(asks) and nothing.meets(free)
