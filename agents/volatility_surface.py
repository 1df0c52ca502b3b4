"""How well the surface fits its quotes, and which quotes lie off it, as ``fund vol`` prints them."""

from dataclasses import asdict

from agents.analyst import finite
from domain.chain import Chain
from domain.mandate import OrderRules
from domain.ports import Json
from domain.tick import tick_size
from quant.coin import in_dollars
from quant.mispriced import mispriced
from quant.quality import Quality, SliceQuality, quality
from quant.surface import Surface

JOINED = "no expiry has the six quotes that a fit needs: the smiles are drawn through the quotes"


def surface_section(chain: Chain, surface: Surface, reasons: dict[str, str]) -> Json | None:
    """Errors in vol points, shares from 0 to 1; None where nothing could be fitted."""
    found = quality(surface.slices, tick_size(chain.tick_class, 0.0, 1))
    if found is None:
        reasons["surface"] = JOINED
        return None
    return {**_shares(found), "slices": [_slice(one) for one in found.slices], "joined": list(found.joined)}


def _shares(found: Quality) -> Json:
    return {
        "rmse_vol_points": finite(found.rmse_vol_points), "inside_bid_ask": finite(found.inside_bid_ask),
        "within_5_ticks": finite(found.within_ticks), "held_out_inside_bid_ask": finite(found.held_out_inside),
        "butterfly_free": found.butterfly_free, "calendar_free": found.calendar_free, "quotes": found.quotes,
    }  # fmt: skip


def _slice(one: SliceQuality) -> Json:
    return {
        "expiry": one.expiry, "days": finite(365 * one.years, 2), "quotes": one.quotes,
        "rmse_vol_points": finite(one.rmse_vol_points), "inside_bid_ask": finite(one.inside_bid_ask),
        "held_out_inside_bid_ask": finite(one.held_out_inside),
        "butterfly_free": one.butterfly_free, "calendar_free": one.calendar_free,
    }  # fmt: skip


def mispriced_rows(chain: Chain, surface: Surface, reasons: dict[str, str]) -> list[Json]:
    """After the spread and the mandate's default fee, largest edge first; an empty list says that none is left."""
    if all(smile.svi is None for smile in surface.slices):
        reasons["mispriced"] = JOINED
        return []
    rows = mispriced(in_dollars(chain), surface, OrderRules().fee_per_contract)
    return [{**asdict(row), "edge": finite(row.edge), "fair": finite(row.fair, 4)} for row in rows]
