"""``fund replay RUN``: decide again from what the run stored, and compare."""

import argparse

from apps import output
from apps.cycle import replay
from apps.version import code_version
from apps.wiring import open_fund
from domain.errors import BadInput
from domain.ports import Json
from memory import runs

DIFFERENT = 1


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        with fund.database.connection() as connection:
            row = runs.run(connection, args.run_id)
        if row["status"] != "finished":
            do = f"finish it with fund run --resume {args.run_id}" if row["status"] == "running" else "replay another"
            raise BadInput(f"{args.run_id} is {row['status']}", do)
        stored, again, before, after = replay(fund, row)
        same = before == after
        changed = [] if same else differences(stored, again)
        if args.json:
            output.emit(
                {"run_id": args.run_id, "identical": same, "stored_decision": before, "replayed_decision": after,
                 "differences": changed, "code_version": code_version(), "run_code_version": row["code_version"]}
            )  # fmt: skip
        else:
            _tell(args.run_id, same, after, changed, row["code_version"])
    return 0 if same else DIFFERENT


def differences(stored: Json, again: Json) -> list[str]:
    """The parts of the decision that differ."""
    return sorted(part for part in again if part in stored and part != "usage" and stored[part] != again[part])


def _tell(run_id: str, same: bool, decision: str, changed: list[str], version: str) -> None:
    if same:
        output.say(f"{run_id} decides the same again: {decision[:16]}… (signals, debates, checks, orders, vetoes)")
        return
    output.say(f"{run_id} decides otherwise now: {', '.join(changed)} differ.")
    if version != code_version():
        output.say(f"It was decided by code {version}; this is {code_version()}.")
