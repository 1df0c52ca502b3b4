"""The command line's words. Nothing heavy is imported here, so that ``fund --help`` answers at once."""

import argparse
import math
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, NoReturn

Add = Callable[[argparse.ArgumentParser], object]
BAD_WORDS = 2
YEARS = range(1970, 2200)
MOST = 1_000_000
OBJECTIVES = ("ev_over_cvar", "ev_over_sd", "return_on_risk", "expected_value", "probability_of_profit")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in two lines, and takes what begins like a negative number (-1:SPY...) for a value."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._negative_number_matcher = re.compile(r"-(\d|\.\d|inf|nan)")

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_WORDS, f"fund: {message}\n      {self.prog} --help shows what can be said\n")


def moment(text: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-08-20T18:30:00-04:00") from None
    if when.tzinfo is None:
        raise argparse.ArgumentTypeError(
            f"{text} has no time zone; write it like {zoned(text)}-04:00 or {zoned(text)}Z"
        )
    if when.year not in YEARS:
        raise argparse.ArgumentTypeError(f"{text} is in no year from {YEARS[0]} to {YEARS[-1]}")
    return when


def zoned(text: str) -> str:
    """A time as it is written before its zone; a bare day gets an hour."""
    return text if "T" in text or " " in text else f"{text}T16:00"


def count(text: str) -> int:
    if not re.fullmatch(r"[0-9]+", text) or not 1 <= int(text) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1 to {MOST:,}")
    return int(text)


def whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0 to 999999999")
    return int(text)


def number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not abs(value) <= MOST:
        raise argparse.ArgumentTypeError(f"{text!r} is not a price")
    return value


def symbol(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.^/_-]{1,20}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a symbol")
    return text.upper()


def _run(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "symbols", nargs="*", type=symbol, metavar="SYMBOL", help="underlyings; default: the source's universe"
    )
    p.add_argument("--source", choices=("synthetic", "recorded"), help="where prices come from; default: synthetic")
    p.add_argument("--as-of", type=moment, metavar="TIME", help="the moment to run at, with its time zone")
    p.add_argument("--seed", type=whole, metavar="N", help="seed of the synthetic market; default 11")
    p.add_argument("--underlyings", type=count, metavar="N", help="size of the synthetic universe")
    p.add_argument("--account", metavar="ID", help="go on in this account")
    p.add_argument("--resume", nargs="?", const="", metavar="RUN", help="finish an interrupted run")
    p.add_argument("--abandon", metavar="RUN", help="give up an interrupted run")


def _approve(p: argparse.ArgumentParser) -> None:
    p.add_argument("order_id", metavar="ORDER")
    p.add_argument("--hash", help="approve only if the order still has this hash (as fund orders --json shows it)")
    p.add_argument("--no-wait", action="store_true", help="hand it over and do not wait for its end")
    p.add_argument("--by", help="who answers; default: the user's name")


def _reject(p: argparse.ArgumentParser) -> None:
    p.add_argument("order_id", metavar="ORDER")
    p.add_argument("--why", required=True, help="the reason, for the journal")
    p.add_argument("--by", help="who answers; default: the user's name")


def _edit(p: argparse.ArgumentParser) -> None:
    p.add_argument("order_id", metavar="ORDER")
    p.add_argument("--contracts", type=count, metavar="N")
    p.add_argument("--limit", type=number, metavar="P", help="net price a unit: positive credit, negative debit")
    p.add_argument("--by", help="who edits; default: the user's name")


def _orders(p: argparse.ArgumentParser) -> None:
    p.add_argument("--all", action="store_true", help="ended orders too")
    p.add_argument("--account", metavar="ID", help="default: the account used last")


def _positions(p: argparse.ArgumentParser) -> None:
    p.add_argument("--account", metavar="ID", help="default: the account used last")
    p.add_argument("--as-of", type=moment, metavar="TIME", help="let the account's time pass until then")


def _close(p: argparse.ArgumentParser) -> None:
    p.add_argument("position_id", metavar="POSITION")
    p.add_argument("--limit", type=number, metavar="P", help="net price a unit; default: executable at the quotes")


def _propose(p: argparse.ArgumentParser) -> None:
    p.add_argument("symbol", type=symbol, metavar="SYMBOL")
    p.add_argument("strategy", metavar="STRUCTURE", help="a name of the catalogue, such as bull_put_spread")
    p.add_argument("--contracts", type=count, default=1, metavar="N")
    p.add_argument(
        "--legs", nargs="+", metavar="N:OCC", help="exact legs of one structure, such as -1:SPY260918P00700000"
    )
    p.add_argument("--limit", type=number, metavar="P", help="net price a unit; default: executable at the quotes")
    p.add_argument(
        "--objective", choices=OBJECTIVES, help="what the legs maximise when none are named; default: the mandate's"
    )
    p.add_argument("--best", type=count, metavar="N", help="show the N best legs, up to 20; the first is staged")
    p.add_argument("--account", metavar="ID", help="default: the account used last")


def _halt(p: argparse.ArgumentParser) -> None:
    p.add_argument("--why", default="by hand", help="the reason, for the journal")
    p.add_argument("--by", help="who; default: the user's name")


def _resume(p: argparse.ArgumentParser) -> None:
    p.add_argument("--account", metavar="ID", help="lift the halt of this account; default: the fund's own")
    p.add_argument("--by", help="who; default: the user's name")


def _why(p: argparse.ArgumentParser) -> None:
    p.add_argument("id", metavar="ID", help="a run, an order or a position")


def _replay(p: argparse.ArgumentParser) -> None:
    p.add_argument("run_id", metavar="RUN")


def _data(p: argparse.ArgumentParser) -> None:
    verbs = p.add_subparsers(dest="verb", metavar="import | record | list", required=True)
    given = verbs.add_parser("import", help="store vendor files", parents=[_common()])
    given.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    live = verbs.add_parser(
        "record", help="store live chains (Cboe, delayed), once or on schedule", parents=[_common()]
    )
    live.add_argument("symbols", nargs="*", type=symbol, metavar="SYMBOL", help="default: those recorded before")
    often = live.add_mutually_exclusive_group()
    often.add_argument(
        "--every", type=count, default=5, metavar="MINUTES", help="in sessions, until stopped; default 5"
    )
    often.add_argument("--once", action="store_true", help="now, and end")
    verbs.add_parser("list", help="what is stored", parents=[_common()])


def _about_symbol(p: argparse.ArgumentParser) -> None:
    """The words of a question about one symbol at one moment (``apps/moment.py``)."""
    p.add_argument("symbol", type=symbol, metavar="SYMBOL")
    _about_moment(p)


def _about_moment(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "--source", choices=("synthetic", "recorded"), help="where prices come from; default: the one that knows SYMBOL"
    )
    p.add_argument("--as-of", type=moment, metavar="TIME", help="the moment, with its time zone; default: the latest")
    p.add_argument("--seed", type=whole, metavar="N", help="seed of the synthetic market; default 11")
    p.add_argument("--underlyings", type=count, metavar="N", help="size of the synthetic universe")
    p.add_argument("--account", metavar="ID", help="the market and the time of this account")


def _vol(p: argparse.ArgumentParser) -> None:
    _about_symbol(p)
    p.add_argument(
        "--plot", metavar="FILE", help="draw smiles, term structure and history into a png, svg, pdf or html"
    )


def _watchlist(p: argparse.ArgumentParser) -> None:
    p.add_argument(
        "symbols", nargs="*", type=symbol, metavar="SYMBOL", help="underlyings; default: the source's universe"
    )
    _about_moment(p)


def _nothing(p: argparse.ArgumentParser) -> None:
    pass


COMMANDS: dict[str, tuple[str, Add]] = {
    "run": ("run one decision cycle: market in, orders staged", _run),
    "status": ("accounts, regime, halts, runs, what waits", _nothing),
    "orders": ("orders that wait or work", _orders),
    "approve": ("approve a staged order; it is checked again and handed over", _approve),
    "reject": ("reject a staged order", _reject),
    "edit": ("change a staged order into a new one that needs its own approval", _edit),
    "positions": ("what is held, marked at the market", _positions),
    "close": ("stage an order that closes a position", _close),
    "propose": ("stage an order of your own; it passes the same rules", _propose),
    "halt": ("stop all new orders and cancel what is on its way", _halt),
    "resume": ("lift the halts", _resume),
    "why": ("the whole story of an order or a run", _why),
    "replay": ("decide a stored run again and compare", _replay),
    "scan": ("the watchlist ranked by alpha score, with its parts", _watchlist),
    "vol": ("what the volatility of a symbol says: implied, realised, skew, term, surface", _vol),
    "flow": (
        "what trading and open contracts of a symbol say: dealers' gamma, walls, pins, unusual volume",
        _about_symbol,
    ),
    "arb": ("arbitrage between the options of a symbol at executable prices, after fees", _watchlist),
    "data": ("import, record and list market data", _data),
    "doctor": ("what runs, what is configured, what is missing", _nothing),
}


def _common() -> Parser:
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    return common


def build() -> argparse.ArgumentParser:
    parser = Parser(
        prog="fund",
        usage="fund COMMAND ... [--json]",
        description="An options fund one person can run: agents form views, code decides, you approve.",
        epilog="commands:\n" + "\n".join(f"  {name:<12}{words}" for name, (words, _) in COMMANDS.items()),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", help=argparse.SUPPRESS)
    for name, (words, add) in COMMANDS.items():
        parents = [] if name == "data" else [_common()]
        add(commands.add_parser(name, prog=f"fund {name}", description=words, parents=parents))
    return parser
