"""Everything ``fund vol`` knows: what the numbers are, and that what is missing is named and never raises."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic_core import to_json

from agents.looked import Looked
from agents.volatility_report import volatility_report
from agents.volatility_term import vix_curve
from domain.chain import Chain
from domain.market import Context, Earnings, Series
from quant.history import percentile, rank
from quant.surface import fit_surface
from tests.agents.material import AS_OF, SESSION, make_chain, make_context, make_history, make_series, walk

PROMISED = (
    "ticker", "as_of", "session", "spot", "iv30", "model_free_iv30", "iv_rank", "iv_percentile", "skew_25d",
    "skew_percentile", "term", "realised", "surface", "mispriced",
)  # fmt: skip
UNFLAGGED = ("iv_flag", "iv_history", "model_free_flag", "model_free_history_source")  # None says what it is
CALM = make_history(walk(0.12))


def index(name: str, *values: float) -> Series:
    return Series(name, "x", np.datetime64("2026-08-20") - np.arange(len(values))[::-1], np.array(values))


def report(chain: Chain, context: Context | None = None, rate: float | None = 0.03, *indices: Series) -> Any:
    surface = fit_surface(chain, rate)
    return volatility_report(Looked(chain, surface, context or make_context(history=CALM), indices, rate))


def known() -> Context:
    year = make_series(np.linspace(0.15, 0.30, 252))
    return make_context(history=CALM, measures={"iv30": year, "skew_25d": make_series(np.linspace(-0.1, 0.1, 252))})


def test_the_numbers_are_those_of_the_chain_and_its_past() -> None:
    found = report(make_chain(0.285), known())
    assert found["iv30"] == pytest.approx(0.285, abs=0.003)
    assert found["model_free_iv30"] == pytest.approx(0.285, abs=0.01)
    assert found["skew_25d"] == pytest.approx(0.0, abs=0.005)
    assert (found["iv_rank"], found["iv_percentile"]) == (pytest.approx(90, abs=2), pytest.approx(90, abs=2))
    assert found["iv_flag"] == "high" and found["skew_percentile"] == pytest.approx(50, abs=3)
    assert found["iv_history"]["days"] == 252
    assert found["variance_risk_premium"]["volatility"] == pytest.approx(
        0.285 - found["realised"]["yang_zhang"]["20"], abs=0.003
    )
    assert found["term_shape"] == "flat" and [row["days"] for row in found["term"]] == pytest.approx(
        [8, 29, 57, 92], abs=1
    )
    move = found["expected_move"]
    assert move["straddle"] == pytest.approx(100 * 0.798 * 0.285 * np.sqrt(29 / 365), rel=0.02)
    assert move["straddle_quoted"] == pytest.approx(move["straddle"], rel=0.03)


def test_every_name_that_is_promised_is_there_and_what_is_unknown_has_its_reason() -> None:
    found = report(make_chain(0.25), make_context())
    assert set(PROMISED) <= found.keys()
    for name, value in found.items():
        assert value is not None or name in UNFLAGGED or name in found["reasons"], name
    assert found["reasons"]["iv_rank"] == "history of 0 days, 200 are needed"
    assert found["reasons"]["realised"] == "no price history"


def test_a_history_a_day_too_short_gives_no_rank_and_says_how_long_it_is() -> None:
    short = report(make_chain(0.25), make_context(history=CALM, iv_history=make_series(np.linspace(0.1, 0.3, 199))))
    enough = report(make_chain(0.25), make_context(history=CALM, iv_history=make_series(np.linspace(0.1, 0.3, 200))))
    assert short["iv_rank"] is None and "199 days" in short["reasons"]["iv_rank"]
    assert enough["iv_rank"] is not None and "iv_rank" not in enough["reasons"]


def test_a_vendor_s_index_of_the_model_free_volatility_gives_it_a_rank_of_its_own() -> None:
    index_of_it = replace(make_series(np.linspace(0.2, 0.4, 300)), source="dvol.csv")
    found = report(make_chain(0.25), make_context(history=CALM, measures={"model_free_iv30": index_of_it}))
    assert found["iv_rank"] is None
    assert found["model_free_percentile"] == pytest.approx(percentile(index_of_it.values, found["model_free_iv30"]))
    assert (found["model_free_history_days"], found["model_free_history_source"]) == (300, "dvol.csv")


def test_the_series_say_each_day_what_was_said_that_day() -> None:
    values = np.random.default_rng(4).uniform(0.1, 0.3, 460)
    found = report(make_chain(0.25), make_context(history=CALM, iv_history=make_series(values)))["series"]
    assert len(found["dates"]) == 252 == len(found["iv30"]) and found["dates"][-1] == str(SESSION)
    assert found["iv_percentile"][-1] == pytest.approx(percentile(values[:-1], values[-1]), abs=1e-6)
    assert found["iv_rank"][0] == pytest.approx(rank(values[:208], values[208]), abs=1e-6)
    at = found["dates"].index(str(CALM.dates[-1]))
    assert found["premium"][at] == pytest.approx(found["iv30"][at] - found["realised_20"][at], abs=2e-6)
    assert report(make_chain(0.25))["series"] == {"dates": []}


def test_an_announcement_s_move_is_taken_from_the_expiry_that_spans_it() -> None:
    def vol(_: Any, years: Any) -> Any:
        return np.sqrt(0.3**2 + np.where(years > 15 / 365, 0.06**2, 0.0) / years)

    coming = (Earnings(SESSION.replace(day=31), AS_OF),)
    found = report(make_chain(vol, days=(8, 29, 57, 92)), make_context(history=CALM, earnings=coming))
    assert found["earnings"]["deviation"] == pytest.approx(0.06, abs=0.003)
    assert found["earnings"]["base_vol"] == pytest.approx(0.3, abs=0.01)


def test_the_vix_curve_is_read_on_one_day_and_has_a_shape() -> None:
    reasons: dict[str, str] = {}
    curve = vix_curve([index("VIX", 15.0, 16.0), index("VIX3M", 19.0, 20.0), index("VIX9D", 14.0)], reasons)
    assert curve is not None and curve["shape"] == "contango"
    assert [(point["name"], point["level"]) for point in curve["points"]] == [
        ("VIX9D", 0.14),
        ("VIX", 0.16),
        ("VIX3M", 0.2),
    ]
    old = index("VIX3M", 20.0)
    stale = vix_curve([index("VIX", 30.0), replace(old, dates=old.dates - 1)], reasons)
    assert stale is not None and stale["shape"] is None
    assert vix_curve([], reasons) is None and "vix_curve" in reasons


def nothing_quoted(chain: Chain) -> Chain:
    return replace(chain, bid=np.zeros(len(chain)), ask=np.zeros(len(chain)))


def all_nan(chain: Chain) -> Chain:
    gone = np.full(len(chain), np.nan)
    return replace(chain, bid=gone, ask=gone, last=gone, volume=gone, open_interest=gone, strike=gone)


def crossed(chain: Chain) -> Chain:
    return replace(chain, bid=chain.ask, ask=chain.bid)


def one_sided(chain: Chain) -> Chain:
    return replace(chain, bid=np.zeros(len(chain)))


def no_spot(chain: Chain) -> Chain:
    return replace(chain, spot=float("nan"))


def one_strike(chain: Chain) -> Chain:
    return chain.rows(chain.strike == 100.0)


def undated(chain: Chain) -> Chain:
    return replace(chain, expiry=np.full(len(chain), np.datetime64("NaT"), "datetime64[D]"))


@pytest.mark.parametrize("spoil", [nothing_quoted, all_nan, crossed, one_sided, no_spot, one_strike, undated])
def test_bad_quotes_leave_what_is_known_and_a_reason_for_the_rest(spoil: Callable[[Chain], Chain]) -> None:
    found = report(spoil(make_chain(0.25)), known(), None)
    assert found["iv30"] is None and "30" in found["reasons"]["iv30"]
    assert found["iv_rank"] is None and found["reasons"]["iv_rank"] == found["reasons"]["iv30"]
    assert found["rate"] is None and "rate" in found["reasons"]
    assert found["realised"]["yang_zhang"]["20"] is not None
    assert b"NaN" not in to_json(found, inf_nan_mode="constants")


@pytest.mark.parametrize("days", [(0,), (4,), (400,), (29,)])
def test_one_expiry_is_said_as_far_as_it_goes(days: tuple[int, ...]) -> None:
    found = report(make_chain(0.25, days=days), known())
    assert (found["iv30"] is None) == (days != (29,))
    assert found["term_shape"] is None and "term_shape" in found["reasons"]
    assert len(found["term"]) == (0 if days == (0,) else 1)
    if days == (0,):
        assert found["problems"] and found["reasons"]["expected_move"]


def test_an_empty_history_and_nan_in_it_are_no_history() -> None:
    blank = make_series(np.full(252, np.nan))
    found = report(make_chain(0.25), make_context(history=CALM, measures={"iv30": blank, "skew_25d": blank}))
    assert found["iv_rank"] is None and found["reasons"]["iv_rank"] == "history of 0 days, 200 are needed"
    assert b"NaN" not in to_json(found, inf_nan_mode="constants")
