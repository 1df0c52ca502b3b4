"""Price increments of US listed options. Live venues tell their own; these serve where none does.

Penny Interval Program (Cboe Rule 5.4): 0.01 below 3.00 and 0.05 from there; SPY, QQQ, IWM 0.01 throughout; all
other classes 0.05 below 3.00 and 0.10 from there. Net prices of spreads go in 0.01 for penny classes, else 0.05.
"""

import math

from domain.chain import TickClass

STOCK_HALF_SPREAD = 0.01  # assumed where no quote of the underlying is known
PENNY_ALL = frozenset({"SPY", "QQQ", "IWM"})
PENNY = frozenset({"AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "META", "GOOGL", "GOOG", "AMD", "DIA", "GLD", "TLT", "XSP"})


def tick_class(ticker: str) -> TickClass:
    if ticker in PENNY_ALL:
        return "penny_all"
    return "penny" if ticker in PENNY else "standard"


def tick_size(kind: TickClass, price: float, legs: int) -> float:
    """The increment of a price: of a single option, or of a net price of several legs."""
    if kind == "penny_all" or (kind == "penny" and legs > 1):
        return 0.01
    if legs > 1:
        return 0.05
    return (0.01 if abs(price) < 3 else 0.05) if kind == "penny" else (0.05 if abs(price) < 3 else 0.10)


def round_to_tick(price: float, tick: float, towards: str = "nearest") -> float:
    """The price on the tick; ``towards`` "down" or "up" never crosses the given price.

    >>> round_to_tick(1.2349, 0.05), round_to_tick(-1.21, 0.05, "down")
    (1.25, -1.25)
    """
    steps = price / tick
    whole = {
        "nearest": lambda: math.floor(steps + 0.5),
        "down": lambda: math.floor(steps + 1e-9),
        "up": lambda: math.ceil(steps - 1e-9),
    }[towards]()
    return round(whole * tick, 10)


def on_tick(price: float, tick: float) -> bool:
    return abs(price / tick - round(price / tick)) < 1e-6
