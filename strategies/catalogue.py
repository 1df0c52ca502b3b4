"""The structures the fund may trade, one row each. Selector, optimiser, matcher, tagger and documentation read them.

Contracts are signed, positive when long. What a row can lose, earn, needs as margin or does with the Greeks is derived
from it (``strategies/profile.py``), never typed in. ``strategies/held.py`` names what a book may hold besides.
"""

from domain.errors import BadInput
from strategies.template import LegTemplate, Structure, call, put, stock

__all__ = ["NAMES", "STRUCTURES", "LegTemplate", "Structure", "structure"]

VERTICALS = (
    Structure(
        "bull_put_spread", "bull put spread", "bullish", "sells",
        (put(-1, "otm"), put(1, "out", 0)),
        "moderately bullish and puts are rich: earns if the underlying holds above the short put",
    ),
    Structure(
        "bear_call_spread", "bear call spread", "bearish", "sells",
        (call(-1, "otm"), call(1, "out", 0)),
        "moderately bearish and calls are rich: earns if the underlying stays below the short call",
    ),
    Structure(
        "bull_call_spread", "bull call spread", "bullish", "buys",
        (call(1, "atm"), call(-1, "out", 0)),
        "bullish and options are cheap: a fixed debit for a rise up to the short call",
    ),
    Structure(
        "bear_put_spread", "bear put spread", "bearish", "buys",
        (put(1, "atm"), put(-1, "out", 0)),
        "bearish and options are cheap: a fixed debit for a fall down to the short put",
    ),
)  # fmt: skip
CONDORS_AND_BUTTERFLIES = (
    Structure(
        "iron_condor", "iron condor", "neutral", "sells",
        (put(-1, "otm"), put(1, "out", 0), call(-1, "otm"), call(1, "out", 2)),
        "no direction and options are rich: earns if the underlying stays between the short strikes",
    ),
    Structure(
        "iron_butterfly", "iron butterfly", "neutral", "sells",
        (put(-1, "atm"), call(-1, "same", 0), put(1, "out", 0), call(1, "out", 1)),
        "no direction and options are rich: a larger credit than a condor's for a narrower range around one strike",
    ),
    Structure(
        "call_butterfly", "call butterfly", "neutral", "sells",
        (call(-2, "atm"), call(1, "in", 0), call(1, "mirror", 0, 1)),
        "the underlying is expected to end near one strike: a small debit, the most at the body",
    ),
    Structure(
        "put_butterfly", "put butterfly", "neutral", "sells",
        (put(-2, "atm"), put(1, "in", 0), put(1, "mirror", 0, 1)),
        "the underlying is expected to end near one strike: a small debit, the most at the body",
    ),
    Structure(
        "broken_wing_put_butterfly", "broken-wing put butterfly", "bullish", "sells",
        (put(-2, "otm"), put(1, "in", 0), put(1, "wider", 0, 1)),
        "neutral to bullish and low puts are rich (steep skew): little or no risk above, the wider wing's below",
    ),
    Structure(
        "broken_wing_call_butterfly", "broken-wing call butterfly", "bearish", "sells",
        (call(-2, "otm"), call(1, "in", 0), call(1, "wider", 0, 1)),
        "neutral to bearish and high calls are rich: little or no risk below, the wider wing's above",
    ),
)  # fmt: skip
ACROSS_EXPIRIES = (
    Structure(
        "calendar", "call calendar", "neutral", "buys",
        (call(-1, "atm"), call(1, "same", 0, slot="far")),
        "no direction and options are cheap: the near option decays faster than the far one",
    ),
    Structure(
        "put_calendar", "put calendar", "neutral", "buys",
        (put(-1, "atm"), put(1, "same", 0, slot="far")),
        "as a call calendar, where puts trade tighter or carry makes them the cheaper pair",
    ),
    Structure(
        "call_diagonal", "call diagonal", "bullish", "buys",
        (call(-1, "otm"), call(1, "in", 0, slot="far")),
        "mildly bullish and far options are the cheaper: a longer call held while nearer ones are sold against it",
    ),
    Structure(
        "put_diagonal", "put diagonal", "bearish", "buys",
        (put(-1, "otm"), put(1, "in", 0, slot="far")),
        "mildly bearish and far options are the cheaper: a longer put held while nearer ones are sold against it",
    ),
    Structure(
        "double_diagonal", "double diagonal", "neutral", "buys",
        (put(-1, "otm"), put(1, "out", 0, slot="far"), call(-1, "otm"), call(1, "out", 2, slot="far")),
        "no direction, near options rich against far ones: decay of the near strangle, a far one as cover",
    ),
)  # fmt: skip
UNEQUAL = (
    Structure(
        "jade_lizard", "jade lizard", "bullish", "sells",
        (put(-1, "otm"), call(-1, "otm"), call(1, "out", 1)),
        "neutral to bullish and options are rich: no risk above if the credit reaches the call spread's width; the put "
        "needs full cash",
    ),
    Structure(
        "call_backspread", "call ratio backspread", "bullish", "buys",
        (call(-1, "atm"), call(2, "out", 0)),
        "a large rise is possible and options are cheap: a fall costs little, a small rise costs the most",
    ),
    Structure(
        "put_backspread", "put ratio backspread", "bearish", "buys",
        (put(-1, "atm"), put(2, "out", 0)),
        "a large fall is possible and options are cheap: a rise costs little, a small fall costs the most",
    ),
    Structure(
        "bullish_risk_reversal", "bullish risk reversal with wings", "bullish", "either",
        (put(-1, "otm"), put(1, "out", 0), call(1, "otm"), call(-1, "out", 2)),
        "bullish and puts are rich against calls: a put spread sold pays for a call spread",
    ),
    Structure(
        "bearish_risk_reversal", "bearish risk reversal with wings", "bearish", "either",
        (put(1, "otm"), put(-1, "out", 0), call(-1, "otm"), call(1, "out", 2)),
        "bearish and calls are rich against puts: a call spread sold pays for a put spread",
    ),
)  # fmt: skip
LONG_VOLATILITY = (
    Structure(
        "long_straddle", "long straddle", "neutral", "buys",
        (call(1, "atm"), put(1, "same", 0)),
        "no direction and options are cheap: earns from a move either way larger than the premium",
    ),
    Structure(
        "long_strangle", "long strangle", "neutral", "buys",
        (put(1, "otm"), call(1, "otm")),
        "no direction and options are cheap: a smaller premium than a straddle's for a larger move",
    ),
)  # fmt: skip
WITH_STOCK_OR_CASH = (
    Structure(
        "covered_call", "covered call", "bullish", "sells",
        (stock(1), call(-1, "otm")),
        "mildly bullish and calls are rich in a calm market: stock bought and a call sold as one order",
    ),
    Structure(
        "cash_secured_put", "cash-secured put", "bullish", "sells",
        (put(-1, "otm"),),
        "willing to own the stock lower and puts are rich in a calm market",
    ),
    Structure(
        "collar", "collar", "bullish", "either",
        (stock(1), put(1, "otm"), call(-1, "otm")),
        "bullish with an event ahead: stock bought, its fall insured by a put that a call pays for",
    ),
    Structure(
        "box", "box", "neutral", "either",
        (call(1, "atm"), call(-1, "out", 0), put(-1, "same", 0), put(1, "same", 1)),
        "lends money at the chain's own rate: worth its width at expiry wherever the underlying ends",
    ),
)  # fmt: skip

STRUCTURES: tuple[Structure, ...] = (
    *VERTICALS, *CONDORS_AND_BUTTERFLIES, *ACROSS_EXPIRIES, *UNEQUAL, *LONG_VOLATILITY, *WITH_STOCK_OR_CASH,
)  # fmt: skip
NAMES: tuple[str, ...] = tuple(row.name for row in STRUCTURES)


def structure(name: str) -> Structure:
    """The tradable row of that name.

    :raises BadInput: there is none.
    """
    for row in STRUCTURES:
        if row.name == name:
            return row
    raise BadInput(f"{name!r} is not a structure", f"use one of {', '.join(NAMES)}")
