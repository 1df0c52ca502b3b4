"""OptionsDX: calls and puts on one line, brackets around the names, the ticker in the file's name (spy_eod_202301)."""

from market.layouts.chains import ChainLayout
from market.layouts.when import timed

OPTIONSDX = ChainLayout(
    name="optionsdx",
    columns={"moment": "QUOTE_READTIME", "spot": "UNDERLYING_LAST", "expiry": "EXPIRE_DATE", "strike": "STRIKE"},
    calls={"bid": "C_BID", "ask": "C_ASK", "last": "C_LAST", "volume": "C_VOLUME", "iv": "C_IV"},
    puts={"bid": "P_BID", "ask": "P_ASK", "last": "P_LAST", "volume": "P_VOLUME", "iv": "P_IV"},
    quote_time=timed,
)
