"""``fund vol SYMBOL``: what the volatility of one underlying says at a moment."""

import argparse
from pathlib import Path

from agents.volatility_report import Looked, volatility_report
from apps import output
from apps.moment import Moment, moment_of
from apps.stores import open_stores
from domain.errors import Unavailable
from quant.coin import in_dollars
from quant.surface import fit_surface


def command(args: argparse.Namespace) -> int:
    if args.plot:
        from apps.vol_plot import check_drawable, draw

        check_drawable(Path(args.plot))
    with open_stores() as stores:
        looked = look(moment_of(stores, args.symbol, args), args.symbol)
    report = volatility_report(looked)
    if args.plot:
        draw(looked, report, Path(args.plot))
    if args.json:
        output.emit(report)
    else:
        from apps.vol_page import tell

        tell(report)
    return 0


def look(moment: Moment, symbol: str) -> Looked:
    """:raises Unavailable: the source has no chain of the symbol at that moment."""
    source, at = moment.source, moment.at
    chain = source.chain(symbol, at)
    if chain is None or not len(chain):
        raise Unavailable(
            f"the {source.name} source has no option chain of {symbol} at {at.isoformat()}",
            "name a later --as-of; fund data list shows what is stored",
        )
    rate = source.rate(at)
    surface = fit_surface(chain, rate)
    return Looked(in_dollars(chain), surface, source.context(symbol, at), source.volatility_indices(at), rate)
