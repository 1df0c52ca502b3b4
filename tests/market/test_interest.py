"""Open interest compared with the session before."""

from dataclasses import replace
from datetime import date

import numpy as np

from market.interest import Interest, interest_change
from market.synthetic import SyntheticSource, start_moment
from tests.quant.made import APRIL, JUNE, made_chain


def at(chain, contracts, session=date(2026, 3, 3)):
    return Interest.of(replace(chain, open_interest=np.asarray(contracts, dtype=float), session=session))


def test_every_option_is_compared_with_itself():
    chain = made_chain((APRIL, JUNE), strikes=[95.0, 100.0])
    before = at(chain, [10, 20, 30, 40, 50, 60, 70, 80], date(2026, 3, 2))
    now = at(chain, [15, 20, 30, 10, 50, 60, 70, 180])
    found = interest_change(before, now)
    assert (found.since, found.compared, found.calls, found.puts) == (date(2026, 3, 2), 8, 5.0, 70.0)
    told = [(line.occ_symbol, line.before, line.now) for line in found.lines]
    assert told == [
        ("XYZ260618P00100000", 80.0, 180.0), ("XYZ260417C00095000", 10.0, 15.0), ("XYZ260417P00100000", 40.0, 10.0),
    ]  # fmt: skip


def test_new_and_expired_options_and_unknown_numbers_are_told_apart():
    before = at(made_chain((APRIL,), strikes=[95.0, 100.0]), [10, 20, 30, np.nan])
    now = at(made_chain((APRIL, JUNE), strikes=[100.0]), [33, 44, 5, 6])
    found = interest_change(before, now)
    assert (found.compared, found.calls, found.puts) == (1, 3.0, 0.0)
    assert (found.appeared, found.gone) == (44.0 + 5 + 6, 30.0)


def test_options_of_another_root_are_others_and_none_in_common_is_unknown():
    chain = made_chain((APRIL,), strikes=[100.0])
    other = replace(chain, root=np.full(2, "XYZ1"))
    assert interest_change(at(other, [1, 1]), at(chain, [2, 2])) is None
    assert interest_change(at(chain, [np.nan, np.nan]), at(chain, [2, 2])) is None


def test_the_synthetic_market_tells_what_its_own_chains_say():
    source, now = SyntheticSource(11), start_moment(11)
    change = source.context("ZMKT", now).interest_change
    before = source.chain("ZMKT", change.quote_time)
    chain = source.chain("ZMKT", now)
    assert before.session == change.since < chain.session
    assert change == interest_change(Interest.of(before), Interest.of(chain))
    assert change.compared > 100 and change.quote_time < now
