"""``fund arb [SYMBOL ...]``: arbitrage between the options of each underlying, at executable prices after fees."""

import argparse
import os

from agents.arbitrage_report import arbitrage_report
from apps import output
from apps.moment import watchlist_of
from apps.stores import open_stores
from config.mandate_file import load_mandate
from domain.ports import Json

EACH = 2  # findings of each name on the page; --json has all


def command(args: argparse.Namespace) -> int:
    with open_stores() as stores:
        symbols, moment = watchlist_of(stores, args)
        source, at = moment.source, moment.at
        mandate = load_mandate(stores.settings.mandate, os.environ)
        chains = {symbol: source.chain(symbol, at) for symbol in symbols}
        report = arbitrage_report(source.name, at, source.rate(at), chains, mandate)
    if args.json:
        output.emit(report)
    else:
        tell(report)
    return 0


def tell(report: Json) -> None:
    real = "SYNTHETIC market, nothing here is real" if report["synthetic"] else f"data of {report['source']}"
    rows = sum(one["rows_hunted"] for one in report["underlyings"])
    looked = f"{output.plural(rows, 'quoted option')} of {output.plural(len(report['underlyings']), 'underlying')}"
    output.say(f"{output.clock(report['as_of'])} · {real} · {looked} · {_costs(report['costs'])}")
    output.say(f"{output.plural(report['count'], 'arbitrage')} at the quotes, after fees.")
    for one in report["underlyings"]:
        _tell_one(one)


def _tell_one(one: Json) -> None:
    found, best = one["findings"], _best_of_each(one["findings"])
    if found:
        more = f", the best {EACH} of each kind of {len(found)}" if len(found) > len(best) else ""
        output.table(
            f"{one['ticker']} at {one['spot']} · {output.clock(one['quote_time'])}{more}",
            ("what", "legs", "dollars", "before fees"),
            [(row["name"].replace("_", " "), _legs(row), output.money(row["dollars"]),
              output.money(row["dollars_before_fees"])) for row in best],
            numbers=(2, 3),
        )  # fmt: skip
        for risk in dict.fromkeys(risk for row in best for risk in row["risks"]):
            output.say(f"! {risk}")
    if found:
        quotes = ", ".join(f"{row['occ_symbol']} at {row['bid']:.2f} / {row['ask']:.2f}" for row in one["suspects"])
        output.say(f"Right or wrong, it all hangs on {quotes}.")
    left = "; ".join(one["left_out"])
    said = one["problem"] or (f"left out: {left}" if left else "")
    if said:
        output.say(f"– {one['ticker']}: {said}")


def _best_of_each(findings: list[Json]) -> list[Json]:
    """One wrong quote breaks many bounds at once: the largest edges of each name, in their order."""
    return [row for place, row in enumerate(findings) if _seen_before(findings[:place], row["name"]) < EACH]


def _seen_before(findings: list[Json], name: str) -> int:
    return sum(row["name"] == name for row in findings)


def _legs(row: Json) -> str:
    legs = [f"{leg['contracts']:+d} {leg['occ_symbol']} at {leg['price']:.2f}" for leg in row["legs"]]
    return "\n".join([*legs, *([f"{row['shares']:+d} shares"] if row["shares"] else [])])


def _costs(costs: Json) -> str:
    if costs["lend"] is None:
        return f"fee {costs['fee']:.2f} a contract, no rate known"
    lend, borrow = 100 * costs["lend"], 100 * costs["borrow"]
    return f"fee {costs['fee']:.2f} a contract, lending at {lend:.2f} %, borrowing at {borrow:.2f} %"
