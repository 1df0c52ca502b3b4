"""The arbitrage hunter: each kind at its edge and not a step before, nothing in fair quotes, nothing that can lose."""

import time
from dataclasses import replace
from datetime import date
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.arbitrage import hunt
from quant.arbitrage_costs import Costs
from quant.surface import row_years
from tests.quant.made import APRIL, JUNE, QUOTED, RATE, SPOT, made_chain
from tests.quant.recorded import needs_spy, spy_chain

COSTS = Costs(fee=0.65, lend=RATE, borrow=RATE + 0.01, min_dollars=1.0)
FREE = Costs(fee=0.0, lend=0.0, borrow=0.0, stock_half_spread=0.0, dividend_ceiling=0.0, min_dollars=0.0)
STRIKES = [90.0, 95.0, 100.0, 105.0, 110.0]


def fair(style="american", **changes):
    return made_chain((APRIL, JUNE), strikes=STRIKES, style=style, **changes)


def at(chain, call, strike, expiry=APRIL):
    (row,) = np.flatnonzero((chain.call == call) & (chain.strike == strike) & (chain.expiry == np.datetime64(expiry)))
    return int(row)


def quoted(chain, row, bid, ask):
    bids, asks = chain.bid.copy(), chain.ask.copy()
    bids[row], asks[row] = bid, ask
    return replace(chain, bid=bids, ask=asks)


def names(chain, costs=COSTS):
    return {one.name for one in hunt(chain, costs).findings}


@pytest.mark.parametrize("style", ["american", "european"])
def test_fair_quotes_have_none_even_without_fees(style):
    chain = fair(style)
    assert hunt(chain, COSTS._replace(fee=0.0, min_dollars=0.0)).findings == ()
    assert hunt(chain, COSTS).rows == len(chain)


C, P = True, False
# name, style, what is sold too dear (call, strike, expiry), the price at which it breaks even before fees
KINDS = [
    ("bull_call_spread_for_a_credit", "american", (C, 105.0, APRIL), lambda q, _: q(C, 100.0)[1]),
    ("bear_put_spread_for_a_credit", "american", (P, 95.0, APRIL), lambda q, _: q(P, 100.0)[1]),
    ("bear_call_spread_above_its_width", "american", (C, 100.0, APRIL), lambda q, _: q(C, 105.0)[1] + 5),
    ("bear_call_spread_above_its_width", "european", (C, 100.0, APRIL),
     lambda q, t: q(C, 105.0)[1] + 5 * np.exp(-RATE * t)),
    ("bull_put_spread_above_its_width", "american", (P, 100.0, APRIL), lambda q, _: q(P, 95.0)[1] + 5),
    ("call_butterfly", "american", (C, 100.0, APRIL), lambda q, _: (q(C, 95.0)[1] + q(C, 105.0)[1]) / 2),
    ("put_butterfly", "european", (P, 100.0, APRIL), lambda q, _: (q(P, 95.0)[1] + q(P, 105.0)[1]) / 2),
    ("call_calendar_for_a_credit", "american", (C, 100.0, APRIL), lambda q, _: q(C, 100.0, JUNE)[1]),
    ("put_calendar_for_a_credit", "american", (P, 95.0, APRIL), lambda q, _: q(P, 95.0, JUNE)[1]),
    ("long_box", "american", (C, 110.0, APRIL),
     lambda q, t: min(q(C, k)[1] - q(P, k)[0] - (110 - k) * np.exp(-(RATE + 0.01) * t) for k in STRIKES[:4])
     + q(P, 110.0)[1]),
    ("short_box", "european", (C, 90.0, APRIL),
     lambda q, t: min(q(C, k)[1] - q(P, k)[0] + (k - 90) * np.exp(-RATE * t) for k in STRIKES[1:]) + q(P, 90.0)[1]),
    ("conversion", "american", (C, 100.0, APRIL),
     lambda q, t: q(P, 100.0)[1] + SPOT + 0.01 - 100 * np.exp(-(RATE + 0.01) * t)),
    ("reversal", "american", (P, 100.0, APRIL), lambda q, _: q(C, 100.0)[1] - SPOT + 0.01 + 100 + 0.08 / 4 * SPOT),
    ("reversal", "european", (P, 100.0, APRIL),
     lambda q, t: q(C, 100.0)[1] - SPOT + 0.01 + 100 * np.exp(-RATE * t) + 0.08 / 4 * SPOT),
]  # fmt: skip
CONTRACTS = {"butterfly": 4, "box": 4}


