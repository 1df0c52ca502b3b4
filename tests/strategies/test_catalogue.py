import pytest

from domain.errors import BadInput
from domain.leg import option_leg
from domain.payoff import payoff, worst_loss
from strategies.catalogue import NAMES, STRUCTURES, structure
from strategies.held import HELD, KNOWN, any_structure


def test_every_structure_is_found_by_its_own_name_and_no_other():
    assert [structure(name).name for name in NAMES] == list(NAMES)
    assert len({row.name for row in KNOWN}) == len(KNOWN) == len(STRUCTURES) + len(HELD)
    with pytest.raises(BadInput, match="bull_put_spread"):
        structure("long_call")
    assert any_structure("long_call").tradable is False
    with pytest.raises(BadInput, match="not in the catalogue"):
        any_structure("wheel")


def test_the_names_that_stand_in_mandates_and_journals_stay():
    assert {
        "bull_put_spread", "bear_call_spread", "bull_call_spread", "bear_put_spread", "iron_condor", "calendar",
        "long_straddle", "covered_call", "cash_secured_put",
    } <= set(NAMES)  # fmt: skip


def test_only_straddle_and_strangle_sell_no_option():
    assert [row.name for row in STRUCTURES if not row.sells_options] == ["long_straddle", "long_strangle"]


def test_a_leg_names_only_legs_before_it_and_every_option_stands_somewhere():
    for row in KNOWN:
        for i, leg in enumerate(row.legs):
            assert all(0 <= other < i for other in (leg.to, leg.pair) if other is not None)
            assert (leg.to is None) == (leg.is_anchor or leg.kind == "stock")
            assert (leg.pair is not None) == (leg.place in ("mirror", "wider"))
        placed = sorted(i for group in row.groups for i in group)
        assert placed == [i for i, leg in enumerate(row.legs) if leg.kind != "stock"]
        assert all(row.legs[group[0]].is_anchor for group in row.groups)


def test_a_short_option_of_any_tradable_row_is_covered_by_a_long_one_by_stock_or_by_cash():
    for row in STRUCTURES:
        stock = sum(leg.ratio for leg in row.legs if leg.kind == "stock")
        calls = sum(leg.ratio for leg in row.legs if leg.kind == "C")
        puts = sum(leg.ratio for leg in row.legs if leg.kind == "P")
        assert calls + stock >= 0
        assert puts >= 0 or row.name in ("cash_secured_put", "jade_lizard")


def test_an_iron_condor_is_its_two_verticals():
    puts = (option_leg("XYZ260717P00095000", -1), option_leg("XYZ260717P00090000", 1))
    calls = (option_leg("XYZ260717C00105000", -1), option_leg("XYZ260717C00110000", 1))
    for spot in range(80, 121):
        assert payoff(puts + calls, spot) == payoff(puts, spot) + payoff(calls, spot)
    # only one side can lose, so the other side's credit is kept in the worst case
    assert worst_loss(puts + calls, 100 + 80) == worst_loss(puts, 100) - 80 == worst_loss(calls, 80) - 100
