"""``fund vol SYMBOL``: what the volatility of one underlying says at a moment."""

import argparse
from pathlib import Path

from agents.volatility_report import volatility_report
from apps import output
from apps.looking import look
from apps.moment import moment_of
from apps.stores import open_stores


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
