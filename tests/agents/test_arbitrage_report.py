"""What ``fund arb`` prints: sums that can be checked by hand, costs from the mandate, why nothing was looked at."""

import os
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from pydantic_core import to_json

from agents.arbitrage_report import arbitrage_report, costs_of
from config.mandate_file import load_mandate
from domain.chain import Chain
from domain.mandate import ArbitrageRules, OrderRules
from tests.agents.material import AS_OF, T, make_chain

MANDATE = load_mandate(None, {})


def report(chain: Chain | None, rate: float | None = 0.03, later: timedelta = timedelta()) -> Any:
    found = arbitrage_report("made", AS_OF + later, rate, {T: chain}, MANDATE)
    return found | {"one": found["underlyings"][0]}


def dear() -> Chain:
    """One call asked for less than the next one fetches."""
    chain = make_chain()
    row = int(np.flatnonzero(chain.call & (chain.strike == 100) & (chain.expiry == chain.expiry[-1]))[0])
    ask = chain.ask.copy()
    ask[row] = chain.bid[row + 2] - 0.05
    return replace(chain, ask=ask, bid=np.where(np.arange(len(chain)) == row, ask - 0.02, chain.bid))


def test_fair_quotes_have_no_arbitrage() -> None:
    found = report(make_chain())
    assert (found["count"], found["one"]["findings"], found["one"]["problem"]) == (0, [], None)
    assert found["one"]["rows_hunted"] > 100


def test_every_finding_adds_up_from_its_legs_and_the_fee() -> None:
    found = report(dear())
    assert found["count"] == len(found["one"]["findings"]) > 0
    for one in found["one"]["findings"]:
        fees = sum(abs(leg["contracts"]) for leg in one["legs"]) * MANDATE.orders.fee_per_contract
        assert one["dollars"] == pytest.approx(one["dollars_before_fees"] - fees, abs=0.02)
        assert one["edge"] == pytest.approx(one["dollars"] / 100, abs=1e-4)
        if one["name"] == "bull_call_spread_for_a_credit":
            credit = -sum(leg["contracts"] * leg["price"] for leg in one["legs"])
            assert one["dollars_before_fees"] == pytest.approx(100 * credit, abs=0.01)
    assert "bull_call_spread_for_a_credit" in {one["name"] for one in found["one"]["findings"]}
    assert b"NaN" not in to_json(found, inf_nan_mode="constants")


def test_stale_quotes_are_no_arbitrage() -> None:
    fresh, stale = report(dear(), later=timedelta(hours=12)), report(dear(), later=timedelta(hours=25))
    assert fresh["count"] > 0 == stale["count"]
    assert stale["one"]["problem"].startswith("stale quotes are no arbitrage: 1 sessions have closed")


def test_no_chain_and_no_rate_are_said() -> None:
    assert report(None)["one"]["problem"] == "no option chain at this moment"
    without = report(make_chain(), None)
    assert "no interest rate" in " ".join(without["one"]["left_out"]) and without["costs"]["lend"] is None
    assert "costs.lend" in without["reasons"]


def test_costs_are_those_of_the_mandate() -> None:
    mandate = MANDATE.model_copy(
        update={
            "orders": OrderRules(fee_per_contract=2.0),
            "arbitrage": ArbitrageRules(
                borrow_spread=0.02, stock_half_spread=0.5, dividend_ceiling=0.01, min_dollars=7.0
            ),
        }
    )
    assert costs_of(mandate, 0.03) == (2.0, 0.03, 0.05, 0.5, 0.01, 7.0)
    assert costs_of(load_mandate(None, os.environ), None).borrow is None
