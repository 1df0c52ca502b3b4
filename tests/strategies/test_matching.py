"""A structure is what its legs are, not what it is called."""

import pytest

from domain.leg import Leg, option_leg, stock_leg
from strategies.held import KNOWN
from strategies.matching import mismatch
from strategies.profile import example


def put(strike: int, n: int, day: str = "261016") -> Leg:
    return option_leg(f"XYZ{day}P{strike:05d}000", n)


def call(strike: int, n: int, day: str = "261016") -> Leg:
    return option_leg(f"XYZ{day}C{strike:05d}000", n)


REAL = {
    "bull_put_spread": [put(95, -1), put(90, 1)],
    "bear_call_spread": [call(105, -1), call(110, 1)],
    "bull_call_spread": [call(100, 1), call(105, -1)],
    "bear_put_spread": [put(100, 1), put(95, -1)],
    "iron_condor": [put(95, -1), put(90, 1), call(105, -1), call(110, 1)],
    "calendar": [call(100, -1), call(100, 1, "261120")],
    "long_straddle": [call(100, 1), put(100, 1)],
    "covered_call": [stock_leg("XYZ", 100), call(105, -1)],
    "cash_secured_put": [put(95, -1)],
}


@pytest.mark.parametrize("name", REAL)
def test_every_row_of_the_catalogue_is_itself_in_any_order_of_legs_and_no_other(name: str) -> None:
    assert mismatch(name, REAL[name]) == ""
    assert mismatch(name, REAL[name][::-1]) == ""
    assert [other for other in REAL if other != name and mismatch(other, REAL[name]) == ""] == []


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_no_row_passes_for_another(row) -> None:
    legs = example(row)
    twins = {"cash_secured_put", "short_put"}
    passes = {other.name for other in KNOWN if mismatch(other.name, legs) == ""}
    assert passes == (twins if row.name in twins else {row.name})


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_one_contract_more_less_or_turned_round_is_found_out(row) -> None:
    legs = example(row)
    for i, leg in enumerate(legs):
        others = legs[:i] + legs[i + 1 :]
        for changed in ((), (leg.times(2),), (leg.times(-1),), (leg, leg)):
            assert mismatch(row.name, (*others, *changed)) != ""


@pytest.mark.parametrize(
    ("name", "legs", "why"),
    [
        ("bull_call_spread", REAL["bull_put_spread"], "needs 1 near call bought"),
        ("bull_put_spread", [put(90, -1), put(95, 1)], "further out of the money"),
        ("bull_put_spread", [put(95, -1), put(90, 1), put(85, 1)], "has 2 legs, not 3"),
        ("bull_put_spread", [put(95, -2), put(90, 2)], "needs 1 near put sold"),
        ("iron_condor", [put(110, -1), put(90, 1), call(105, -1), call(115, 1)], "lies below the call"),
        ("calendar", [call(100, -1), call(105, 1, "261120")], "share one strike"),
        ("calendar", [call(100, 1), call(100, -1, "261120")], "needs 1 near call sold"),
        ("covered_call", [stock_leg("XYZ", 50), call(105, -1)], "needs a lot of stock bought"),
        ("wheel", REAL["cash_secured_put"], "not in the catalogue"),
        ("call_butterfly", [call(95, 1), call(100, -2), call(110, 1)], "as far from 100 as"),
        ("broken_wing_put_butterfly", [put(105, 1), put(100, -2), put(95, 1)], "farther from 100 than"),
        ("broken_wing_put_butterfly", [put(110, 1), put(100, -2), put(95, 1)], "farther from 100 than"),
        ("call_diagonal", [call(100, -1), call(110, 1, "261120")], "further in the money"),
        ("jade_lizard", [put(95, -1), call(105, -1), call(110, 1, "261120")], "has one expiry, not 2"),
        ("iron_condor", [put(95, -1), put(90, 1), call(95, -1), call(110, 1)], "lies below the call"),
        ("collar", [stock_leg("XYZ", 200), put(95, 1), call(105, -1)], "needs a lot of stock bought"),
        ("bull_put_spread", [put(95, -1), option_leg("XYZ1261016P00090000", 1)], "one class, not several"),
        ("bull_put_spread", [put(95, -1), option_leg("XYZ261016P00090000", 1, multiplier=10)], "one multiplier"),
    ],
)
def test_a_label_on_other_legs_is_found_out(name: str, legs: list[Leg], why: str) -> None:
    assert why in mismatch(name, legs)
