"""Legs are grouped into the structures that explain them best, every contract once, whatever order they come in."""

import random
import re
import time
from collections import Counter
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.leg import Leg, option_leg, stock_leg
from domain.payoff import naked_shorts, risk_kind
from strategies.held import KNOWN
from strategies.matching import mismatch
from strategies.parts import parts, uncovered
from strategies.profile import example, profile
from strategies.tagger import UNEXPLAINED, Tagged, tag
from tests.strategies.books import BOOKS

MONTHS = {"": "261016", "n": "261120", "d": "261218", "j": "280121"}
LEG = re.compile(r"([+-]\d+)(?:(sh)|([CP])([\d.]+)([ndj]?))")


def legs_of(text: str) -> list[Leg]:
    return [
        stock_leg("XYZ", int(n))
        if shares
        else option_leg(f"XYZ{MONTHS[month]}{right}{round(float(k) * 1000):08d}", int(n))
        for n, shares, right, k, month in (LEG.fullmatch(word).groups() for word in text.split())
    ]


def names(groups: tuple[Tagged, ...]) -> Counter[str]:
    return Counter(f"{group.contracts} {group.name}" for group in groups)


def told(text: str) -> Counter[str]:
    return Counter(word if word[0].isdigit() else f"1 {word}" for word in text.split(" + ") if word)


def net(legs) -> dict[str, int]:
    total: Counter[str] = Counter()
    for leg in legs:
        total[leg.symbol] += leg.contracts
    return {symbol: n for symbol, n in total.items() if n}


def test_there_are_enough_books_and_no_two_alike():
    assert len({text for _, text, _ in BOOKS}) == len(BOOKS) >= 60


@pytest.mark.parametrize(("about", "text", "expected"), BOOKS, ids=[book[0] for book in BOOKS])
def test_a_book_is_explained(about, text, expected):
    legs = legs_of(text)
    groups = tag(legs)
    assert names(groups) == told(expected)
    assert net(leg for group in groups for leg in group.legs) == net(legs)
    for seed in range(5):
        shuffled = random.Random(seed).sample(legs, len(legs))
        assert tag(shuffled) == groups
        split = [leg for one in shuffled for leg in ([one.times(3), one.times(-2)] if seed else [one])]
        assert tag(split) == groups


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_every_row_of_the_catalogue_is_recognised_alone_and_tenfold(row):
    legs, cash = example(row), 1e6 if row.name == "cash_secured_put" else None
    assert names(tag(legs, cash)) == Counter([f"1 {row.name}"])
    assert names(tag([leg.times(10) for leg in legs], cash)) == Counter([f"10 {row.name}"])


@pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
def test_cover_is_counted_as_the_hard_limit_counts_it(row):
    calls, puts = uncovered(row)
    # puts sold beside short stock lose without limit above: no cash is enough
    assert bool(naked_shorts(example(row), 1e12)) == bool(calls or (puts and profile(row).risk == "unlimited"))
    assert bool(naked_shorts(example(row), 0.0)) == bool(calls or puts)


def test_a_put_sold_alone_is_secured_as_far_as_the_cash_goes_the_cheapest_first():
    legs = legs_of("-1P95 -1P50n -1P60d")
    for unknown in (None, float("nan"), 0.0):
        assert [group.name for group in tag(legs, unknown)] == ["short_put"] * 3
    secured = {group.legs[0].strike: group.name for group in tag(legs, 11_000.0)}
    assert secured == {50.0: "cash_secured_put", 60.0: "cash_secured_put", 95.0: "short_put"}
    assert {group.name for group in tag(legs, 10_999.0)} == {"cash_secured_put", "short_put"}


def test_cash_for_two_puts_of_three_secures_two():
    groups = tag(legs_of("-3P50"), 14_999.0)
    assert [(group.name, group.contracts, net(group.legs)) for group in groups] == [
        ("cash_secured_put", 2, {"XYZ261016P00050000": -2}),
        ("short_put", 1, {"XYZ261016P00050000": -1}),
    ]
    assert [group.why for group in groups] == ["", "nothing bought or held covers 1 put sold"]
    assert names(tag(legs_of("-3P50"), float("inf"))) == told("3 cash_secured_put")


def test_what_nothing_covers_says_so_and_what_is_covered_says_nothing():
    (ratio,) = tag(legs_of("+1C100 -2C105"))
    assert ratio.risk == "unlimited" and "covers 1 call sold" in ratio.why
    strangle = tag(legs_of("-3C105 -3P95"))[0]
    assert "covers 3 calls sold and 3 puts sold" in strangle.why
    assert [group.why for group in tag(legs_of("-1P95 +1P90 -1C105 +1C110"))] == [""]


def test_an_odd_lot_is_left_unexplained_and_says_why():
    groups = tag([*legs_of("-1C105"), stock_leg("XYZ", 137)])
    assert [(group.name, group.contracts) for group in groups] == [("covered_call", 1), (UNEXPLAINED, 1)]
    assert "37 shares are less than the 100" in groups[1].why and groups[1].legs[0].contracts == 37
    short = tag([stock_leg("XYZ", -250)])
    assert [(group.name, net(group.legs)["XYZ"]) for group in short] == [("short_stock", -200), (UNEXPLAINED, -50)]


def test_underlyings_are_never_mixed_and_adjusted_contracts_stand_alone():
    legs = [option_leg("AAA261016C00105000", -1), option_leg("BBB261016C00110000", 1), stock_leg("CCC", 100)]
    assert names(tag(legs)) == told("short_call + long_call + long_stock")
    adjusted = [option_leg("XYZ1261016C00105000", -1), stock_leg("XYZ", 100)]
    assert names(tag(adjusted)) == told("short_call + long_stock")
    mini = [option_leg("XYZ261016C00105000", -1, multiplier=10), option_leg("XYZ261016C00110000", 1)]
    assert names(tag(mini)) == told("short_call + long_call")


