"""What a chain measures, when it measures nothing, and that a changed meaning has a new stamp."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from domain.chain import Chain
from domain.session import session_close
from market.measures import MEASURES, METHOD, as_series, measure, stamp
from tests.agents.material import make_chain


@pytest.fixture(scope="module")
def chain() -> Chain:
    made = make_chain(lambda m, t: 0.25 - 0.3 * m + 0.4 * m**2)
    trades = np.where(made.call, 100.0, 150.0)
    return replace(made, volume=trades, open_interest=2 * trades[::-1])


def test_the_meaning_of_a_measure_changes_only_with_its_stamp(chain: Chain) -> None:
    """If this fails because a measure now means something else, raise ``METHOD`` and then change the figures here:
    what was remembered under the old meaning is then worked out again."""
    assert METHOD == 3
    found = measure(chain, 0.03)
    assert found.keys() == MEASURES.keys()
    assert found["iv30"] == pytest.approx(0.2500, abs=1e-3)
    assert found["skew_25d"] == pytest.approx(0.0291, abs=1e-3)
    assert found["model_free_iv30"] == pytest.approx(0.2592, abs=1e-3)
    assert (found["put_call_volume"], found["put_call_open_interest"]) == (1.5, pytest.approx(2 / 3))
    assert found["volume"] == chain.volume.sum() and found["open_interest"] == chain.open_interest.sum()


def test_the_stamp_tells_the_rate() -> None:
    assert stamp(0.03) != stamp(0.031) != stamp(None)


def test_a_session_that_is_not_over_has_no_volume_yet(chain: Chain) -> None:
    noon = replace(chain, cadence="intraday", quote_time=session_close(chain.session) - timedelta(hours=4))
    found = measure(noon, 0.03)
    for name in ("volume", "put_call_volume", "put_call_premium"):
        assert found[name] is None and measure(replace(noon, quote_time=session_close(noon.session)), 0.03)[name]
    assert found["open_interest"] and found["iv30"]


def test_a_chain_that_says_nothing_measures_nothing(chain: Chain) -> None:
    blank = np.full(len(chain), np.nan)
    silent = replace(chain, bid=blank, ask=blank, last=blank, volume=blank, open_interest=blank)
    assert set(measure(silent, None).values()) == {None}
    assert set(measure(chain.rows(np.zeros(len(chain), bool)), None).values()) == {None}


def test_a_series_has_the_days_that_have_a_value() -> None:
    days = np.arange("2026-08-17", "2026-08-20", dtype="datetime64[D]")
    rows = [(day, {"iv30": value, "volume": None}) for day, value in zip(days, (0.2, None, 0.3), strict=True)]
    found = as_series(rows, "x")
    assert found.keys() == {"iv30"}
    assert found["iv30"].dates.tolist() == [days[0].item(), days[2].item()] and found["iv30"].values.tolist() == [
        0.2,
        0.3,
    ]