@pytest.mark.parametrize(("name", "style", "sold", "even"), KINDS, ids=[f"{k[0]}-{k[1]}" for k in KINDS])
def test_each_kind_is_found_exactly_at_its_edge_and_not_a_step_before(name, style, sold, even):
    chain = fair(style)
    call, strike, expiry = sold
    row = at(chain, call, strike, expiry)
    years = float(row_years(chain)[row])

    def quotes(call, strike, expiry=APRIL):
        place = at(chain, call, strike, expiry)
        return float(chain.bid[place]), float(chain.ask[place])

    body = 2 if "butterfly" in name else 1  # contracts of what is sold, in the smallest structure
    fees = COSTS.fee * next((count for kind, count in CONTRACTS.items() if kind in name), 2)
    edge = even(quotes, years) + (fees + COSTS.min_dollars) / (100 * body)
    there = [one for one in hunt(quoted(chain, row, edge, edge + 0.05), COSTS).findings if one.name == name]
    before = [one for one in hunt(quoted(chain, row, edge - 0.01, edge + 0.04), COSTS).findings if one.name == name]
    best = max((one for one in there if (row, -body) in one.legs), key=lambda one: one.dollars)
    assert best.dollars == pytest.approx(COSTS.min_dollars, abs=1e-6)
    assert best.gross == pytest.approx(COSTS.min_dollars + fees, abs=1e-6)
    assert not any((row, -body) in one.legs for one in before)


def test_an_american_short_box_is_none_and_a_european_one_is():
    for style, found in (("american", False), ("european", True)):
        chain = fair(style)
        dear = at(chain, C, 90.0)
        chain = quoted(chain, dear, chain.bid[dear] + 0.3, chain.ask[dear] + 0.3)
        assert ("short_box" in names(chain)) == found


def test_a_butterfly_with_uneven_wings_has_whole_contracts():
    chain = made_chain((APRIL,), strikes=[90.0, 100.0, 115.0])
    row = at(chain, C, 100.0)
    chain = quoted(chain, row, chain.bid[row] + 5, chain.ask[row] + 5)
    (one,) = [one for one in hunt(chain, COSTS).findings if one.name == "call_butterfly"]
    assert [count for _, count in one.legs] == [3, -5, 2]
    paid = 3 * chain.ask[one.legs[0][0]] + 2 * chain.ask[one.legs[2][0]] - 5 * chain.bid[row]
    assert one.gross == pytest.approx(-100 * paid) and one.dollars == pytest.approx(one.gross - 10 * 0.65)


def test_fees_decide():
    chain = fair()
    row, lower = at(chain, C, 105.0), at(chain, C, 100.0)
    chain = quoted(chain, row, chain.ask[lower] + 0.01, chain.ask[lower] + 0.03)
    spread = "bull_call_spread_for_a_credit"
    assert spread in names(chain, COSTS._replace(fee=0.0)) and spread not in names(chain)


def test_one_sided_crossed_and_duplicate_quotes_are_no_arbitrage():
    chain = fair()
    row = at(chain, C, 105.0)
    assert names(quoted(chain, row, 50.0, 51.0))
    for bid, ask in ((50.0, 0.0), (50.0, 49.0), (50.0, np.nan), (np.inf, np.inf)):
        answer = hunt(quoted(chain, row, bid, ask), COSTS)
        assert answer.findings == () and "1 rows are not quoted on both sides, or crossed" in answer.left_out
    twice = quoted(chain, row, 50.0, 51.0).rows(np.append(np.arange(len(chain)), row))
    assert (
        hunt(twice, COSTS).findings == ()
        and "2 rows share their contract with another row" in hunt(twice, COSTS).left_out
    )


def test_expired_and_adjusted_options_are_left_out():
    chain = made_chain((date(2026, 2, 27), APRIL), strikes=STRIKES)
    row = at(chain, C, 105.0, date(2026, 2, 27))
    assert hunt(quoted(chain, row, 50.0, 51.0), COSTS).findings == ()
    other = replace(fair(), root=np.full(20, "XYZ1"))
    answer = hunt(quoted(other, at(other, C, 105.0), 50.0, 51.0), COSTS)
    assert answer.findings == () and "20 rows are of classes adjusted" in answer.left_out[0]


def test_options_of_two_roots_are_never_set_against_each_other():
    chain = fair()
    mixed = replace(chain, root=np.where(chain.strike == 105.0, "XYZW", "XYZ"))
    row = at(chain, C, 105.0)
    assert names(quoted(mixed, row, 12.0, 12.1)) <= {"conversion", "call_calendar_for_a_credit"}


