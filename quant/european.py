"""The European side of an American chain: forwards, dividends, rate and early exercise, solved together.

Put-call parity holds for European options only. Read as European, American quotes bend the parity forward around an
ex-date (calls just before it are exercised, so they do not fall by the dividend) and lift every vol. So the premium is
taken off at the smile's vols, forwards and dividends are read again from what is left, and so on until nothing moves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from quant import black
from quant.carry import Carry
from quant.dividends import Dividend, dividends_between
from quant.early import Asked, Range, Table, tables_for
from quant.normal import Floats
from quant.parity import CLOSE, ENOUGH, NEAR, SHORT, Pairs, bend, first_forward, forward_without, implied_rate

MOST_ROUNDS = 6
BUILDS, LATE = 3, 0.75  # rounds in which tables are made, one fewer for expiries later than this (years)
HASTE, HASTY_ROUNDS = 0.7, 3  # how much further than it went a forward is taken, while dividends still grow
STILL = 1e-5  # of the spot, or a fifth of the quotes' own error: forwards that move less are still
SAME, SAME_A_YEAR = 1e-4, 5.0  # of the forward: dividends that change by less leave the value of exercise as it is
STEPS = 2  # dates of exercise of the coarsest run; the premium is then good to half a tick within a year
NARROW, SOON = 10 / 365, 0.6  # years: narrower gaps and later expiries need no better date than half-way
TRIED, TRIES = (0.15, 0.5, 0.85), 2  # shares of a gap at which a date is tried, and how often the amount is
LEAST_VOL, MOST_VOL = 0.02, 4.0
LOWEST, HIGHEST = 0.75, 1.5  # of the vol at the money: options further out are hardly exercised, further in for certain
USUAL_RATE = 0.04  # where the search begins if nobody knows one
Vols = Callable[[Floats], Floats]  # at strikes
Dividends = tuple[Dividend, ...]
Premiums = tuple[Floats, Floats]  # of calls and puts, one a pair


@dataclass(frozen=True, eq=False)
class Listing:
    """One expiry: its pairs, the smile's vols, a first forward, one standard deviation of the log spot."""

    pairs: Pairs
    vols: Vols
    forward: float
    deviation: float

    @property
    def years(self) -> float:
        return self.pairs.years


@dataclass(frozen=True, eq=False)
class European:
    """``carries`` one an expiry, whose spot is the one its own quotes imply, so that its forward is the market's.

    ``rate_error`` is the standard error of a rate that the chain itself told, None for one that was given.
    ``tables`` value exercise, one an expiry; ``placed`` are ex-dates found, by the number of the expiry after them.
    """

    carries: tuple[Carry, ...]
    rate: float
    rate_error: float | None
    tables: tuple[Table | None, ...]
    placed: dict[int, float]

    def forward(self, i: int, years: float) -> float:
        return float(self.carries[i].forward(years))

    def premium(self, i: int, call: NDArray[np.bool_], strike: Floats, vols: Floats) -> Floats:
        """What the right to exercise early is worth in options of expiry ``i``; 0 where nothing is known of it."""
        table = self.tables[i]
        return np.zeros(len(strike)) if table is None else _premium(table, call, strike, vols, self.carries[i])


