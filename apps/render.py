"""The words and tables of runs and orders on a terminal."""

from apps import output
from apps.wiring import Fund
from domain.order import StagedOrder
from domain.ports import Json
from graph.record import order_json
from memory import positions
from memory.orders import OrderRow

CANDIDATES_SHOWN = 12
TIGHTEST = 3
SHARES = ("position_size", "sector_exposure", "var_budget", "strategy_concentration", "short_line", "order_size",
          "correlated_positions")  # fmt: skip


def run_report(result: Json) -> None:
    """A cycle in one screen: where it looked, what it saw, what was argued, what was refused."""
    market = "SYNTHETIC market, nothing here is real" if result["synthetic"] else f"{result['source']} data"
    regime = result["regime"]
    output.say(f"Run {result['run_id']} · {market} · {output.clock(result['as_of'])} · account {result['account_id']}")
    output.say(f"Regime: {regime['name'] or 'unknown'} ({regime['reason']})")
    output.say(f"NLV {output.money(result['nlv'])} · policy {result['policy']} · {_counts(result)}")
    if result["candidates"]:
        _debates(result)
    if result["vetoes"]:
        rows = [
            (veto["ticker"], veto["stage"].replace("_", " "), "\n".join(veto["reasons"])) for veto in result["vetoes"]
        ]
        output.table("Refused, and why", ("ticker", "by", "reason"), rows)
    failed = [c for c in result["checks"] if not c["passed"] and c["scope"] == "portfolio"]
    for check in failed:
        output.say(f"Portfolio rule {check['rule']} refuses: {check['reason']}")


def account_words(account_id: str, kind: str) -> str:
    """An account, and whether its market is real."""
    return f"Account {account_id} ({'synthetic market, nothing here is real' if kind == 'synthetic' else kind})"


def _counts(result: Json) -> str:
    directions = [signal["direction"] for signal in result["signals"]]
    told = ", ".join(f"{directions.count(word)} {word}" for word in ("bullish", "bearish", "neutral"))
    signals, abstentions = output.plural(len(directions), "signal"), len(result["abstentions"])
    return f"{signals} ({told}), {output.plural(abstentions, 'abstention')}"


def _debates(result: Json) -> None:
    verdicts = {debate["ticker"]: debate for debate in result["debates"]}
    rows = []
    for candidate in result["candidates"][:CANDIDATES_SHOWN]:
        debate = verdicts[candidate["ticker"]]
        edge = debate["volatility_edge"]
        options = "rich" if edge > 0 else "cheap" if edge < 0 else "fair"
        rows.append(
            (
                candidate["rank"],
                candidate["ticker"],
                f"{candidate['score']:.2f}",
                output.share(candidate["coverage"]),
                debate["verdict"],
                f"{debate['confidence']:.2f}",
                f"{options} {edge:+.2f}",
            )
        )
    heads = ("#", "ticker", "alpha", "coverage", "verdict", "confidence", "options")
    output.table("Candidates and their debates", heads, rows, numbers=(0, 2, 3, 5))


def leg_words(leg: Json) -> str:
    if leg["strike"] is None:
        return f"{leg['contracts']:+d} shares {leg['occ_symbol']}"
    right = "call" if leg["right"] == "C" else "put"
    return f"{leg['contracts']:+d} {leg['strike']:g} {right} {leg['expiry']}"


def order_card(order: Json, *, every_rule: bool = True) -> None:
    """An order with everything a person needs to decide; ``every_rule`` False shows only the tightest ones."""
    heading = f"Order {order['order_id']} · {order['status']} · {order['ticker']} {order['strategy'].replace('_', ' ')}"
    rows = [
        ("legs", "\n".join(f"{leg_words(leg)}   {leg['occ_symbol']}" for leg in order["legs"])),
        ("size and limit", f"{order['contracts']} at {output.price(order['limit_price'])} a unit"),
        *([("closes", order["closes"])] if order["closes"] else _odds(order)),
        ("why", "\n".join(order["reasons"])),
        ("rules", _rules(order, every_rule=every_rule)),
        ("valid until", output.clock(order["expires_at"])),
        ("hash", order["hash"]),
    ]
    output.table(heading, ("", ""), rows)
    for note in order["notes"]:
        output.say(f"  note: {note}")


def _odds(order: Json) -> list[tuple[str, str]]:
    """What an order that opens a position may lead to; one that closes leaves nothing to chance."""
    best = "unbounded" if order["max_profit"] is None else output.money(order["max_profit"])
    greeks = order["greeks"]
    return [
        ("worst / best case", f"lose {output.money(order['max_loss'])} / earn {best}"),
        ("breakeven", ", ".join(f"{level:.2f}" for level in order["breakevens"]) or "none"),
        ("chance of profit", output.share(order["probability_of_profit"])),
        ("expected / CVaR 95 %", f"{output.money(order['expected_value'])} / {output.money(order['cvar'])}"),
        (
            "Greeks",
            f"delta {greeks['delta']:.1f} · gamma {greeks['gamma']:.3f} · theta {greeks['theta_per_day']:.2f} a day · "
            f"vega {greeks['vega_per_point']:.2f} a vol point",
        ),
    ]


def _rules(order: Json, *, every_rule: bool) -> str:
    passed = sum(check["passed"] for check in order["checks"])
    head = f"{passed} of {len(order['checks'])} rules passed"
    if every_rule:
        return "\n".join((head, *(f"{check['rule']}: {check['reason']}" for check in order["checks"])))
    tightest = sorted((check for check in order["checks"] if _use(check) > 0), key=_use, reverse=True)[:TIGHTEST]
    return "\n".join((f"{head}; the tightest:", *(check["reason"] for check in tightest)))


def _use(check: Json) -> float:
    """How much of an upper limit is used; 0 for rules of another kind."""
    value, limit = check["value"], check["limit"]
    return value / limit if value is not None and limit and check["rule"] in SHARES else 0.0


def tell_staged(order: StagedOrder, *, as_json: bool) -> None:
    """An order that a person has just staged, and what to do next."""
    document = order_json(order, "staged")
    if as_json:
        output.emit(document)
        return
    order_card(document)
    output.say(f"Next: fund approve {order.ticket.order_id}")


def outcome_card(fund: Fund, row: OrderRow, *, as_json: bool) -> None:
    """What became of an answered order, with its fills."""
    with fund.database.connection() as connection:
        found = positions.fills(connection, order_id=row.order_id)
    fills = [
        {"exec_id": f["exec_id"], "occ_symbol": f["symbol"], "contracts": f["contracts"], "price": float(f["price"]),
         "fee": float(f["fee"]), "at": f["at"], "kind": f["kind"], "position_id": f["position_id"]}
        for f in found
    ]  # fmt: skip
    document = order_json(row.staged, row.status) | {
        "decided_by": row.decided_by, "outcome": row.outcome, "why": row.why, "fills": fills
    }  # fmt: skip
    if as_json:
        output.emit(document)
        return
    by = f" by {row.decided_by}" if row.decided_by else ""
    output.say(
        f"{row.order_id} {row.staged.ticket.ticker} {row.staged.ticket.strategy}: answered{by}, now {row.status}"
    )
    for fill in fills:
        output.say(f"  {fill['contracts']:+d} {fill['occ_symbol']} at {fill['price']:.2f}, fee {fill['fee']:.2f}")
    if fills:
        cash = sum(float(f["cash"]) for f in found)
        output.say(f"  cash {cash:+,.2f} · position {fills[0]['position_id']} (fund positions)")
    elif row.outcome:
        output.say(f"  {row.outcome}")
