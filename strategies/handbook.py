"""``docs/structures.md``, written from the rows: ``python -m strategies.handbook > docs/structures.md``."""

import math
from collections.abc import Iterable

from domain.leg import Leg
from strategies.catalogue import STRUCTURES
from strategies.held import HELD
from strategies.profile import DAYS, TODAY, Profile, profile
from strategies.template import Structure

HEAD = """# Structures

Written from the rows of `strategies/catalogue.py` and `strategies/held.py` by `python -m strategies.handbook`; a test
fails when this file is stale. Every figure is derived from the row's legs in one example: spot 100, volatility 25 % at
every strike, interest 4 %, no dividends, European, expiries 30 and 60 days away (marked "far"), strikes 5 apart, prices
at model value, no fees. The mandate, the chain and the optimiser decide the strikes of a real order.

- Amounts are dollars of one structure of 100 shares: **cash** received (+) or paid (-) at the opening; **loss** and
  **gain** at the horizon, when the last option sold ends (else the first one bought). `~` marks a gain and breakevens
  that count what the far leg is then worth in the example.
- **risk**: "defined" when neither a rise nor a fall goes on losing beyond the strikes, "to zero" when a fall does until
  the underlying is worth nothing, "unlimited" when a rise does. Decided by the legs (`domain/payoff.py`), as is the
  hard limit on naked short options: a name never makes an option covered.
- **Δ Γ Θ V**: the sign of delta, gamma, theta and vega on the day it is opened; `0` where the legs nearly cancel.
- **margin**: equity a margin account puts up (FINRA 4210, Regulation T), `strategies/margin.py`. The fund's own orders
  reserve their whole worst case instead, and where they buy stock at least half of what they pay.
"""
TRADED = """
## What the fund may trade

A regime's `structures` in the mandate says which of these may be opened.
"""
OTHERS = """
## Names for what a book may hold

None of these is ever proposed. Positions are named by them, and a mandate that lists one is refused.
"""
COLUMNS = (
    "| name | legs | cash | loss | gain | breakevens | risk | Δ Γ Θ V | margin |\n"
    "|---|---|---:|---:|---:|---|---|---|---:|\n"
)


def handbook() -> str:
    """The whole file."""
    when = "\n".join(f"- **{row.name}** ({row.direction}, {_options(row)}): {row.when}." for row in STRUCTURES)
    return f"{HEAD}{TRADED}\n{_table(STRUCTURES)}\n{when}\n{OTHERS}\n{_table(HELD)}"


def _options(row: Structure) -> str:
    return {"sells": "sells options", "buys": "buys options", "either": "either side of volatility"}[row.volatility]


def _table(rows: Iterable[Structure]) -> str:
    return COLUMNS + "".join(_line(row, profile(row)) for row in rows)


def _line(row: Structure, found: Profile) -> str:
    about = "~" if found.marked else ""
    cells = (
        f"`{row.name}`",
        " ".join(_leg(leg) for leg in found.legs),
        f"{found.cash:+,.0f}",
        _amount(found.max_loss),
        "unlimited" if found.max_gain is None else about + _amount(found.max_gain),
        " ".join(f"{about}{spot:.2f}" for spot in found.breakevens) or "none",
        found.risk.replace("_", " "),
        " ".join("-0+"[lean + 1] for lean in found.leans),
        _amount(found.margin),
    )
    return f"| {' | '.join(cells)} |\n"


def _leg(leg: Leg) -> str:
    if leg.strike is None or leg.expiry is None:
        return f"{leg.contracts:+d} shares"
    far = " far" if (leg.expiry - TODAY).days == DAYS["far"] else ""
    return f"{leg.contracts:+d} {leg.right}{leg.strike:g}{far}"


def _amount(value: float) -> str:
    return "unlimited" if math.isinf(value) else f"{value:,.0f}"


if __name__ == "__main__":
    print(handbook(), end="")
