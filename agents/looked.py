"""What a report about one underlying is written from."""

from dataclasses import dataclass

from domain.chain import Chain
from domain.market import Context, Series
from quant.surface import Surface


@dataclass(frozen=True, eq=False)
class Looked:
    """``chain`` and the ``surface`` fitted to it; ``indices`` and ``rate`` as the market source gives them."""

    chain: Chain
    surface: Surface
    context: Context
    indices: tuple[Series, ...]
    rate: float | None
