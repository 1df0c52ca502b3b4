"""Names for what a book may hold besides the tradable structures: single legs, leftovers, the sold sides of long ones.

None of these rows is ever proposed. The tagger names positions by them, and a label is checked against them.
"""

from domain.errors import BadInput
from domain.signal import Direction
from strategies.catalogue import STRUCTURES
from strategies.template import LegTemplate, Structure, VolatilityView, call, put, stock


def _held(
    name: str, title: str, direction: Direction, volatility: VolatilityView, when: str, *legs: LegTemplate
) -> Structure:
    return Structure(name, title, direction, volatility, legs, when, tradable=False)


SINGLE = (
    _held("long_call", "long call", "bullish", "buys", "all that can be lost is its price", call(1, "atm")),
    _held("long_put", "long put", "bearish", "buys", "all that can be lost is its price", put(1, "atm")),
    _held("short_call", "naked short call", "bearish", "sells", "nothing covers it", call(-1, "otm")),
    _held("short_put", "naked short put", "bullish", "sells", "no long put and no cash covers it", put(-1, "otm")),
    _held("long_stock", "stock", "bullish", "either", "shares, in lots of one contract's", stock(1)),
    _held("short_stock", "short stock", "bearish", "either", "shares sold short", stock(-1)),
)
WITH_STOCK = (
    _held(
        "protective_put", "protective put", "bullish", "buys", "stock insured below the strike",
        stock(1), put(1, "otm"),
    ),
    _held(
        "conversion", "conversion", "neutral", "either", "stock against a synthetic short: earns or pays interest",
        stock(1), put(1, "atm"), call(-1, "same", 1),
    ),
    _held(
        "reversal", "reversal", "neutral", "either", "short stock against a synthetic long",
        stock(-1), put(-1, "atm"), call(1, "same", 1),
    ),
    _held(
        "covered_strangle", "covered strangle", "bullish", "sells", "covered call and short put: twice the stock below",
        stock(1), put(-1, "otm"), call(-1, "otm"),
    ),
    _held(
        "covered_straddle", "covered straddle", "bullish", "sells", "covered call and short put of one strike",
        stock(1), put(-1, "atm"), call(-1, "same", 1),
    ),
    _held("covered_put", "covered put", "bearish", "sells", "short stock and a put sold", stock(-1), put(-1, "otm")),
    _held(
        "protective_call", "protective call", "bearish", "buys", "short stock insured above the strike",
        stock(-1), call(1, "otm"),
    ),
    _held(
        "short_collar", "collar on short stock", "bearish", "either", "short stock between two strikes",
        stock(-1), put(-1, "otm"), call(1, "otm"),
    ),
    _held(
        "stock_repair", "stock repair", "bullish", "either", "stock and a call ratio spread: breaks even sooner",
        stock(1), call(1, "atm"), call(-2, "out", 1),
    ),
)  # fmt: skip
NAKED = (
    _held(
        "short_straddle", "short straddle", "neutral", "sells", "naked on both sides", put(-1, "atm"),
        call(-1, "same", 0),
    ),
    _held(
        "short_strangle", "short strangle", "neutral", "sells", "naked on both sides", put(-1, "otm"),
        call(-1, "otm"),
    ),
    _held(
        "call_ratio_spread", "call ratio spread", "neutral", "sells", "one more call sold than bought: naked above",
        call(1, "atm"), call(-2, "out", 0),
    ),
    _held(
        "put_ratio_spread", "put ratio spread", "neutral", "sells", "one more put sold than bought: needs cash below",
        put(1, "atm"), put(-2, "out", 0),
    ),
    _held(
        "call_ladder", "call ladder", "neutral", "sells", "a call spread and a further call sold",
        call(1, "atm"), call(-1, "out", 0), call(-1, "out", 1),
    ),
    _held(
        "put_ladder", "put ladder", "neutral", "sells", "a put spread and a further put sold",
        put(1, "atm"), put(-1, "out", 0), put(-1, "out", 1),
    ),
    _held(
        "reverse_jade_lizard", "reverse jade lizard", "bearish", "sells", "a call sold and a put spread sold",
        call(-1, "otm"), put(-1, "otm"), put(1, "out", 1),
    ),
    _held(
        "big_lizard", "big lizard", "bullish", "sells", "a short straddle with a call above",
        put(-1, "atm"), call(-1, "same", 0), call(1, "out", 1),
    ),
    _held(
        "naked_bullish_risk_reversal", "bullish risk reversal", "bullish", "either", "a put sold pays for a call",
        put(-1, "otm"), call(1, "otm"),
    ),
    _held(
        "naked_bearish_risk_reversal", "bearish risk reversal", "bearish", "either", "a call sold pays for a put",
        put(1, "otm"), call(-1, "otm"),
    ),
    _held(
        "bullish_seagull", "bullish seagull", "bullish", "either", "a put sold pays for a call spread",
        put(-1, "otm"), call(1, "otm"), call(-1, "out", 1),
    ),
    _held(
        "bearish_seagull", "bearish seagull", "bearish", "either", "a call sold pays for a put spread",
        call(-1, "otm"), put(1, "otm"), put(-1, "out", 1),
    ),
    _held(
        "synthetic_long", "synthetic long stock", "bullish", "either", "a call bought and a put sold at one strike",
        call(1, "atm"), put(-1, "same", 0),
    ),
    _held(
        "synthetic_short", "synthetic short stock", "bearish", "either", "a put bought and a call sold at one strike",
        put(1, "atm"), call(-1, "same", 0),
    ),
)  # fmt: skip
SOLD_OR_TURNED = (
    _held(
        "reverse_iron_condor", "reverse iron condor", "neutral", "buys", "a debit for a move beyond either wing",
        put(1, "otm"), put(-1, "out", 0), call(1, "otm"), call(-1, "out", 2),
    ),
    _held(
        "reverse_iron_butterfly", "reverse iron butterfly", "neutral", "buys", "a straddle bought, its wings sold",
        put(1, "atm"), call(1, "same", 0), put(-1, "out", 0), call(-1, "out", 1),
    ),
    _held(
        "short_call_butterfly", "short call butterfly", "neutral", "buys", "earns from a move away from the body",
        call(2, "atm"), call(-1, "in", 0), call(-1, "mirror", 0, 1),
    ),
    _held(
        "short_put_butterfly", "short put butterfly", "neutral", "buys", "earns from a move away from the body",
        put(2, "atm"), put(-1, "in", 0), put(-1, "mirror", 0, 1),
    ),
    _held(
        "call_condor", "call condor", "neutral", "sells", "a condor of calls alone",
        call(-1, "atm"), call(-1, "out", 0), call(1, "in", 0), call(1, "out", 1),
    ),
    _held(
        "put_condor", "put condor", "neutral", "sells", "a condor of puts alone",
        put(-1, "atm"), put(-1, "out", 0), put(1, "in", 0), put(1, "out", 1),
    ),
    _held(
        "bullish_broken_wing_call_butterfly", "bullish broken-wing call butterfly", "bullish", "sells",
        "a call butterfly whose inner wing is the wider",
        call(-2, "otm"), call(1, "out", 0), call(1, "wider", 0, 1),
    ),
    _held(
        "bearish_broken_wing_put_butterfly", "bearish broken-wing put butterfly", "bearish", "sells",
        "a put butterfly whose inner wing is the wider",
        put(-2, "otm"), put(1, "out", 0), put(1, "wider", 0, 1),
    ),
    _held(
        "short_box", "short box", "neutral", "either", "borrows money at the chain's own rate",
        call(-1, "atm"), call(1, "out", 0), put(1, "same", 0), put(-1, "same", 1),
    ),
    _held(
        "long_guts", "long guts", "neutral", "buys", "a strangle of options in the money",
        call(1, "atm"), put(1, "in", 0),
    ),
    _held(
        "short_guts", "short guts", "neutral", "sells", "a strangle of options in the money, sold",
        call(-1, "atm"), put(-1, "in", 0),
    ),
)  # fmt: skip
OTHER_EXPIRIES = (
    _held(
        "bear_call_diagonal", "bear call diagonal", "bearish", "either", "a bear call spread with a longer long call",
        call(-1, "otm"), call(1, "out", 0, slot="far"),
    ),
    _held(
        "bull_put_diagonal", "bull put diagonal", "bullish", "either", "a bull put spread with a longer long put",
        put(-1, "otm"), put(1, "out", 0, slot="far"),
    ),
    _held(
        "double_calendar", "double calendar", "neutral", "buys", "a put calendar below a call calendar",
        put(-1, "otm"), put(1, "same", 0, slot="far"), call(-1, "otm"), call(1, "same", 2, slot="far"),
    ),
    _held(
        "straddle_calendar", "straddle calendar", "neutral", "buys", "a near straddle sold against a far one",
        put(-1, "atm"), call(-1, "same", 0), put(1, "same", 0, slot="far"), call(1, "same", 1, slot="far"),
    ),
    _held(
        "short_call_calendar", "short call calendar", "neutral", "sells", "naked once the near call is gone",
        call(1, "atm"), call(-1, "same", 0, slot="far"),
    ),
    _held(
        "short_put_calendar", "short put calendar", "neutral", "sells", "uncovered once the near put is gone",
        put(1, "atm"), put(-1, "same", 0, slot="far"),
    ),
    _held(
        "diagonal_collar", "collar of two expiries", "bullish", "either", "stock, a longer put and a nearer call",
        stock(1), call(-1, "otm"), put(1, "otm", slot="far"),
    ),
)  # fmt: skip

HELD: tuple[Structure, ...] = (*SINGLE, *WITH_STOCK, *NAKED, *SOLD_OR_TURNED, *OTHER_EXPIRIES)
KNOWN: tuple[Structure, ...] = (*STRUCTURES, *HELD)


def any_structure(name: str) -> Structure:
    """The row of that name, tradable or not.

    :raises BadInput: there is none.
    """
    for row in KNOWN:
        if row.name == name:
            return row
    raise BadInput(f"{name} is not in the catalogue", "see docs/structures.md for every name")
