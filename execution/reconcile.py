"""The venue's truth against the ledger. A failed query is never read as "flat": it raises before this is asked."""

from collections.abc import Sequence

from domain.leg import Leg
from memory import accounts, positions
from memory.rows import Connection

CENT = 0.01


def differences(connection: Connection, account_id: str, held: Sequence[Leg], cash: float) -> tuple[str, ...]:
    """Sentences about every holding and the cash that differ; empty when the books agree. Reads only."""
    venue = {leg.symbol: leg.contracts for leg in held}
    ours: dict[str, int] = {}
    for row in positions.open_positions(connection, account_id):
        for leg in row.legs:
            ours[leg.symbol] = ours.get(leg.symbol, 0) + leg.contracts
    found = [
        f"{symbol}: the venue holds {venue.get(symbol, 0)}, the ledger {ours.get(symbol, 0)}"
        for symbol in sorted({*venue, *ours})
        if venue.get(symbol, 0) != ours.get(symbol, 0)
    ]
    own = accounts.cash(connection, account_id)
    if not abs(own - cash) < CENT:
        found.append(f"cash: the venue has {cash:,.2f}, the ledger {own:,.2f}")
    return tuple(found)
