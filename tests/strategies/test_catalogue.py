import pytest

from domain.errors import BadInput
from domain.leg import option_leg
from domain.payoff import payoff, worst_loss
from strategies.catalogue import NAMES, STRUCTURES, structure


def test_every_structure_is_found_by_its_own_name_and_no_other():
    assert [structure(name).name for name in NAMES] == list(NAMES)
    assert len(set(NAMES)) == len(STRUCTURES) == 9
    with pytest.raises(BadInput, match="bull_put_spread"):
        structure("jade_lizard")


def test_only_the_straddle_sells_no_option():
    assert [row.name for row in STRUCTURES if not row.sells_options] == ["long_straddle"]


def test_a_short_option_of_any_row_is_covered_by_a_long_one_by_stock_or_by_cash():
    for row in STRUCTURES:
        stock = sum(leg.ratio for leg in row.legs if leg.kind == "stock")
        calls = sum(leg.ratio for leg in row.legs if leg.kind == "C")
        puts = sum(leg.ratio for leg in row.legs if leg.kind == "P")
        assert calls + stock >= 0
        assert puts >= 0 or row.name == "cash_secured_put"


def test_an_iron_condor_is_its_two_verticals():
    puts = (option_leg("XYZ260717P00095000", -1), option_leg("XYZ260717P00090000", 1))
    calls = (option_leg("XYZ260717C00105000", -1), option_leg("XYZ260717C00110000", 1))
    for spot in range(80, 121):
        assert payoff(puts + calls, spot) == payoff(puts, spot) + payoff(calls, spot)
    # only one side can lose, so the other side's credit is kept in the worst case
    assert worst_loss(puts + calls, 100 + 80) == worst_loss(puts, 100) - 80 == worst_loss(calls, 80) - 100
