"""How well the surface fits its quotes, and which quotes lie off it, as ``fund vol`` prints them."""

from domain.chain import Chain
from domain.ports import Json
from quant.surface import Surface

DRAWN = "the smiles are drawn through the quotes, not fitted to them: there is no fit to judge"


def surface_section(chain: Chain, surface: Surface, reasons: dict[str, str]) -> Json | None:
    reasons["surface"] = DRAWN
    return None


def mispriced_rows(chain: Chain, surface: Surface, reasons: dict[str, str]) -> list[Json]:
    reasons["mispriced"] = DRAWN
    return []
