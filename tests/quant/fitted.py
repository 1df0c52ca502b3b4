"""Slices fitted to quotes of our own making and to recorded ones."""

import numpy as np

from domain.chain import Chain
from quant.surface import fit_surface
from quant.svi import Svi
from quant.svi_fit import Quotes, fit_slices, padded, raw
from quant.svi_repair import repair


def quoted(smiles: list[Svi], ks: list[np.ndarray] | None = None) -> Quotes:
    """Equally good quotes on each smile, within three deviations of the forward unless said otherwise."""
    units = [float(np.sqrt(smile.variance(0.0))) for smile in smiles]
    ks = ks or [unit * np.linspace(-3, 3, 31) for unit in units]
    rows = [(k, s.variance(k), np.full(len(k), 100.0 / u**2)) for s, k, u in zip(smiles, ks, units, strict=True)]
    return padded(rows, np.array(units))


def repaired(quotes: Quotes) -> tuple[Svi, ...]:
    return raw(repair(fit_slices(quotes), quotes), quotes.unit)


def recorded(chain: Chain) -> Quotes:
    """The quotes within three deviations of a chain's surface, equally good in vol, of expiries a week away or more."""
    smiles = [smile for smile in fit_surface(chain, 0.0385).slices if smile.svi is not None and smile.years > 7 / 365]
    rows = []
    for smile in smiles:
        k = np.log(smile.strikes / smile.forward)
        near = np.abs(k) <= 3 * smile.deviation
        vol = smile.vols[near]
        rows.append((k[near], vol**2 * smile.years, 1 / (vol * smile.years)))
    return padded(rows, np.array([smile.deviation for smile in smiles]))
