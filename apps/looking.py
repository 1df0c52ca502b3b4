"""One symbol of a market at one moment, as the reports about it are written from."""

from agents.looked import Looked
from apps.moment import Moment
from domain.chain import Chain
from domain.errors import Unavailable
from quant.coin import in_dollars
from quant.surface import fit_surface


def chain_of(moment: Moment, symbol: str) -> Chain:
    """:raises Unavailable: the source has no chain of the symbol at that moment."""
    chain = moment.source.chain(symbol, moment.at)
    if chain is None or not len(chain):
        raise Unavailable(
            f"the {moment.source.name} source has no option chain of {symbol} at {moment.at.isoformat()}",
            "name a later --as-of; fund data list shows what is stored",
        )
    return chain


def look(moment: Moment, symbol: str) -> Looked:
    """:raises Unavailable: the source has no chain of the symbol at that moment."""
    source, at = moment.source, moment.at
    chain, rate = chain_of(moment, symbol), source.rate(at)
    surface = fit_surface(chain, rate)
    return Looked(in_dollars(chain), surface, source.context(symbol, at), source.volatility_indices(at), rate)