@pytest.mark.parametrize(("shift", "which"), [(-0.6, "conversion"), (2.8, "reversal")])
def test_a_spot_that_every_strike_contradicts_is_stale_and_no_arbitrage(shift, which):
    answer = hunt(replace(fair(), spot=SPOT + shift), COSTS)
    assert answer.findings == ()
    assert any(f"expiries offer a {which}, which speaks of the spot" in reason for reason in answer.left_out)


def test_without_a_rate_there_are_no_boxes_and_no_parity_but_the_rest():
    chain = fair()
    row = at(chain, C, 105.0)
    answer = hunt(quoted(chain, row, 15.0, 15.1), COSTS._replace(lend=None, borrow=None))
    assert {one.kind for one in answer.findings} == {"vertical", "butterfly", "calendar"}
    assert "boxes and parity with the shares: no interest rate is known" in answer.left_out


def test_an_index_cannot_be_bought_and_coins_are_not_dollars():
    index = fair("european", cash_settled=True)
    row = at(index, C, 105.0)
    answer = hunt(quoted(index, row, 15.0, 15.1), COSTS)
    assert {one.kind for one in answer.findings} == {"vertical", "butterfly", "box"}
    assert "parity with the shares: the underlying cannot be bought" in answer.left_out
    assert hunt(replace(index, inverse=True), COSTS).findings == ()


def test_what_could_break_it_is_said():
    chain = fair()
    row = at(chain, C, 105.0)
    dear = replace(quoted(chain, row, 15.0, 15.1), volume=np.where(np.arange(len(chain)) == row, 0.0, 5.0))
    by_kind = {one.kind: " ".join(one.risks) for one in hunt(dear, COSTS).findings}
    assert all("sizes" in said and "1 of" in said for said in by_kind.values())
    assert "assigned early" in by_kind["vertical"] and "5.00 % a year" in by_kind["box"]
    assert "shares" not in by_kind["box"] and "spot must be had" in by_kind["parity"]
    cheap = hunt(quoted(chain, at(chain, P, 100.0), 15.0, 15.1), COSTS).findings
    reversal = next(one for one in cheap if one.name == "reversal")
    assert "dividends up to 2.00" in " ".join(reversal.risks) and reversal.shares == -100


prices = st.lists(st.integers(1, 600), min_size=20, max_size=20)
widths = st.lists(st.integers(0, 30), min_size=20, max_size=20)


def random_chain(mids, halves, style="european"):
    chain = fair(style)
    bid = np.array(mids) / 20
    return replace(chain, bid=bid, ask=bid + np.array(halves) / 20)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(prices, widths, st.sampled_from(["american", "european"]))
def test_a_finding_pays_at_least_its_edge_wherever_the_spot_ends(mids, halves, style):
    chain = random_chain(mids, halves, style)
    ends = np.array([0.0, *STRIKES, *(np.array(STRIKES) + 1.3), 300.0])
    for one in hunt(chain, FREE).findings:
        rows = np.array([row for row, _ in one.legs])
        counts = np.array([count for _, count in one.legs])
        cash = -float((counts * np.where(counts > 0, chain.ask[rows], chain.bid[rows])).sum()) * 100
        cash -= one.shares * SPOT
        away = np.where(chain.call[rows], 1.0, -1.0)[:, None] * (ends - chain.strike[rows][:, None])
        paid = 100 * (counts[:, None] * np.maximum(away, 0.0)).sum(axis=0) + one.shares * ends
        if one.kind == "calendar":
            paid = np.zeros(1)  # what is bought can be exercised whenever what is sold is
        assert cash + paid.min() == pytest.approx(one.gross, abs=1e-6) and one.gross > 0