def solve(
    listings: Sequence[Listing], spot: float, rate: float | None, american: bool, start: European | None = None
) -> European:
    """``rate`` None: the chain's own is used, as far as it can be read. ``listings`` ascend by expiry.

    ``start`` is an earlier solution of the same expiries, at other vols.
    """
    years = np.array([one.years for one in listings])
    near = [_near(one, rate is None) for one in listings]
    tables: list[Table | None] = [None] * len(near)
    r, error = (USUAL_RATE, None) if rate is None else (rate, None)
    if start is not None:
        r, error, tables = start.rate, start.rate_error, list(start.tables)
        forwards = np.array([start.forward(i, t) for i, t in enumerate(years)])
    else:
        forwards = np.array([first_forward(one.pairs, one.forward, one.deviation, r) for one in near])
    tolerances = np.array([max(STILL * spot, _error(one.pairs) / 5) for one in near])
    premiums: list[Premiums | None] = [None] * len(near)
    placed = dict(start.placed) if start is not None else dict[int, float]()
    carries, moves, rounds = list[Carry](), np.full(len(near), np.inf), 0
    while True:
        unbent = american and start is None and rounds == 0
        dividends = dividends_between(years, forwards, spot, r, placed) if american else Dividends()
        if rounds == 1 and start is None:
            placed = {one.expiry: _ex_date(one, near[one.expiry], forwards, dividends, r) for one in dividends}
            dividends = dividends_between(years, forwards, spot, r, placed)
        carries = [carry_to(t, f, r, dividends) for t, f in zip(years, forwards, strict=True)]
        if rounds == MOST_ROUNDS or np.all(moves <= tolerances):
            break
        due = [
            american and (table is None or (rounds < _builds(one.years, rate) and start is None))
            for table, one in zip(tables, near, strict=True)
        ]
        kept = _kept(tables, near, carries, due)
        for i, (one, carry, table) in enumerate(zip(near, carries, kept, strict=True)):
            if premiums[i] is None or table is not tables[i] or not moves[i] <= tolerances[i] / 2:
                premiums[i] = _of_pairs(table, one, carry)
        tables = kept
        if rate is None and not unbent:
            r, error = _rate(near, premiums, forwards)
        before, forwards = forwards, _forwards(near, premiums, forwards, r, unbent)
        moves, rounds = np.abs(forwards - before), rounds + 1
        if dividends and 1 < rounds <= HASTY_ROUNDS and start is None:
            forwards = forwards + HASTE * (forwards - before)
    return European(tuple(carries), r, error, tuple(tables), placed)


def _ex_date(dividend: Dividend, one: Listing, forwards: Floats, dividends: Dividends, rate: float) -> float:
    """The date in a wide gap at which the pairs of the next expiry agree best on one forward.

    An ex-date shortly before an expiry leaves calls worth more, and the more so the deeper they are in the money: the
    wrong date bends what the strikes say. Each date is tried with the amount that it implies.
    """
    if dividend.before - dividend.after <= NARROW or dividend.before > SOON:
        return dividend.at
    others = tuple(other for other in dividends if other.at < dividend.after)
    tried = []
    for share in TRIED:
        at = dividend.after + share * (dividend.before - dividend.after)
        amount, forward = dividend.amount, float(forwards[dividend.expiry])
        for _ in range(TRIES):
            carry = carry_to(one.years, forward, rate, (*others, dividend._replace(at=at, amount=amount)))
            table = _kept([None], [one], [carry], [True])[0]
            call, put = _of_pairs(table, one, carry)
            found = forward_without(one.pairs, call, put, rate, forward, one.deviation, False)
            amount += (forward - found) * float(np.exp(rate * (at - one.years)))
            forward = found
        tried.append((bend(one.pairs, call - put, rate, forward, one.deviation), at))
    return min(tried)[1]


def _forwards(
    near: Sequence[Listing], premiums: Sequence[Premiums | None], before: Floats, rate: float, unbent: bool
) -> Floats:
    return np.array(
        [
            forward_without(one.pairs, *premium, rate, float(guess), one.deviation, unbent)
            for one, premium, guess in zip(near, premiums, before, strict=True)
            if premium is not None
        ]
    )


def carry_to(years: float, forward: float, rate: float, dividends: Dividends) -> Carry:
    """The carry whose forward is the market's: what parity says of the spot counts, stale or not."""
    ahead = tuple((one.at, one.amount) for one in dividends if one.at <= years)
    paid = sum(amount * np.exp(-rate * at) for at, amount in ahead)
    return Carry(float(forward * np.exp(-rate * years) + paid), rate, 0.0, ahead)


def _builds(years: float, rate: float | None) -> int:
    """Rounds in which the tables of an expiry are made; what late ones tell of dividends is vague anyway."""
    return BUILDS + (rate is None) - (years > LATE)


