"""Fitted curves over the quotes of all expiries at once."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from quant.normal import Floats
from quant.smile import Smile
from quant.svi_fit import fit_slices, leverages, padded, raw, scaled
from quant.svi_repair import repair

FEWEST_QUOTES = 6  # for five parameters; under that the quotes are joined
WELL_KNOWN = 3.0  # standard deviations within which quotes count in full
FADING = 3.0  # how fast their weight falls beyond, as a power of e a deviation
MOST_PULL = 0.9  # a quote that pulls harder is its own only witness
FLOOR = 0.003  # vol; no quote is better known than this


def fit_smiles(smiles: tuple[Smile, ...]) -> tuple[Smile, ...]:
    """The smiles (by expiry), each with an SVI slice where six quotes or more lie within three deviations."""
    chosen = [i for i, smile in enumerate(smiles) if np.sum(np.abs(_away(smile)) <= WELL_KNOWN) >= FEWEST_QUOTES]
    if not chosen:
        return smiles
    units = np.array([smiles[i].deviation for i in chosen])
    quotes = padded([_row(smiles[i]) for i in chosen], units)
    slices = raw(repair(fit_slices(quotes), quotes), units)
    fitted = dict(zip(chosen, slices, strict=True))
    return tuple(replace(smile, svi=fitted.get(i)) for i, smile in enumerate(smiles))


def _away(smile: Smile) -> Floats:
    return np.asarray(np.log(smile.strikes / smile.forward) / smile.deviation)


def _row(smile: Smile) -> tuple[Floats, Floats, Floats]:
    """Log-moneyness, total variance, and the weight of each: one over the error of its variance."""
    k = np.log(smile.strikes / smile.forward)
    error = np.full(len(k), FLOOR)
    if smile.bid_vols is not None and smile.ask_vols is not None:
        error += np.nan_to_num(np.abs(smile.ask_vols - smile.bid_vols) / 2, nan=1.0)
    faded = np.exp(-FADING * np.maximum(np.abs(_away(smile)) - WELL_KNOWN, 0.0))
    return k, smile.vols**2 * smile.years, faded / (2 * smile.vols * smile.years * error)


@lru_cache(maxsize=256)
def left_out(smile: Smile) -> Floats:
    """Vol at each of a fitted smile's strikes by a fit without that very quote; NaN where the rest says nothing of it.

    By the quote's own pull h on the fit (its leverage): what is off without it is what is off with it over 1 - h, exact
    for linear least squares and close here.
    """
    assert smile.svi is not None
    unit = np.array([smile.deviation])
    quotes = padded([_row(smile)], unit)
    pull = leverages(scaled((smile.svi,), unit), quotes.x, quotes.scaled_weight)[0]
    k, w, _ = _row(smile)
    off = w - smile.svi.variance(k)
    with np.errstate(all="ignore"):
        alone = w - off / (1 - np.where(pull < MOST_PULL, pull, np.nan))
        return np.asarray(np.sqrt(np.where(alone > 0, alone, np.nan) / smile.years))
