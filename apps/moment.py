"""Where and when a question about one symbol is asked: ``fund vol``, ``fund flow``, ``fund arb``."""

import argparse
from dataclasses import dataclass
from datetime import UTC, datetime

from apps.stores import DEFAULT_SEED, DEFAULT_UNDERLYINGS, Stores
from domain.clock import aware
from domain.errors import BadInput, UnknownId, UnknownSymbol
from domain.ports import MarketSource

FAR = datetime(9000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Moment:
    """The market that is asked, and the time of the answer: nothing later is looked at."""

    source: MarketSource
    at: datetime


def moment_of(stores: Stores, symbol: str, args: argparse.Namespace) -> Moment:
    """``--account``: its market and its time. Else ``--source``, or the first that knows the symbol: synthetic,
    recorded. ``--as-of`` sets the time; without it the synthetic market stands where its account's clock does, and
    recorded data at the symbol's latest chain. Nothing is written, and no clock moves.

    :raises UnknownSymbol: the source does not know the symbol. :raises UnknownId: there is no such account.
    """
    if args.account is not None:
        return _in_account(stores, symbol, args)
    kinds = [args.source] if args.source else ["synthetic", "recorded"]
    for kind in kinds:
        source = stores.source(_source_name(kind, args), _seed(args))
        if source.knows(symbol):
            return Moment(source, args.as_of or _now_in(stores, kind, symbol, args))
    known = "; ".join(f"{kind} has {_few(stores.source(_source_name(kind, args), _seed(args)))}" for kind in kinds)
    raise UnknownSymbol(f"no {' or '.join(kinds)} market here knows {symbol}", known)


def watchlist_of(stores: Stores, args: argparse.Namespace) -> tuple[tuple[str, ...], Moment]:
    """The symbols asked for (default: the universe of the account's or the named market, else the synthetic one), and
    one moment for all of them: the latest of theirs.

    :raises BadInput: they are of several markets, or the market is empty. :raises UnknownSymbol: no market knows one.
    """
    symbols = tuple(dict.fromkeys(args.symbols)) or _universe(stores, args)
    moments = [moment_of(stores, symbol, args) for symbol in symbols]
    if len({moment.source.name for moment in moments}) > 1:
        raise BadInput("the symbols are of several markets", "name the market with --source")
    return symbols, max(moments, key=lambda moment: moment.at)


def _universe(stores: Stores, args: argparse.Namespace) -> tuple[str, ...]:
    kind, seed = _source_name(args.source or "synthetic", args), _seed(args)
    if args.account is not None:
        from memory import accounts

        with stores.database.connection() as connection:
            account = accounts.account(connection, args.account)
        kind, seed = account.source, account.seed
    found = tuple(stores.source(kind, seed).universe())
    if not found:
        raise BadInput(f"the {kind} market has no symbols", "fund data import PATH... stores chains")
    return found


def _in_account(stores: Stores, symbol: str, args: argparse.Namespace) -> Moment:
    from memory import accounts

    with stores.database.connection() as connection:
        account = accounts.account(connection, args.account)
    if args.source is not None and args.source != account.source.partition(":")[0]:
        raise BadInput(
            f"account {account.account_id} is {account.source}, not {args.source}", "leave out --source or --account"
        )
    source = stores.source(account.source, account.seed)
    if not source.knows(symbol):
        raise UnknownSymbol(f"the {source.name} source does not know {symbol}", f"it has {_few(source)}")
    return Moment(source, args.as_of or account.clock)


def _seed(args: argparse.Namespace) -> int:
    return DEFAULT_SEED if args.seed is None else int(args.seed)


def _source_name(kind: str, args: argparse.Namespace) -> str:
    sized = kind == "synthetic" and args.underlyings not in (None, DEFAULT_UNDERLYINGS)
    return f"{kind}:{args.underlyings}" if sized else kind


def _now_in(stores: Stores, kind: str, symbol: str, args: argparse.Namespace) -> datetime:
    if kind == "recorded":
        return aware(stores.archive.chain_refs(symbol, FAR, 1)[0].quote_time)
    from market.synthetic_calendar import start_moment
    from memory import accounts

    size = _source_name(kind, args).partition(":")[2]
    name = f"synthetic-{_seed(args)}{'-' if size else ''}{size}"
    try:
        with stores.database.connection() as connection:
            return accounts.account(connection, name).clock
    except UnknownId:
        return start_moment(_seed(args))


def _few(source: MarketSource) -> str:
    return ", ".join(source.universe()[:12]) or "nothing (fund data import PATH... stores chains)"