def _near(one: Listing, for_rate: bool) -> Listing:
    """Only the pairs that can matter: around the money, and below it where the rate is sought."""
    if not one.forward > 0:
        return replace(one, pairs=Pairs.none(one.years))
    away = np.log(one.pairs.strike / one.forward)
    reach = NEAR * one.deviation
    if one.years > SHORT and np.sum(np.abs(away) <= CLOSE * one.deviation) >= 2 * ENOUGH:
        reach = 1.5 * CLOSE * one.deviation
    low = -0.7 if for_rate else -reach
    return replace(one, pairs=one.pairs.select((away > low) & (away < reach)))


def _rate(near: Sequence[Listing], premiums: Sequence[Premiums | None],
          forwards: Floats) -> tuple[float, float | None]:  # fmt: skip
    """The middle of what the expiries say, and its standard error; 0 where none does."""
    said = [
        found
        for one, premium, forward in zip(near, premiums, forwards, strict=True)
        if premium and (found := implied_rate(one.pairs, premium[0] - premium[1], float(forward))) is not None
    ]
    if not said:
        return 0.0, None
    rates = np.array([rate for rate, _ in said])
    spread = np.median(np.abs(rates - np.median(rates))) * 1.4826
    return float(np.median(rates)), float(max(spread, np.median([e for _, e in said])) / np.sqrt(len(said)))


def _kept(
    old: Sequence[Table | None], listings: Sequence[Listing], carries: Sequence[Carry], due: Sequence[bool]
) -> list[Table | None]:
    """The tables, those that are due made anew where another carry or none was theirs."""
    kept, asked = list(old), dict[int, Asked]()
    for i in np.flatnonzero(due).tolist():
        one, carry, table = listings[i], carries[i], old[i]
        forward = float(carry.forward(one.years))
        if not (len(one.pairs.strike) and np.isfinite(forward)):
            kept[i] = None
        elif table is None or not _same(table.carry, carry, one.years, forward):
            asked[i] = _asked(one, carry, forward)
    for i, made in zip(asked, tables_for(list(asked.values()), STEPS), strict=True):
        kept[i] = made
    return kept


def _asked(one: Listing, carry: Carry, forward: float) -> Asked:
    at_the_money = float(np.clip(one.vols(np.array([forward]))[0], LEAST_VOL, MOST_VOL))
    strikes = (float(one.pairs.strike.min()), float(one.pairs.strike.max()))
    return Asked(carry, one.years, Range((LOWEST * at_the_money, HIGHEST * at_the_money), strikes))


def _same(old: Carry, new: Carry, years: float, forward: float) -> bool:
    """What exercise is worth depends on the carry only through rate and dividends over the forward."""
    same = SAME * (1 + SAME_A_YEAR * years)
    amount, rate = same * forward, same / years
    if [at for at, _ in old.dividends] != [at for at, _ in new.dividends] or abs(old.rate - new.rate) > rate:
        return False
    return all(abs(a - b) <= amount for (_, a), (_, b) in zip(old.dividends, new.dividends, strict=True))


def _of_pairs(table: Table | None, one: Listing, carry: Carry) -> Premiums:
    strike = one.pairs.strike
    if table is None:
        return np.zeros(len(strike)), np.zeros(len(strike))
    calls = np.repeat([True, False], len(strike))
    both = _premium(table, calls, np.tile(strike, 2), np.tile(one.vols(strike), 2), carry)
    return both[: len(strike)], both[len(strike) :]


def _error(pairs: Pairs) -> float:
    return float(np.median(pairs.error)) if len(pairs.error) else 0.0


def _premium(table: Table, call: NDArray[np.bool_], strike: Floats, vols: Floats, carry: Carry) -> Floats:
    """At the nearest vol that the table was made for."""
    within = np.clip(vols, np.exp(table.log_vols.nodes.min()), np.exp(table.log_vols.nodes.max()))
    forward, discount = carry.forward(table.years), carry.discount(table.years)
    european = black.price(call, forward, strike, table.years, within, discount)
    return np.nan_to_num(table.on(carry).premium(call, strike, within, european))
