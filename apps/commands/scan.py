"""``fund scan [SYMBOL ...]``: the watchlist ranked by alpha score, with its parts. Nothing is written."""

import argparse
import os
from typing import Any

from agents.aggregator import aggregate
from agents.alpha import contributions, score_watchlist, tradable_options
from agents.panel import Evidence, analysts, read_watchlist
from agents.ranker import rank
from apps import output
from apps.moment import Moment, watchlist_of
from apps.stores import open_stores
from config.mandate_file import load_mandate
from domain.mandate import Mandate
from domain.signal import ROLES, Alpha, Composite
from execution.view import look

SIDES = {1: "bullish", -1: "bearish", 0: "neutral"}


def command(args: argparse.Namespace) -> int:
    with open_stores() as stores:
        symbols, moment = watchlist_of(stores, args)
        found = scan(symbols, moment, load_mandate(stores.settings.mandate, os.environ))
    if args.json:
        output.emit(found)
    else:
        tell(found)
    return 0


def scan(symbols: tuple[str, ...], moment: Moment, mandate: Mandate) -> dict[str, Any]:
    """Every ticker's score and parts, best first, and why those that would not be debated are passed over."""
    source, at = moment.source, moment.at
    views = [look(source, symbol, at, source.rate(at)) for symbol in symbols]
    evidence = [Evidence(view.ticker, view.chain, view.surface, view.context, at) for view in views]
    readers = analysts(mandate.flow)
    readings = [read_watchlist(role, evidence, readers[role]) for role in ROLES]
    composites = aggregate(readings, symbols, mandate.cycle)
    signals = [signal for reading in readings for signal in reading.signals]
    tradable = {
        view.ticker: tradable_options(view.chain, mandate.selection, mandate.liquidity) for view in views if view.chain
    }
    alphas = score_watchlist(composites, signals, tradable, mandate.cycle.alpha)
    candidates, passed = rank(composites, alphas, mandate.cycle, {v.ticker: v.problem for v in views if v.problem})
    debated = {candidate.ticker for candidate in candidates}
    reasons = {veto.ticker: list(veto.reasons) for veto in passed}
    ranked = sorted(zip(composites, alphas, strict=True), key=lambda x: (-x[1].score, x[1].ticker))
    return {
        "source": source.name,
        "synthetic": source.name.startswith("synthetic"),
        "as_of": at.isoformat().replace("+00:00", "Z"),
        "watchlist": [
            {"rank": n, "debated": alpha.ticker in debated, "passed_over": reasons.get(alpha.ticker, [])}
            | _told(composite, alpha)
            for n, (composite, alpha) in enumerate(ranked, 1)
        ],
        "abstentions": [
            {"source": gap.source, "ticker": gap.ticker, "reason": gap.reason}
            for reading in readings
            for gap in reading.abstentions
        ],
    }


def _told(composite: Composite, alpha: Alpha) -> dict[str, Any]:
    adds = contributions(alpha)
    return {
        "ticker": alpha.ticker,
        "score": alpha.score,
        "direction": SIDES[(composite.score > 0) - (composite.score < 0)],
        "coverage": composite.coverage,
        "known": alpha.known,
        "doubt": alpha.doubt,
        "parts": [
            {
                "name": part.name, "value": part.value, "weight": part.weight, "adds": adds.get(part.name, 0.0),
                "says": part.says,
            }
            for part in alpha.parts
        ],
    }  # fmt: skip


def tell(found: dict[str, Any]) -> None:
    real = "SYNTHETIC market, nothing here is real" if found["synthetic"] else f"data of {found['source']}"
    output.say(f"{output.plural(len(found['watchlist']), 'underlying')} · {real} · {output.clock(found['as_of'])}")
    names = [part["name"] for part in found["watchlist"][0]["parts"]]
    rows = [
        (
            row["rank"], row["ticker"], f"{row['score']:.2f}", row["direction"],
            *("–" if part["value"] is None else f"{part['value']:.2f}" for part in row["parts"]),
            f"{row['doubt']:.2f}", "yes" if row["debated"] else "no",
        )
        for row in found["watchlist"]
    ]  # fmt: skip
    heads = ("#", "ticker", "alpha", "side", *names, "doubt", "debated")
    output.table("Watchlist by alpha score, its parts from 0 to 1", heads, rows, numbers=(0, 2, *range(4, 11)))
    for row in found["watchlist"]:
        _tell_one(row)


def _tell_one(row: dict[str, Any]) -> None:
    """The sentences behind the parts, the heaviest first, and why it is passed over."""
    heaviest = sorted(row["parts"], key=lambda part: -part["adds"])
    told = [f"{part['name']} adds {part['adds']:.2f}: {part['says'].rstrip('.')}" for part in heaviest if part["adds"]]
    told += [f"{part['name']} is not known: {part['says'].rstrip('.')}" for part in heaviest if part["value"] is None]
    told += [f"passed over: {reason}" for reason in row["passed_over"]]
    output.table(f"{row['ticker']} · {row['score']:.2f}", ("",), [(line,) for line in told])