def test_weeklies_and_monthlies_of_an_index_are_one_underlying_but_not_one_expiry():
    calendar = [option_leg("SPXW261009C06000000", -1), option_leg("SPX261016C06000000", 1)]
    assert names(tag(calendar)) == told("calendar") and mismatch("calendar", calendar) == ""
    same_day = [option_leg("SPXW261016P06000000", -1), option_leg("SPX261016P05900000", 1)]
    assert names(tag(same_day)) == told("short_put + long_put") and mismatch("bull_put_spread", same_day)


def test_contracts_held_twice_over_are_netted_first():
    assert names(tag(legs_of("-1P95 +1P90 +1P95 -1P90"))) == Counter()
    assert names(tag(legs_of("-2P95 +1P95 +1P90"))) == told("bull_put_spread")


pool = [f"{right}{strike}{month}" for right, strike, month in product("CP", (90, 95, 100, 105), ("", "n"))]
some_legs = st.dictionaries(st.sampled_from([*pool, "sh"]), st.integers(-3, 3).filter(bool), max_size=7)


def book(found: dict[str, int]) -> list[Leg]:
    return legs_of(" ".join(f"{n * 100:+d}sh" if name == "sh" else f"{n:+d}{name}" for name, n in found.items()))


@settings(max_examples=120, deadline=None)
@given(some_legs, st.randoms(use_true_random=False))
def test_groups_add_up_to_the_book_are_what_they_are_called_and_never_depend_on_its_order(found, rng):
    legs = book(found)
    groups = tag(legs)
    assert net(leg for group in groups for leg in group.legs) == net(legs)
    for group in groups:
        assert mismatch(group.name, [one.times(1) for one in _units(group)]) == ""
        assert group.risk == risk_kind(group.legs)
    assert len(groups) <= len(legs) or any(group.name in ("long_stock", "short_stock") for group in groups)
    rng.shuffle(legs)
    assert tag(legs) == groups


def _units(group: Tagged) -> list[Leg]:
    return [
        Leg(x.symbol, x.contracts // group.contracts, x.right, x.strike, x.expiry, x.multiplier) for x in group.legs
    ]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(pool), st.integers(-2, 2).filter(bool), min_size=1, max_size=5))
def test_no_other_grouping_is_better(found):
    """Against every grouping there is, one structure taken at a time."""
    from strategies.tagger import _entry, _Search

    entries = sorted((_entry(leg, 100) for leg in book(found)), key=lambda e: (e.slot, e.leg.right, e.strike))
    buckets = parts(entries)
    search = _Search(entries, buckets)
    search.run()
    every = [part for bucket in buckets for part in bucket]

    def cheapest(left: tuple[int, ...], start: int) -> float:
        if not any(left):
            return 0
        best = float("inf")
        for k in range(start, len(every)):
            part, n, rest = every[k], 0, left
            while all(
                rest[i] * r > 0 and abs(rest[i]) >= abs(r) for i, r in zip(part.places, part.ratios, strict=True)
            ):
                n += 1
                rest = tuple(
                    count - dict(zip(part.places, part.ratios, strict=True)).get(i, 0) for i, count in enumerate(rest)
                )
                best = min(best, part.once + n * part.each + cheapest(rest, k + 1))
        return best

    assert search._cost == cheapest(tuple(entry.count for entry in entries), 0)


def crowded() -> dict[str, list[Leg]]:
    days = ["261016", "261120", "261218", "270115", "270319", "270618", "270917", "271217", "280121", "280616"]
    wings = (("P", 95, -1), ("P", 80, 1), ("C", 105, -1), ("C", 120, 1))
    return {
        "10 iron_condor": [
            option_leg(f"XYZ{days[0]}{r}{(k + (i if r == 'C' else -i)) * 1000:08d}", n)
            for i in range(10)
            for r, k, n in wings
        ],
        "10 iron_condor of 10 expiries": [
            option_leg(f"XYZ{day}{r}{k * 1000:08d}", n) for day in days for r, k, n in wings
        ],
        "20 calendar": [
            option_leg(f"XYZ{day}C{k * 1000:08d}", n)
            for k in range(90, 110)
            for day, n in ((days[0], -1), (days[1], 1))
        ],
    }


@pytest.mark.parametrize("about", crowded())
def test_forty_legs_are_explained_in_no_time(about):
    legs = crowded()[about]
    tag(legs[:4])
    taken = []
    for seed in range(3):
        shuffled = random.Random(seed).sample(legs, len(legs))
        started = time.process_time()
        groups = tag(shuffled)
        taken.append(time.process_time() - started)
        assert len(legs) == 40 and Counter(group.name for group in groups) == Counter(
            [about.split()[1]] * int(about.split()[0])
        )
    assert min(taken) < 0.2  # 0.05 on a machine of its own


def test_a_book_of_hundreds_of_legs_is_still_explained_whole():
    rng = random.Random(7)
    every = [(day, r, k) for day in ("261016", "261120", "261218", "270115") for r in "CP" for k in range(50, 150)]
    legs = [option_leg(f"XYZ{d}{r}{k * 1000:08d}", rng.choice([-2, -1, 1, 2])) for d, r, k in rng.sample(every, 200)]
    groups = tag(legs)
    assert net(leg for group in groups for leg in group.legs) == net(legs)
