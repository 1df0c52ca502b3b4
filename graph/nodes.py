"""The nodes of the cycle, in running order. Each reads the state, calls one thing, and returns what it learned."""

from agents.aggregator import aggregate
from agents.policy import debate as hold_debate
from graph import cycle
from graph.desk import Desk
from graph.record import decision_hash, document
from graph.state import DebateTask, FundState
from graph.step import Update, step


@step
def open_cycle(state: FundState, desk: Desk) -> Update:
    return {"opening": desk.opener(state["request"])}


@step
def read_volatility(state: FundState, desk: Desk) -> Update:
    return {"volatility": cycle.read("volatility", state["opening"], desk)}


@step
def read_flow(state: FundState, desk: Desk) -> Update:
    return {"flow": cycle.read("flow", state["opening"], desk)}


@step
def read_social(state: FundState, desk: Desk) -> Update:
    return {"social": cycle.read("social", state["opening"], desk)}


@step
def read_technicals(state: FundState, desk: Desk) -> Update:
    return {"technicals": cycle.read("technicals", state["opening"], desk)}


@step
def read_fundamentals(state: FundState, desk: Desk) -> Update:
    return {"fundamentals": cycle.read("fundamentals", state["opening"], desk)}


@step
def aggregate_signals(state: FundState, desk: Desk) -> Update:
    return {"composites": list(aggregate(cycle.readings(state), state["request"].tickers, desk.mandate.cycle))}


@step
def rank_candidates(state: FundState, desk: Desk) -> Update:
    return {"ranking": cycle.rank_candidates(state, desk)}


@step
def debate(state: DebateTask, desk: Desk) -> Update:
    ticker = state["candidate"].ticker
    transcript_id = f"{state['request'].run_id}:{ticker}"
    return {"debates": [hold_debate(ticker, state["signals"], state["composite"], desk.mandate.cycle, transcript_id)]}


@step
def check_risk(state: FundState, desk: Desk) -> Update:
    return {"allowance": cycle.check_risk(state["opening"], desk)}


@step
def select_strategies(state: FundState, desk: Desk) -> Update:
    return {"selection": cycle.select_strategies(state, desk)}


@step
def size_trades(state: FundState, desk: Desk) -> Update:
    return {"sizing": cycle.size_trades(state, desk)}


@step
def check_orders(state: FundState, desk: Desk) -> Update:
    return {"vetting": cycle.check_orders(state, desk)}


@step
def stage_orders(state: FundState, desk: Desk) -> Update:
    desk.staging.stage(state["vetting"].orders)
    return {"staged": [order.ticket.order_id for order in state["vetting"].orders]}


@step
def record_cycle(state: FundState, desk: Desk) -> Update:
    decision = decision_hash(state)
    desk.remember(state["request"], state.get("debates", []))
    desk.recorder(state["request"].run_id, document(state), decision)
    return {"decision": decision}
