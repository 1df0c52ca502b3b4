"""``fund resume``: lift the halts."""

import argparse
from datetime import UTC, datetime

from apps import output
from apps.wiring import open_fund, who
from memory import accounts, halts, journal


def command(args: argparse.Namespace) -> int:
    by = who(args.by)
    with open_fund(output.Progress(quiet=True)) as fund:
        now = datetime.now(UTC)
        with fund.database.transaction() as connection:
            lifted = halts.halts(connection)
            for halt in lifted:
                halts.lift_halt(connection, halt.scope, now, by)
            for account in accounts.accounts(connection) if lifted else ():
                body = {"by": by, "lifted": [h.scope for h in lifted]}
                journal.append(connection, "resume", body, at=now, account_id=account.account_id)
        if args.json:
            output.emit({"halted": False, "lifted": [{"scope": h.scope, "reason": h.reason} for h in lifted]})
        else:
            output.say("; ".join(f"lifted: {h.scope} ({h.reason})" for h in lifted) or "Nothing was halted.")
    return 0
