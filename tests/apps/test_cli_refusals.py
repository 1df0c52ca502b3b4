"""Orders that a person asks for and the rules, the chain or another order forbid."""

from typing import Any

from apps.commands.run import begin
from apps.cycle import Cycles
from tests.apps.cli import Cli, at_the_money, refused
from tests.desk import fund_on, words


def test_an_edit_must_be_another_order_that_the_rules_allow(shared: Cli, first_run: Any) -> None:
    order = first_run["orders"][0]
    name, limit = order["order_id"], order["limit_price"]

    refused(shared.here("edit", name, "--contracts", str(order["contracts"])), "has that size and limit already")
    refused(shared.here("edit", name, "--contracts", "90000"), "position_size", code=3)
    refused(shared.here("edit", name, "--limit", str(limit + 0.003)), "is not a multiple of", code=3)
    refused(shared.here("approve", name, "--hash", "0" * 64), "is not the order with hash", code=3)

    assert shared.json("orders")["orders"] == [
        {**found, "status": "staged"} for found in shared.json("orders")["orders"]
    ]


def test_a_proposal_needs_legs_that_exist_and_belong_to_it(shared: Cli, first_run: Any) -> None:
    call, put = at_the_money("ZBNK")
    other, _ = at_the_money("ZINS")

    for legs, says in {
        ("sell:everything",): "is no leg",
        ("1",): "is no leg",
        (f"0:{call}",): "is no leg",
        (f"9999999:{call}",): "is no leg",
        (f"+1:{call}X",): "is not an option symbol",
        ("+1:ZBNK261340C00100000",): "names no calendar day",
        (f"+1:{call[:-1]}7",): "the chain of ZBNK has no",
        (f"+1:{other}",): "the chain of ZBNK has no",
        (f"+1:{put}", "+1:NOPE"): "is not an option symbol",
    }.items():
        refused(shared.here("propose", "ZBNK", "long_straddle", "--legs", *legs), says)
    refused(shared.here("propose", "NOPE", "long_straddle"), "does not know NOPE")


def test_a_naked_short_is_refused_by_its_own_rule(shared: Cli, first_run: Any) -> None:
    call, put = at_the_money("ZBNK")
    strangle = shared.here("propose", "ZBNK", "iron_condor", "--legs", f"-1:{call}", f"-1:{put}")
    alone = shared.here("propose", "ZBNK", "covered_call", "--legs", f"-1:{call}")

    refused(strangle, "naked_short", code=3)
    refused(alone, "naked_short", code=3)
    assert len(shared.json("orders")["orders"]) == len(first_run["orders"])


def test_a_position_is_closed_by_one_order_at_a_time(shared: Cli, first_run: Any) -> None:
    order = first_run["orders"][0]
    shared.text("approve", order["order_id"])
    position = shared.json("positions")["positions"][0]["position_id"]
    closing = shared.json("close", position)["order_id"]

    refused(shared.here("close", position), f"{closing} closes {position} already", code=3)
    shared.text("approve", closing)

    refused(shared.here("close", position), "was closed at")
    assert shared.json("positions")["positions"] == []


def test_a_run_that_is_over_is_neither_given_up_nor_replayed_before_its_end(shared: Cli, first_run: Any) -> None:
    run_id = first_run["run_id"]
    refused(shared.here("run", "--abandon", run_id, "--json"), f"{run_id} is finished")
    assert shared.json("run", "--resume", run_id)["run_id"] == run_id


def test_an_interrupted_run_is_not_replayed_and_may_be_given_up(fund: Cli) -> None:
    run_id = interrupted_run(fund)

    refused(fund.here("replay", run_id), f"{run_id} is running", f"fund run --resume {run_id}")
    assert f"fund run --resume {run_id}" in fund.text("status")
    assert fund.json("run", "--abandon", run_id) == {"run_id": run_id, "status": "abandoned"}
    refused(fund.here("run", "--resume", run_id), f"{run_id} was given up")
    refused(fund.here("replay", run_id), f"{run_id} is abandoned")


def interrupted_run(fund: Cli) -> str:
    """A run that was begun and not carried on."""
    with fund_on(str(fund.url), fund.home) as opened:
        return begin(opened, Cycles(opened), words("run", "ZMKT"))
