"""``fund status``."""

import argparse

from apps import output
from apps.cycle import Cycles
from apps.render import account_words
from apps.wiring import Fund, open_fund
from domain.ports import Json
from memory import accounts, halts, orders, runs
from risk.regime import name_regime


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        Cycles(fund).threads.sweep()
        document = status(fund)
        output.emit(document) if args.json else _tell(document)
    return 0


def status(fund: Fund) -> Json:
    with fund.database.connection() as connection:
        known = accounts.accounts(connection)
        in_force = halts.halts(connection)
        latest = runs.latest(connection, 5)
        waiting = orders.orders(connection, None, ("staged",))
        working = orders.orders(connection, None, ("approved", "queued", "submitting", "working", "partial"))
    current = known[0] if known else None
    regime = None
    if current is not None:
        source = fund.source(current.source, current.seed)
        found = name_regime(source.volatility_indices(current.clock), current.clock)
        regime = {"name": found.name, "reason": found.reason, "inputs": found.inputs}
    return {
        "account_id": current.account_id if current else None,
        "accounts": [
            {"account_id": a.account_id, "account": a.kind, "source": a.source, "clock": a.clock} for a in known
        ],
        "regime": regime,
        "halts": [{"scope": h.scope, "reason": h.reason, "since": h.since, "by": h.by} for h in in_force],
        "staged": [row.order_id for row in waiting],
        "working": [{"order_id": row.order_id, "status": row.status} for row in working],
        "runs": latest,
        "policy": fund.mandate.cycle.policy,
        "auto_execute": fund.mandate.orders.auto_execute,
    }


def _tell(document: Json) -> None:
    if document["account_id"] is None:
        output.say("No account yet. fund run opens a synthetic one and runs a cycle in it.")
        return
    regime = document["regime"]
    kind = document["accounts"][0]["account"]
    output.say(
        f"{account_words(document['account_id'], kind)} · policy {document['policy']} · "
        f"regime {regime['name'] or 'unknown'}"
    )
    for halt in document["halts"]:
        output.say(f"HALTED ({halt['scope']}) since {halt['since']:%Y-%m-%d %H:%M} by {halt['by']}: {halt['reason']}")
    output.say(f"Waiting for you: {', '.join(document['staged']) or 'nothing'}")
    if document["working"]:
        output.say("On the way: " + ", ".join(f"{o['order_id']} ({o['status']})" for o in document["working"]))
    rows = [
        (r["run_id"], r["account_id"], f"{r['as_of']:%Y-%m-%d %H:%M}", r["source"], r["status"])
        for r in document["runs"]
    ]
    output.table("Latest runs", ("run", "account", "as of (UTC)", "source", "status"), rows)
    unfinished = [r["run_id"] for r in document["runs"] if r["status"] == "running"]
    if unfinished:
        output.say(f"{unfinished[0]} was interrupted or runs elsewhere: fund run --resume {unfinished[0]} finishes it.")
