"""Every reason a row of a chain is not used, in the order they are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from domain.chain import Floats
from market.layouts.columns import Days, Mask, Tally, Texts, days, drop_duplicates, each, numbers, texts
from market.layouts.when import Moment, QuoteTime, Unusable

OCC = r"[A-Z][A-Z0-9.]{0,6}\s*\d{6}[CP]\d{8}"
# Trading classes whose underlying has another name.
UNDERLYING = {"SPXW": "SPX", "NDXP": "NDX", "RUTW": "RUT", "XSPW": "XSP", "VIXW": "VIX", "MRUT": "MRUT"}
RIGHTS = {"c": True, "call": True, "p": False, "put": False}
NUMBERS = ("bid", "ask", "last", "volume", "open_interest", "iv")


class Rules(Protocol):
    """What a layout must say for its rows to be judged."""

    @property
    def currency(self) -> str: ...
    @property
    def blank_volume_is_zero(self) -> bool: ...
    @property
    def quote_time(self) -> QuoteTime: ...


@dataclass(frozen=True)
class Contracts:
    """One entry a contract; ``moment`` indexes ``moments``, -1 where the row tells none."""

    ticker: Texts
    root: Texts
    expiry: Days
    strike: Floats
    call: Mask
    bid: Floats
    ask: Floats
    last: Floats
    volume: Floats
    open_interest: Floats
    iv: Floats
    spot: Floats
    forward: Floats
    snapshot: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    moments: tuple[tuple[str, Moment | None], ...]

    def snapshots(self, tally: Tally) -> Iterator[tuple[Mask, str, Moment]]:
        """The kept rows of each ticker and moment."""
        for i, (ticker, moment) in enumerate(self.moments):
            rows = tally.kept & (self.snapshot == i)
            if moment is not None and rows.any():
                yield rows, ticker, moment


def read_contracts(frame: pd.DataFrame, tally: Tally, rules: Rules) -> Contracts:
    """The rows as arrays; ``tally`` learns why rows are of no use."""
    _refuse_currency(frame, tally, rules.currency)
    values = {name: numbers(frame, name) for name in (*NUMBERS, "strike", "spot", "spot_bid", "spot_ask", "forward")}
    root, expiry, strike, call = _identity(frame, tally, values["strike"][0])
    ticker = _tickers(frame, tally, root)
    _refuse_adjusted(frame, tally, root, ticker)
    bid, ask = _quotes(tally, frame, {name: values[name] for name in NUMBERS})
    snapshot, moments = _moments(frame, tally, ticker, rules.quote_time)
    sessions = np.array([np.datetime64(m.session if m else "NaT", "D") for _, m in moments])
    tally.drop(expiry < sessions[snapshot], "expired before the quote")
    key = pd.DataFrame({"snapshot": snapshot, "root": root, "expiry": expiry, "strike": strike, "call": call})
    drop_duplicates(tally, key, pd.DataFrame({"bid": bid, "ask": ask}), "contract")
    volume, iv = values["volume"][0], values["iv"][0]
    told = values["spot"][0]
    return Contracts(
        ticker, root, expiry, strike, call, bid, ask,
        last=values["last"][0],
        volume=np.where(np.isnan(volume), 0.0, volume) if rules.blank_volume_is_zero else volume,
        open_interest=values["open_interest"][0],
        iv=np.where(iv > 0, iv, np.nan),
        spot=np.where(np.isnan(told), (values["spot_bid"][0] + values["spot_ask"][0]) / 2, told),
        forward=np.where(values["forward"][0] > 0, values["forward"][0], np.nan),
        snapshot=snapshot,
        moments=moments,
    )  # fmt: skip


def _refuse_currency(frame: pd.DataFrame, tally: Tally, currency: str) -> None:
    if "currency" in frame:
        tally.drop(texts(frame, "currency") != currency, "wrong currency")


def _identity(frame: pd.DataFrame, tally: Tally, strike: Floats) -> tuple[Texts, Days, Floats, Mask]:
    """Root, expiry, strike and side, from the symbol, the columns or both, which must then agree."""
    told_root, told_expiry = texts(frame, "root"), days(texts(frame, "expiry"))
    side = each(pd.Series(texts(frame, "right")), lambda text: RIGHTS.get(text.lower(), -1)).astype(np.int8)
    if "symbol" not in frame:
        root = np.where(told_root == "", texts(frame, "ticker"), told_root)
    else:
        symbol = frame["symbol"].fillna("").str.strip().str.upper()
        tally.drop(~np.asarray(symbol.str.fullmatch(OCC), dtype=bool), "unreadable symbol")
        tail = symbol.str[-15:]
        root = np.asarray(symbol.str[:-15].str.strip(), dtype=object)
        expiry = days(np.asarray(tail.str[:6], dtype=object))
        own_side = np.asarray(tail.str[6:7] == "C").astype(np.int8)
        own_strike = np.asarray(pd.to_numeric(tail.str[7:], errors="coerce"), dtype=np.float64) / 1000
        if "expiry" in frame:
            tally.drop(np.isnat(told_expiry), "bad expiry")
        if "strike" in frame:
            tally.drop(~(strike > 0), "no strike")
        disagree = (told_expiry != expiry) & ~np.isnat(told_expiry)
        disagree |= (side >= 0) & (side != own_side)
        disagree |= np.abs(strike - own_strike) > 5e-4
        disagree |= (told_root != "") & (told_root != root)
        tally.drop(disagree, "symbol disagrees with its columns")
        told_expiry, strike, side = expiry, own_strike, own_side
    tally.drop(~(strike > 0), "no strike")
    tally.drop(np.isnat(told_expiry), "bad expiry")
    tally.drop(side < 0, "neither call nor put")
    return root, told_expiry, strike, side == 1


def _tickers(frame: pd.DataFrame, tally: Tally, root: Texts) -> Texts:
    """The underlying of each row: its own column, else what the root stands for."""
    told = each(pd.Series(texts(frame, "ticker")), lambda text: text.upper().lstrip("^$."))
    meant = each(pd.Series(root), underlying)
    ticker: Texts = np.where(told == "", meant, told)
    tally.drop(ticker == "", "no ticker")
    if "symbol" in frame:
        tally.drop(ticker != meant, "symbol disagrees with its columns")
    return ticker


def underlying(root: str) -> str:
    """What a trading class is written on; a digit at the end marks adjusted contracts of the same stock."""
    return UNDERLYING.get(root, root.rstrip("0123456789"))


def _refuse_adjusted(frame: pd.DataFrame, tally: Tally, root: Texts, ticker: Texts) -> None:
    """Contracts that deliver something else than 100 units of the underlying."""
    numbered = each(pd.Series(root), lambda text: text[-1:].isdigit()).astype(bool)
    size, delivery = texts(frame, "size"), texts(frame, "delivery")
    odd = each(pd.Series(size), lambda text: text.upper() not in ("", "REGULAR", "100")).astype(bool)
    odd |= each(pd.Series(delivery), lambda text: text not in ("", "0")).astype(bool)
    tally.drop((numbered & (root != ticker)) | odd, "adjusted contract")


def _quotes(tally: Tally, frame: pd.DataFrame, values: dict[str, tuple[Floats, Mask]]) -> tuple[Floats, Floats]:
    """Bids and asks, 0 where there is none on that side."""
    blank = np.logical_and.reduce([np.isnan(v) & ~bad for name, (v, bad) in values.items() if name in frame])
    tally.drop(blank, "nothing quoted")
    for name, (value, unreadable) in values.items():
        tally.drop(unreadable, "not a number")
        if name != "iv":
            tally.drop(value < 0, "negative price" if name in ("bid", "ask", "last") else "negative count")
    bid, ask = (np.where(np.isnan(values[name][0]), 0.0, values[name][0]) for name in ("bid", "ask"))
    tally.drop((bid > ask) & (ask > 0), "crossed quote")
    return bid, ask


def _moments(
    frame: pd.DataFrame, tally: Tally, ticker: Texts, rule: QuoteTime
) -> tuple["np.ndarray[tuple[int], np.dtype[np.int64]]", tuple[tuple[str, Moment | None], ...]]:
    """Which snapshot each row belongs to, and the ticker and moment of each snapshot."""
    codes, pairs = pd.factorize(pd.MultiIndex.from_arrays([ticker, texts(frame, "moment")]))
    moments: list[tuple[str, Moment | None]] = []
    reasons: list[str] = []
    for name, text in pairs:
        moment, reason = _moment(rule, text, name)
        moments.append((name, moment))
        reasons.append(reason)
    for reason in sorted({*reasons} - {""}):
        tally.drop(np.array([one == reason for one in reasons])[codes], reason)
    return np.asarray(codes, dtype=np.int64), tuple(moments)


def _moment(rule: QuoteTime, text: str, ticker: str) -> tuple[Moment | None, str]:
    """The moment, or the reason why there is none."""
    try:
        return rule(text, ticker), ""
    except Unusable as error:
        return None, str(error)
    except (ValueError, IndexError, OverflowError):
        return None, "bad quote time"
