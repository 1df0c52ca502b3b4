"""Everything ``fund flow`` knows: what the numbers are, and that what is missing is named and never raises."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json

from agents.flow_report import flow_report
from agents.looked import Looked
from domain.chain import Chain
from domain.market import Context, InterestChange, InterestLine
from quant.activity import put_call
from quant.exposure import DealerSigns, exposure, open_lines
from quant.surface import fit_surface, iv30
from tests.agents.material import AS_OF, make_chain, make_context, make_series

PROMISED = (
    "ticker", "as_of", "session", "spot", "gex_total", "zero_gamma", "gex_by_strike", "vex_total", "cex_total",
    "max_pain", "put_call", "unusual", "pin",
)  # fmt: skip


def looked(chain: Chain, context: Context | None = None) -> Looked:
    return Looked(chain, fit_surface(chain, 0.0), context or make_context(), (), 0.0)


def report(chain: Chain, context: Context | None = None, *signs: float) -> Any:
    return flow_report(looked(chain, context), DealerSigns(*signs))


def busy() -> Chain:
    chain = make_chain(days=(3, 29, 57), volume=60)
    held = np.where(chain.call, 900.0, 500.0) * np.where(chain.strike == 100, 10, 1)
    return replace(chain, open_interest=held, volume=np.where(chain.strike == 105, 5000.0, chain.volume))


def test_the_numbers_are_those_of_the_room_below() -> None:
    chain = busy()
    found, exact = report(chain), exposure(open_lines(chain, fit_surface(chain, 0.0)))
    for name in ("gex_total", "vex_total", "cex_total", "zero_gamma"):
        assert found[name] == pytest.approx(getattr(exact, name), abs=0.01)
    assert sum(row["gex"] for row in found["gex_by_strike"]) == pytest.approx(found["gex_total"], abs=1)
    assert list(found["put_call"].values()) == pytest.approx(put_call(chain), abs=1e-6)
    assert [row["expiry"] for row in found["max_pain"]] == [date(2026, 8, 20) + timedelta(days=n) for n in (3, 29, 57)]


def test_unusual_options_are_told_dearest_first_with_what_was_paid() -> None:
    found = report(busy())["unusual"]
    assert {row["occ_symbol"][-8:] for row in found} == {"00105000"}
    first = found[0]
    assert first["ratio"] == pytest.approx(first["volume"] / first["open_interest"], abs=1e-4) and first["ratio"] > 2
    assert [row["premium"] for row in found] == sorted((row["premium"] for row in found), reverse=True)
    assert all(row["view"] for row in found if row["occ_symbol"][-9] == "C")


def test_dealers_trade_against_what_their_delta_does() -> None:
    found = report(busy(), make_context(iv_history=make_series(np.tile([0.20, 0.22], 30))))
    hedging = found["hedging"]
    assert hedging["per_percent"] == -found["gex_total"] < 0
    assert hedging["per_vol_point"] == -found["vex_total"]
    move = 100 * float(iv30(fit_surface(busy(), 0.0)) or 0) / np.sqrt(252)
    assert hedging["usual_move"] == pytest.approx(-found["gex_total"] * move)
    assert hedging["vol_change_points"] == pytest.approx(2.0, abs=0.01)
    turned = report(busy(), None, -1.0, 1.0)
    assert turned["gex_total"] == -found["gex_total"] and turned["dealers"] == {"calls": -1.0, "puts": 1.0}


def test_a_heavy_strike_days_before_expiry_has_its_score_and_the_parts_of_it() -> None:
    (pin,) = report(busy())["pin"]
    assert (pin["expiry"], pin["strike"]) == (date(2026, 8, 23), 100.0)
    assert pin["score"] == pytest.approx(
        pin["concentration"] * pin["hedging"] * pin["nearness"] * pin["urgency"], abs=1e-3
    )


def test_open_interest_is_set_beside_the_session_before() -> None:
    change = InterestChange(date(2026, 8, 19), AS_OF, 9, 5.0, -2.0, 1.0, 0.0, (InterestLine("X", 1.0, 6.0),))
    found = report(busy(), make_context(interest_change=change))["interest_change"]
    assert (found["since"], found["calls"], found["days"]) == (date(2026, 8, 19), 5.0, 1)
    assert found["lines"] == ({"occ_symbol": "X", "before": 1.0, "now": 6.0},)


def missing(found: Any, prefix: str = "") -> set[str]:
    """Names of what is None, at the top and one level down."""
    names = set()
    for name, value in found.items():
        if value is None:
            names.add(f"{prefix}{name}")
        elif isinstance(value, dict) and name in ("put_call", "put_call_percentile"):
            names |= missing(value, f"{name}.")
    return names


def test_what_is_not_known_has_its_reason() -> None:
    found = report(make_chain())
    assert set(PROMISED) <= found.keys()
    assert missing(found) <= found["reasons"].keys()
    assert found["reasons"]["put_call_percentile.volume"] == "fewer than 20 earlier sessions are stored (0)"
    assert "reasons" in found and "sizes" in found["reasons"]["blocks"]
    assert found["pin"] == [] and "seven days" in found["reasons"]["pin"]


def test_no_open_interest_leaves_exposures_unknown_and_says_so() -> None:
    found = report(make_chain(open_interest=np.nan))
    assert [found[name] for name in ("gex_total", "zero_gamma", "vex_total", "cex_total")] == [None] * 4
    assert found["gex_by_strike"] == [] and found["unusual"] == [] and found["max_pain"] == []
    assert missing(found) <= found["reasons"].keys() and "open interest" in found["reasons"]["gex_total"]


numbers = st.sampled_from([0.0, -1.0, float("nan"), float("inf"), 100.0, 1e9])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.fixed_dictionaries(dict.fromkeys(("volume", "open_interest", "bid", "ask", "last"), numbers)), numbers)
def test_bad_columns_never_raise_and_the_document_is_json(columns: dict[str, float], spot: float) -> None:
    chain = make_chain(days=(0, 3, 29))
    changed = {
        name: np.where(np.arange(len(chain)) % 3 == 0, value, getattr(chain, name)) for name, value in columns.items()
    }
    found = report(replace(chain, spot=spot, **changed))
    assert missing(found) <= found["reasons"].keys() | {"blocks"}
    assert b"NaN" not in to_json(found, inf_nan_mode="constants") and b"Infinity" not in to_json(
        found, inf_nan_mode="constants"
    )
