"""A newcomer's first run on the synthetic universe: orders, vetoes, approval, fill, the story, and the run after."""

from pathlib import Path
from typing import Any

import pytest

from tests.apps.cli import Cli

TICKERS = 12


@pytest.fixture(scope="module")
def approved(shared: Cli, first_run: Any) -> Any:
    """The first order of the first run, approved."""
    return shared.json("approve", first_run["orders"][0]["order_id"], "--by", "Ada")


@pytest.fixture(scope="module")
def second_run(shared: Cli, approved: Any) -> Any:
    return shared.json("run")


def test_it_stages_orders_and_refuses_others_with_reasons(first_run: Any) -> None:
    assert first_run["orders"] and all(order["status"] == "staged" for order in first_run["orders"])
    assert first_run["vetoes"] and all(veto["reasons"] and all(veto["reasons"]) for veto in first_run["vetoes"])
    beyond = {veto["stage"] for veto in first_run["vetoes"]} - {"rank_candidates"}
    assert beyond, "at least one candidate is argued about or priced, and then refused"


def test_every_ticker_is_ordered_or_refused(first_run: Any) -> None:
    ended = [item["ticker"] for item in (*first_run["orders"], *first_run["vetoes"])]
    assert len(ended) == len(set(ended)) == TICKERS


def test_its_first_order_fills_when_approved(approved: Any, first_run: Any) -> None:
    assert approved["status"] == "filled" and approved["decided_by"] == "Ada"
    assert approved["hash"] == first_run["orders"][0]["hash"]
    filled = {fill["occ_symbol"]: fill["contracts"] for fill in approved["fills"]}
    assert filled == {leg["occ_symbol"]: leg["contracts"] for leg in first_run["orders"][0]["legs"]}


def test_a_fill_is_never_worse_than_its_limit(approved: Any) -> None:
    net = -sum(fill["contracts"] * fill["price"] for fill in approved["fills"]) / approved["contracts"]
    assert net >= approved["limit_price"] - 1e-9


def test_its_position_s_money_adds_up(shared: Cli, approved: Any) -> None:
    held = shared.json("positions")

    (position,) = held["positions"]
    moved = -sum(fill["contracts"] * fill["price"] * 100 + fill["fee"] for fill in approved["fills"])
    assert position["cost"] == pytest.approx(moved)
    assert position["unrealised_pnl"] == pytest.approx(position["cost"] + position["mark"])
    assert held["cash"] == pytest.approx(1_000_000 + moved)
    assert held["nlv"] == pytest.approx(held["cash"] + position["mark"])
    assert 0 < position["max_loss"] < 50_000
    assert [leg["contracts"] for leg in position["legs"]] == [leg["contracts"] for leg in approved["legs"]]


def test_it_is_approved_only_once(shared: Cli, approved: Any) -> None:
    again = shared.here("approve", approved["order_id"])
    assert again.code == 3 and "answered by Ada" in again.err


def test_its_story_tells_every_step_in_order(shared: Cli, approved: Any) -> None:
    told = shared.text("why", approved["order_id"])
    steps = ("open cycle", "read volatility", "debate", "check risk", "select strategies", "size trades",
             "check orders", "staged", "approve", "place order", "submitting", "fill", "filled")  # fmt: skip
    places = [told.index(f"  {step}\n") for step in steps]
    assert places == sorted(places)
    assert "Bull: " in told and "Bear: " in told and "Approved by Ada" in told


def test_a_run_s_story_names_the_orders_it_speaks_of(shared: Cli, approved: Any, first_run: Any) -> None:
    told = shared.text("why", first_run["run_id"])
    for order in first_run["orders"]:
        assert f"{order['order_id']}  staged" in told


def test_the_run_after_leaves_tickers_with_a_live_order_alone(second_run: Any, first_run: Any) -> None:
    waiting = {order["ticker"] for order in first_run["orders"][1:]}
    vetoes = {veto["ticker"]: veto["reasons"] for veto in second_run["vetoes"]}
    assert waiting and all(vetoes[ticker] == ["an order in it waits for approval"] for ticker in waiting)
    assert not {order["ticker"] for order in second_run["orders"]} & waiting


def test_the_run_after_adds_no_second_position_of_the_kind_it_holds(second_run: Any, approved: Any) -> None:
    held = (approved["ticker"], approved["strategy"])
    assert held not in {(order["ticker"], order["strategy"]) for order in second_run["orders"]}


def test_both_runs_replay_to_the_same_decision(shared: Cli, first_run: Any, second_run: Any) -> None:
    for result in (first_run, second_run):
        found = shared.json("replay", result["run_id"])
        assert found["identical"] and found["stored_decision"] == found["replayed_decision"]


def test_synthetic_is_said_wherever_a_person_looks(fund: Cli) -> None:
    result = fund.text("run")
    order_id = fund.json("orders")["orders"][0]["order_id"]
    fund.text("approve", order_id)

    for words in (("orders",), ("positions",), ("status",), ("why", order_id), ("why", "R0001")):
        assert "synthetic" in fund.text(*words).lower(), words
    assert "SYNTHETIC market" in result


def test_two_first_runs_decide_the_same(fund: Cli, first_run: Any, tmp_path: Path) -> None:
    assert fund.json("run") == {**first_run, "code_version": first_run["code_version"]}


def test_no_line_is_wider_than_a_terminal(shared: Cli, approved: Any, second_run: Any) -> None:
    for words in (("orders", "--all"), ("positions",), ("status",), ("why", approved["order_id"]), ("doctor",)):
        assert max(len(line.rstrip()) for line in shared.text(*words).splitlines()) <= 110, words
