"""What ``--json`` prints: one document with the keys, signs and units that other tools rely on."""

from typing import Any

import pytest

from strategies.catalogue import structure
from strategies.profile import profile
from tests.apps.cli import Cli, at_the_money

SIGNAL = {"source", "ticker", "direction", "conviction", "edge_type", "timestamp", "metadata"}
LEG = {"occ_symbol", "right", "strike", "expiry", "contracts"}
ORDER = {
    "order_id", "hash", "status", "ticker", "strategy", "legs", "contracts", "limit_price", "max_loss", "max_profit",
    "breakevens", "probability_of_profit", "expires_at",
}  # fmt: skip
POSITION = {
    "position_id", "ticker", "strategy", "contracts", "legs", "opened_at", "cost", "mark", "unrealised_pnl",
    "max_loss", "health",
}  # fmt: skip
RUN = {
    "run_id", "as_of", "source", "policy", "regime", "signals", "abstentions", "candidates", "debates", "checks",
    "orders", "vetoes", "usage",
}  # fmt: skip
ROLES = {"volatility", "flow", "social", "technicals", "fundamentals"}


def test_a_run_is_one_document_with_the_promised_keys(first_run: Any) -> None:
    assert first_run.keys() >= RUN
    assert first_run["regime"].keys() >= {"name", "inputs"}
    assert first_run["usage"].keys() >= {"model_calls", "input_tokens", "output_tokens", "cost"}
    for part, keys in {
        "signals": SIGNAL,
        "abstentions": {"source", "ticker", "reason"},
        "candidates": {"ticker", "score", "coverage"},
        "debates": {"ticker", "verdict", "confidence", "decided_by", "transcript_id"},
        "checks": {"rule", "scope", "value", "limit", "passed", "reason"},
        "orders": ORDER,
        "vetoes": {"ticker", "stage", "reasons"},
    }.items():
        assert first_run[part], f"no {part} to look at"
        assert all(item.keys() >= keys for item in first_run[part])
    assert all(leg.keys() >= LEG for order in first_run["orders"] for leg in order["legs"])


def test_words_are_those_of_the_contract(first_run: Any) -> None:
    assert {signal["source"] for signal in first_run["signals"]} == ROLES
    assert {signal["direction"] for signal in first_run["signals"]} <= {"bullish", "bearish", "neutral"}
    assert first_run["account"] == "synthetic"
    assert all(0 <= signal["conviction"] <= 1 for signal in first_run["signals"])


def test_an_order_s_signs_and_units(first_run: Any) -> None:
    for order in first_run["orders"]:
        worst, best = at_expiry(order)
        sizes = [leg["contracts"] for leg in order["legs"]]
        assert all(size % order["contracts"] == 0 for size in sizes), "legs are multiplied by contracts"
        assert min(sizes) < 0 < max(sizes)
        assert order["max_loss"] == pytest.approx(-worst) and order["max_loss"] > 0
        assert order["max_profit"] == pytest.approx(best)
        assert 0 < order["probability_of_profit"] < 1
        assert (order["limit_price"] > 0) == (profile(structure(order["strategy"])).cash > 0)


def at_expiry(order: Any) -> tuple[float, float]:
    """The least and the most an order of options makes when all expire, its limit included, between 0 and ten spots."""
    strikes = [leg["strike"] for leg in order["legs"]]
    received = order["limit_price"] * 100 * order["contracts"]
    made = [
        received + sum(leg["contracts"] * 100 * intrinsic(leg, spot) for leg in order["legs"])
        for spot in (0.0, *strikes, 10 * max(strikes))
    ]
    return min(made), max(made)


def intrinsic(leg: Any, spot: float) -> float:
    return float(max(spot - leg["strike"] if leg["right"] == "C" else leg["strike"] - spot, 0.0))


def test_every_check_of_a_staged_order_passed(first_run: Any) -> None:
    for order in first_run["orders"]:
        checks = [check for check in first_run["checks"] if check["scope"] == order["order_id"]]
        assert checks and all(check["passed"] and check["reason"] for check in checks)


def test_a_process_prints_the_document_and_nothing_else(fund: Cli) -> None:
    answer = fund.run("run", "ZMKT", "--json")

    assert answer.json["run_id"] == "R0001"
    assert answer.out.startswith("{") and answer.out.endswith("}\n")
    assert answer.err == ""


def test_orders_have_the_keys_of_the_run(shared: Cli, first_run: Any) -> None:
    found = shared.json("orders")

    shown = {order["order_id"]: order for order in found["orders"]}
    assert shown.keys() == {order["order_id"] for order in first_run["orders"]}
    for order in first_run["orders"]:
        same = shown[order["order_id"]]
        assert same.keys() >= ORDER
        assert {key: same[key] for key in ORDER} == {key: order[key] for key in ORDER}


def test_a_straddle_s_profit_is_unbounded_and_its_price_a_debit(shared: Cli, first_run: Any) -> None:
    call, put = at_the_money("ZBNK")

    order = shared.json("propose", "ZBNK", "long_straddle", "--contracts", "2", "--legs", f"+1:{call}", f"+1:{put}")

    assert order["max_profit"] is None
    assert order["limit_price"] < 0
    assert order["max_loss"] == pytest.approx(-order["limit_price"] * 200)
    assert [leg["contracts"] for leg in order["legs"]] == [2, 2]
    assert len(order["breakevens"]) == 2
    assert "earn unbounded" in shared.text("orders")


def test_status_why_data_and_doctor_are_documents_too(shared: Cli, first_run: Any) -> None:
    run_id, order_id = first_run["run_id"], first_run["orders"][0]["order_id"]
    status = shared.json("status")
    of_order, of_run = shared.json("why", order_id), shared.json("why", run_id)
    doctor = shared.json("doctor")

    assert order_id in status["staged"] and status["regime"]["name"] == first_run["regime"]["name"]
    assert status["runs"][0]["run_id"] == run_id
    assert of_order["kind"] == "order" and of_order["order"].keys() >= ORDER
    assert of_run["kind"] == "run" and all(step["at"] and step["says"] for step in of_run["story"])
    assert shared.json("data", "list")["data"] == []
    assert doctor["healthy"] and doctor["problems"] == [] and doctor["database"]["state"] == "running"


def test_answers_are_documents_too(fund: Cli) -> None:
    result = fund.json("run")
    first, second = (order["order_id"] for order in result["orders"][:2])

    approved = fund.json("approve", first)
    edited = fund.json("edit", second, "--contracts", "1")
    rejected = fund.json("reject", edited["order_id"], "--why", "too dear")
    held = fund.json("positions")
    (position,) = held["positions"]
    closing = fund.json("close", position["position_id"])
    halted, resumed = fund.json("halt", "--why", "a test"), fund.json("resume")
    replayed = fund.json("replay", result["run_id"])

    assert approved["status"] == "filled" and approved["fills"]
    assert edited["supersedes"] == second and edited["contracts"] == 1
    assert rejected["status"] == "rejected" and rejected["why"] == "too dear"
    assert held.keys() >= {"as_of", "nlv", "cash", "positions"} and position.keys() >= POSITION
    (group,) = position["holds"]
    assert (group["strategy"], group["contracts"], group["why"]) == (position["strategy"], position["contracts"], "")
    assert closing["purpose"] == "close" and closing["closes"] == position["position_id"]
    assert halted["halted"] and not resumed["halted"] and resumed["lifted"]
    assert replayed["identical"] and replayed["differences"] == []
