"""``fund resume``: lift a halt. A halt of one account (a daily loss, a reconciliation) is lifted by its name only."""

import argparse
from datetime import UTC, datetime

from apps import output
from apps.wiring import open_fund, who
from memory import accounts, halts, journal

ALL = "all"


def command(args: argparse.Namespace) -> int:
    by, scope = who(args.by), f"account:{args.account}" if args.account else ALL
    with open_fund(output.Progress(quiet=True)) as fund:
        now = datetime.now(UTC)
        with fund.database.transaction() as connection:
            known = [accounts.account(connection, args.account)] if args.account else accounts.accounts(connection)
            in_force = halts.halts(connection)
            lifted = [halt for halt in in_force if halt.scope == scope]
            for halt in lifted:
                halts.lift_halt(connection, halt.scope, now, by)
                for account in known:
                    body = {"by": by, "lifted": [halt.scope]}
                    journal.append(connection, "resume", body, at=now, account_id=account.account_id)
        stays = [halt for halt in in_force if halt.scope != scope]
    told = {"lifted": lifted, "stays": stays}
    document = {key: [{"scope": h.scope, "reason": h.reason} for h in found] for key, found in told.items()}
    if args.json:
        output.emit({"halted": bool(stays), **document})
        return 0
    output.say("; ".join(f"lifted: {h.scope} ({h.reason})" for h in lifted) or "Nothing was halted there.")
    for halt in stays:
        name = halt.scope.partition(":")[2]
        output.say(f"still halted: {halt.scope} ({halt.reason}); fund resume{f' --account {name}' if name else ''}")
    return 0
