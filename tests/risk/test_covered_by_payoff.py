"""No naked short option, whatever an order calls itself: decided by what its legs lose and by the account's cash."""

import pytest

from domain.payoff import worst_loss
from risk.facts import naked_reasons
from strategies.held import KNOWN, any_structure
from strategies.profile import example, profile
from strategies.template import Structure
from tests.risk.builders import book, facts, order, refused, shares, ticket

LABEL = "bull_put_spread"
every_row = pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)


@every_row
def test_a_label_makes_nothing_covered(row: Structure) -> None:
    found, legs = profile(row), example(row)
    rich, poor = book(cash=1e9), book(cash=100.0)
    sells_options = any(leg.is_option and leg.contracts < 0 for leg in legs)
    for name in (LABEL, row.name):
        order_of_it = ticket(strategy=name, legs=legs, contracts=1, limit_price=0.0)
        if found.risk == "unlimited":
            assert bool(naked_reasons(order_of_it, rich)) == sells_options
        elif found.risk == "defined":
            assert naked_reasons(order_of_it, rich) == ()
        elif sells_options and worst_loss(legs, 0.0) > 100 and any(leg.right == "P" for leg in legs):
            assert naked_reasons(order_of_it, rich) == () and naked_reasons(order_of_it, poor) != ()


def test_a_jade_lizard_needs_the_cash_of_its_put_to_the_dollar() -> None:
    lizard = ticket(strategy="jade_lizard", legs=example(any_structure("jade_lizard")), contracts=1, limit_price=1.5)
    need = 9_500.0 - 150.0  # the put at 95 down to zero, less the credit; the call side cannot lose too
    assert naked_reasons(lizard, book(cash=need)) == ()
    assert naked_reasons(lizard, book(cash=need - 1)) != ()


def test_a_ratio_spread_called_a_vertical_is_refused_for_both_reasons() -> None:
    legs = example(any_structure("call_ratio_spread"))
    ratio = ticket(strategy="bull_call_spread", legs=legs, contracts=1, limit_price=0.2)
    assert "naked_short" in refused(facts(order(ratio, max_loss=1.0, structure="a bull call spread has 1 call sold")))
    assert "structure_allowed" in refused(
        facts(order(ratio, max_loss=1.0, structure="a bull call spread has 1 call sold"))
    )


def test_stock_covers_the_second_call_of_a_ratio_spread() -> None:
    ratio = ticket(legs=example(any_structure("call_ratio_spread")), contracts=1, limit_price=0.2)
    assert naked_reasons(ratio, book(positions=(shares(100),))) == ()
    assert naked_reasons(ratio, book(positions=(shares(99),))) != ()
