"""The result of a cycle as the one JSON document that ``fund run --json`` prints."""

import hashlib
import json
from typing import Any

from pydantic_core import to_jsonable_python

from domain.debate import Debate
from domain.leg import Leg
from domain.order import Check, Odds, StagedOrder, Veto
from domain.ports import Json
from domain.run import Opening
from domain.signal import Abstention, Signal
from graph.cycle import readings
from graph.state import FundState


def document(state: FundState) -> Json:
    """Everything the cycle decided; keys are a contract, they may be added and never renamed."""
    opening = state["opening"]
    body = {**_frame(opening), **_decided(state)}
    clean: Json = to_jsonable_python(body, inf_nan_mode="null")
    return clean


def decision_hash(state: FundState) -> str:
    """SHA-256 of everything decided, equal for two runs that decided the same from the same evidence."""
    body = to_jsonable_python(_decided(state), inf_nan_mode="null")
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


def _frame(opening: Opening) -> Json:
    request = opening.request
    return {
        "run_id": request.run_id,
        "as_of": request.as_of,
        "source": request.source,
        "synthetic": opening.account.kind == "synthetic",
        "account": opening.account.kind,
        "account_id": request.account_id,
        "policy": request.policy,
        "code_version": opening.code_version,
        "nlv": opening.book.nlv,
        "usage": {"model_calls": 0, "input_tokens": 0, "output_tokens": 0, "cost": 0.0},
    }


def _decided(state: FundState) -> Json:
    regime, found = state["opening"].regime, readings(state)
    vetoes = (
        *state["ranking"].vetoes, *state["selection"].vetoes, *state["sizing"].vetoes, *state["vetting"].vetoes
    )  # fmt: skip
    debates = sorted(state.get("debates", []), key=lambda debate: debate.ticker)
    return {
        "regime": {"name": regime.name, "inputs": regime.inputs, "reason": regime.reason},
        "signals": [_signal(signal) for reading in found for signal in reading.signals],
        "abstentions": [_abstention(a) for reading in found for a in reading.abstentions],
        "candidates": [_plain(candidate) for candidate in state["ranking"].candidates],
        "debates": [_debate(debate) for debate in debates],
        "checks": [check_json(check) for check in state["vetting"].checks],
        "orders": [order_json(order, "staged") for order in state["vetting"].orders],
        "vetoes": [_veto(veto) for veto in vetoes],
    }


def _plain(value: Any) -> Json:
    body: Json = to_jsonable_python(value, inf_nan_mode="null")
    return body


def _signal(signal: Signal) -> Json:
    return {
        "signal_id": signal.signal_id, "source": signal.source, "ticker": signal.ticker,
        "direction": signal.direction, "conviction": signal.conviction, "edge_type": signal.edge_type,
        "timestamp": signal.timestamp, "says": signal.says, "story": signal.story, "metadata": signal.metadata,
    }  # fmt: skip


def _abstention(abstention: Abstention) -> Json:
    return {"source": abstention.source, "ticker": abstention.ticker, "reason": abstention.reason}


def _debate(debate: Debate) -> Json:
    return {
        "ticker": debate.ticker, "verdict": debate.verdict, "confidence": debate.confidence,
        "decided_by": debate.decided_by, "transcript_id": debate.transcript_id, "conflicted": debate.conflicted,
        "volatility_edge": debate.volatility_edge,
    }  # fmt: skip


def _veto(veto: Veto) -> Json:
    return {"ticker": veto.ticker, "stage": veto.stage, "reasons": list(veto.reasons)}


def check_json(check: Check) -> Json:
    return {
        "rule": check.rule, "scope": check.scope, "value": check.value, "limit": check.limit,
        "passed": check.passed, "reason": check.reason,
    }  # fmt: skip


def leg_json(leg: Leg) -> Json:
    return {
        "occ_symbol": leg.symbol, "right": leg.right, "strike": leg.strike, "expiry": leg.expiry,
        "contracts": leg.contracts, "multiplier": leg.multiplier,
    }  # fmt: skip


NO_ODDS: Json = {
    "max_loss": 0.0, "max_profit": None, "breakevens": [], "probability_of_profit": None, "expected_value": None,
    "cvar": None, "greeks": None, "notes": ["it ends a position and opens no risk, so it has no odds of its own"],
}  # fmt: skip


def _odds(odds: Odds) -> Json:
    return {
        "max_loss": odds.max_loss,
        "max_profit": odds.max_profit,
        "breakevens": list(odds.breakevens),
        "probability_of_profit": odds.probability_of_profit,
        "expected_value": odds.expected_value,
        "cvar": odds.cvar,
        "greeks": {
            "delta": odds.delta, "gamma": odds.gamma, "theta_per_day": odds.theta, "vega_per_point": odds.vega
        },
        "notes": list(odds.notes),
    }  # fmt: skip


def order_json(order: StagedOrder, status: str) -> Json:
    """An order as every command prints it; ``max_profit`` null means unbounded, unless the order closes: it opens no
    risk, so it has no odds of its own (``notes`` says so)."""
    ticket = order.ticket
    return {
        "order_id": ticket.order_id,
        "hash": order.hash,
        "status": status,
        "account_id": ticket.account_id,
        "run_id": order.run_id,
        "ticker": ticket.ticker,
        "strategy": ticket.strategy,
        "purpose": ticket.purpose,
        "closes": ticket.closes,
        "legs": [leg_json(leg) for leg in ticket.legs],
        "contracts": ticket.contracts,
        "limit_price": ticket.limit_price,
        **(NO_ODDS if ticket.closes else _odds(order.odds)),
        "checks": [check_json(check) for check in order.checks],
        "reasons": list(order.reasons),
        "needs_person": order.needs_person,
        "quote_time": order.quote_time,
        "expires_at": ticket.expires_at,
    }  # fmt: skip