@settings(max_examples=40, deadline=None, derandomize=True)
@given(prices, widths, st.sampled_from(["american", "european"]))
def test_nothing_is_missed_that_trying_every_pair_and_triple_finds(mids, halves, style):
    chain = random_chain(mids, halves, style)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("quant.arbitrage.MOST_SUSPECTS", len(chain))
        found = hunt(chain, FREE).findings
    best = {}
    for one in found:
        sold = tuple(sorted(row for row, count in one.legs if count < 0))
        weight = sum(-count for _, count in one.legs if count < 0) if one.kind == "butterfly" else 1
        key = (one.kind, sold[0] if one.kind != "box" else sold)
        best[key] = max(best.get(key, 0.0), one.gross / weight / 100)
    expected = {}

    def note(kind, sold, edge):
        if edge > 1e-9:
            expected[kind, sold] = max(expected.get((kind, sold), 0.0), edge)

    for expiry in (APRIL, JUNE):
        for call in (C, P):
            row = {k: at(chain, call, k, expiry) for k in STRIKES}
            for a, b in combinations(STRIKES, 2):
                for low, high in ((a, b), (b, a)):
                    for width in (0.0, b - a):
                        gains = (high < low) == call if width else (high > low) == call
                        if gains:
                            note("vertical", row[high], chain.bid[row[high]] - chain.ask[row[low]] - width)
            for a, b, c in combinations(STRIKES, 3):
                w = (c - b) / (c - a)
                wings = w * chain.ask[row[a]] + (1 - w) * chain.ask[row[c]]
                note("butterfly", row[b], chain.bid[row[b]] - wings)
    if style == "american":
        for call in (C, P):
            for k in STRIKES:
                near, far = at(chain, call, k, APRIL), at(chain, call, k, JUNE)
                note("calendar", near, chain.bid[near] - chain.ask[far])
    got = {key: value for key, value in best.items() if key[0] in ("vertical", "butterfly", "calendar")}
    assert got.keys() == expected.keys()
    for key, value in expected.items():
        assert got[key] == pytest.approx(value)


STRIKES_FINE = np.arange(80.0, 121.0, 1.0)


def test_a_few_quotes_may_be_wrong_but_where_it_takes_more_than_ten_the_chain_is_stale():
    chain = made_chain((APRIL,), strikes=STRIKES_FINE)
    dear = at(chain, C, 81.0)
    one = hunt(quoted(chain, dear, chain.bid[dear] + 3, chain.ask[dear] + 3), COSTS)
    assert [row for row, _ in one.suspects] == [dear] and one.findings
    assert one.suspects[0][1] == len(one.findings)
    spread = chain
    for place, strike in enumerate(STRIKES_FINE[2:36:3]):
        row = at(chain, C, strike)
        spread = quoted(spread, row, chain.bid[row] + 3, chain.ask[row] + 3)
        answer = hunt(spread, COSTS)
        assert bool(answer.findings) == (len(answer.suspects) <= 10)
        assert place + 1 <= len(answer.suspects) <= place + 3
    assert place == 11 and "wrong quotes to explain" in answer.left_out[-1]


odd = st.sampled_from([float("nan"), float("inf"), -1.0, 0.0, 1e300, 3.0])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_bad_quotes_never_raise(data):
    chain = fair(data.draw(st.sampled_from(["american", "european"])))
    changes = {}
    for name in ("bid", "ask", "strike", "volume"):
        column = getattr(chain, name).copy()
        for row in data.draw(st.sets(st.integers(0, len(chain) - 1), max_size=4)):
            column[row] = data.draw(odd)
        changes[name] = column
    spot = data.draw(st.sampled_from([SPOT, 0.0, float("nan"), float("inf")]))
    answer = hunt(replace(chain, spot=spot, **changes), COSTS)
    assert all(np.isfinite(one.dollars) and one.dollars >= COSTS.min_dollars - 1e-6 for one in answer.findings)


def test_an_empty_chain_has_none():
    assert hunt(fair().rows(np.zeros(20, bool)), COSTS).findings == ()
    assert fair().quote_time == QUOTED


@needs_spy
@pytest.mark.parametrize("day", ["2026-07-22", "2026-08-04", "2026-08-20"])
def test_recorded_spy_has_none_and_fourteen_thousand_rows_take_no_time(day):
    chain = spy_chain(day)
    start = time.perf_counter()
    answer = hunt(chain, COSTS)
    assert time.perf_counter() - start < 0.3
    assert answer.findings == () and answer.rows > 12_000


@needs_spy
def test_one_doctored_quote_in_recorded_spy_is_found_and_every_finding_holds_it():
    chain = spy_chain("2026-08-20")
    row = at(chain, C, 770.0, date(2026, 9, 18))
    answer = hunt(quoted(chain, row, chain.bid[row] + 1.5, chain.ask[row] + 1.5), COSTS)
    assert {one.kind for one in answer.findings} >= {"butterfly", "box"}
    assert all(row in [leg for leg, _ in one.legs] for one in answer.findings)


@pytest.mark.parametrize("strikes", [[100.0], [100.0, 105.0]])
def test_an_expiry_of_one_or_two_strikes_has_no_butterfly_and_is_no_error(strikes):
    chain = made_chain((APRIL, JUNE), strikes=strikes, style="american")
    assert hunt(chain, COSTS).findings == ()
    gone = chain.bid.copy()
    gone[chain.call & (chain.expiry == np.datetime64(JUNE))] = 0.0
    assert hunt(replace(chain, bid=gone), COSTS).findings == ()
