"""``fund flow SYMBOL``: what trading and open contracts of one underlying say at a moment."""

import argparse
import os

from agents.flow_report import flow_report
from apps import output
from apps.looking import look
from apps.moment import moment_of
from apps.stores import open_stores
from config.mandate_file import load_mandate
from quant.exposure import DealerSigns


def command(args: argparse.Namespace) -> int:
    with open_stores() as stores:
        rules = load_mandate(stores.settings.mandate, os.environ).flow
        looked = look(moment_of(stores, args.symbol, args), args.symbol)
    report = flow_report(looked, DealerSigns(rules.dealer_calls, rules.dealer_puts))
    if args.json:
        output.emit(report)
    else:
        from apps.flow_page import tell

        tell(report)
    return 0
