"""Cboe's delayed quotes as its own pages fetch them: all options of one symbol in a JSON document."""

import json
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from domain.session import NEW_YORK
from market.layouts.chains import ChainLayout
from market.layouts.raw import BadFile, RawFile, Table
from market.layouts.when import stamped

FIELDS = {
    "symbol": "option", "bid": "bid", "ask": "ask", "last": "last_trade_price", "volume": "volume",
    "open_interest": "open_interest", "iv": "iv",
}  # fmt: skip


def recognise(raw: RawFile) -> bool:
    return raw.body[:1] == b"{" and b'"timestamp"' in raw.body[-200:] + raw.body[:4096] and b'"options"' in raw.body


def read(raw: RawFile) -> Table:
    """One row an option, with the document's spot and stamp.

    :raises BadFile: not JSON, or not of this shape.
    """
    try:
        document = json.loads(raw.body)
        data = document["data"]
        options = [{ours: option.get(theirs) for ours, theirs in FIELDS.items()} for option in data["options"]]
        ticker = str(data.get("symbol") or document["symbol"]).lstrip("^_").upper()
        moment = _moment(document["timestamp"], data["options"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadFile(f"{raw.name}: not a Cboe document of options: {error!r}", "fetch it again") from None
    frame = pd.DataFrame(options, columns=list(FIELDS)).astype({"symbol": object})
    return Table(frame.assign(ticker=ticker, spot=data.get("current_price"), moment=moment))


def _moment(stamp: str, options: list[dict[str, Any]]) -> str:
    """The stamp, which is UTC; should trades in the document be later than it, it must be New York's after all."""
    told = datetime.fromisoformat(stamp)
    traded = max((str(option.get("last_trade_time") or "") for option in options), default="")
    utc = told if told.tzinfo else told.replace(tzinfo=UTC)
    if traded and datetime.fromisoformat(traded).replace(tzinfo=NEW_YORK) > utc:
        return told.replace(tzinfo=NEW_YORK).isoformat()
    return utc.isoformat()


CBOE_JSON = ChainLayout("cboe_json", {}, stamped, read=read, recognise=recognise)
