"""The mandate: the default, a person's own over it, and every way to get it wrong in one clear line."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from config.mandate_file import DEFAULT_MANDATE, load_mandate, mandate_document, mandate_from_document
from domain.errors import MandateError
from domain.mandate import (
    CycleRules,
    LiquidityRules,
    Mandate,
    OrderRules,
    RegimeLimits,
    RiskRules,
    SelectionRules,
    SelectorRow,
    SelectorRules,
)
from domain.regime import REGIMES
from risk import hard


@pytest.fixture
def mine(tmp_path: Path) -> Any:
    def write(text: str | bytes) -> Path:
        file = tmp_path / "mandate.toml"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


# the default


def test_the_default_names_every_key_with_the_value_of_the_domain() -> None:
    document = tomllib.loads(DEFAULT_MANDATE.read_text(encoding="utf-8"))
    sections = {"cycle": CycleRules, "orders": OrderRules, "liquidity": LiquidityRules, "selection": SelectionRules}
    assert set(document) == set(Mandate.model_fields)
    for name, section in sections.items():
        assert set(document[name]) == set(section.model_fields)
    assert set(document["risk"]) == set(RiskRules.model_fields)
    for limits in document["risk"]["regimes"].values():
        assert set(limits) == set(RegimeLimits.model_fields)
    assert set(document["selector"]) == set(SelectorRules.model_fields)
    for row in document["selector"]["rows"]:
        assert {"regimes", "direction", "options", "structures"} <= set(row) <= set(SelectorRow.model_fields)
    defaults = {name: field.default for name, field in SelectorRules.model_fields.items() if name != "rows"}
    assert defaults == {name: document["selector"][name] for name in defaults}
    mandate = load_mandate(None, {})
    assert (mandate.cycle, mandate.orders) == (CycleRules(), OrderRules())
    assert (mandate.liquidity, mandate.selection) == (LiquidityRules(), SelectionRules())


def test_every_key_of_the_default_is_explained() -> None:
    text = DEFAULT_MANDATE.read_text(encoding="utf-8")
    for name in RegimeLimits.model_fields:
        assert f"#   {name} " in text
    for name in SelectorRow.model_fields:
        assert f"#   {name} " in text
    rows = text.index("[[selector.rows]]")
    head = text[: text.index("[risk.regimes.low_vol]")] + text[text.index("[liquidity]") : rows]
    for line in head.splitlines():
        if " = " in line and not line.startswith("#") and "max_days" not in line:
            assert " # " in line or "weights" in text[: text.index(line)].rpartition("\n[")[2], line


def test_the_default_limits_by_regime() -> None:
    regimes = load_mandate(None, {}).risk.regimes
    table = [(r.var_budget, r.position, r.size_factor) for r in (regimes[name] for name in REGIMES)]
    assert table == [(0.02, 0.05, 1.0), (0.02, 0.05, 1.0), (0.01, 0.05, 0.5), (0.005, 0.02, 0.25)]


def test_a_crisis_opens_only_what_is_paid_for() -> None:
    allowed = load_mandate(None, {}).risk.regimes["crisis_mode"].structures
    assert allowed == ("bull_call_spread", "bear_put_spread", "long_straddle", "long_strangle")


def test_the_default_is_as_tight_as_the_hard_limits() -> None:
    mandate = load_mandate(None, {})
    assert mandate.risk.daily_loss == hard.DAILY_LOSS and mandate.risk.free_margin == hard.FREE_MARGIN
    assert mandate.orders.max_contracts == hard.ORDER_CONTRACTS and not mandate.orders.auto_execute
    for name, limits in mandate.risk.regimes.items():
        assert limits.position <= hard.POSITION[name] and limits.sector <= hard.SECTOR


# a person's own


def test_a_person_s_file_overrides_key_by_key_and_lists_as_a_whole(mine: Any) -> None:
    own = load_mandate(
        mine('universe = ["SPY"]\n[risk.regimes.neutral]\nposition = 0.03\nstructures = ["calendar"]'), {}
    )
    default = load_mandate(None, {})
    assert own.universe == ("SPY",)
    assert own.risk.regimes["neutral"] == default.risk.regimes["neutral"].model_copy(
        update={"position": 0.03, "structures": ("calendar",)}
    )
    assert own.risk.regimes["crisis_mode"] == default.risk.regimes["crisis_mode"]
    assert own.orders == default.orders


def test_an_empty_file_changes_nothing_and_whole_numbers_may_stand_for_decimals(mine: Any) -> None:
    assert load_mandate(mine(""), {}) == load_mandate(None, {})
    assert load_mandate(mine("[risk]\nquote_age_minutes = 5"), {}).risk.quote_age_minutes == 5.0


ROW = '[[selector.rows]]\nregimes = ["neutral"]\ndirection = "bullish"\noptions = ["rich"]\n'
WRONG = [
    (f"{ROW}structures = ['condor']", "selector.rows, row 1 has 'condor', which is no structure"),
    (f"{ROW}structures = ['short_put']", "selector.rows, row 1 has 'short_put', which may not be traded"),
    (f"{ROW}structures = ['iron_condor']", "selector.rows, row 1 is bullish and has iron_condor, which is neutral"),
    (f"{ROW}structures = []", "selector.rows.0.structures is []"),
    (f"{ROW}structures = ['collar']\nskew = ['flat']", 'selector.rows.0.skew.0 is "flat"'),
    (f"{ROW}structures = ['collar']\ncatalist = ['none']", "selector.rows.0.catalist is not a key of the mandate"),
    ("[selector]\nrows = []", "selector.rows is []"),
    ("[selector]\nfair_edge = 1", "selector.fair_edge is 1: it should be less than 1"),
    (
        "[risk.regimes.neutral]\nstructures = ['short_strangle']",
        "risk.regimes.neutral.structures has 'short_strangle', which may not be traded",
    ),
    ("[risk]\ndaily_los = 0.02", "risk.daily_los is not a key of the mandate"),
    ("surprise = 1", "surprise is not a key of the mandate"),
    ("[risk]\ndaily_loss = 0.031", "risk.daily_loss is 0.031: it should be less than or equal to 0.03"),
    ("[risk]\ndaily_loss = 0", "risk.daily_loss is 0: it should be greater than 0"),
    ("[risk]\nfree_margin = 0.19", "risk.free_margin is 0.19: it should be greater than or equal to 0.2"),
    (
        "[risk.regimes.neutral]\nposition = 5",
        "risk.regimes.neutral.position is 5: it should be less than or equal to 0.05",
    ),
    ("[risk.regimes.crisis_mode]\nposition = 0.03", "risk: crisis_mode.position may be at most 0.02"),
    ("[risk.regimes.panic]\nposition = 0.01", "risk.regimes.panic is \"panic\": it should be 'low_vol', 'neutral'"),
    ("[orders]\nmax_contracts = '5'", 'orders.max_contracts is "5": it should be a valid integer'),
    ("[orders]\nmax_contracts = 5.5", "orders.max_contracts is 5.5: it should be a valid integer"),
    ("[orders]\nauto_execute = 1", "orders.auto_execute is 1: it should be a valid boolean"),
    ("[orders]\nauto_execute = 'yes'", 'orders.auto_execute is "yes": it should be a valid boolean'),
    ("risk = 3", "risk is 3: it should be a table"),
    ("[risk.regimes]\nneutral = []", "risk.regimes.neutral is []: it should be a table"),
    ("universe = 'SPY'", 'universe is "SPY": it should be a valid array'),
    ("universe = 2026-08-20", 'universe is "2026-08-20": it should be a valid array'),
    ("[risk]\nshort_line = nan", "risk.short_line is NaN: it should be a finite number"),
    (
        "[risk.regimes.neutral]\nvar_budget = nan",
        "risk.regimes.neutral.var_budget is NaN: it should be a finite number",
    ),
    ("[orders]\nfee_per_contract = inf", "orders.fee_per_contract is Infinity: it should be a finite number"),
    ("[selection]\nshort_delta = [0.4, 0.1]", "selection: short_delta must ascend, it is 0.4, 0.1"),
    ("[selection]\nshort_delta = [0.4]", "selection.short_delta.1 is missing"),
    ("[cycle]\npolicy = 'yolo'", "cycle.policy is \"yolo\": it should be 'rule_only', 'llm_only' or 'hybrid'"),
    ("[cycle]\ntop_n = 0\nmax_orders = 99", "cycle.top_n is 0: it should be greater than or equal to 1 (and 1 more)"),
]


@pytest.mark.parametrize(("text", "says"), WRONG)
def test_a_wrong_mandate_is_one_line_with_file_key_value_and_bound(mine: Any, text: str, says: str) -> None:
    file = mine(text)
    with pytest.raises(MandateError) as caught:
        load_mandate(file, {})
    assert caught.value.what.startswith(f"{file}: {says}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["[risk", "daily_loss 3 %", "a = 1\na = 2", b"\xff\xfe", b"\x00"])
def test_a_file_that_is_no_toml_is_one_line(mine: Any, text: str | bytes) -> None:
    with pytest.raises(MandateError) as caught:
        load_mandate(mine(text), {})
    assert "mandate.toml" in str(caught.value) and "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_a_directory_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(MandateError, match=r"nowhere.toml cannot be read: No such file"):
        load_mandate(tmp_path / "nowhere.toml", {})
    with pytest.raises(MandateError, match="cannot be read: Is a directory"):
        load_mandate(tmp_path, {})


# the environment only tightens


@pytest.mark.parametrize(
    ("word", "mandated", "automatic"),
    [
        (None, True, True), ("", True, True), ("true", True, True), ("1", True, True), ("YES", True, True),
        ("false", True, False), ("0", True, False), ("off", True, False), ("perhaps", True, False),
        ("true", False, False), ("1", False, False), (None, False, False),
    ],
)  # fmt: skip
def test_auto_execute_in_the_environment_only_switches_off(
    mine: Any, word: str | None, mandated: bool, automatic: bool
) -> None:
    environment = {} if word is None else {"AUTO_EXECUTE": word}
    mandate = load_mandate(mine(f"[orders]\nauto_execute = {str(mandated).lower()}"), environment)
    assert mandate.orders.auto_execute is automatic


# stored and read back


def test_a_mandate_comes_back_equal_from_its_document() -> None:
    mandate = load_mandate(None, {})
    document = json.loads(json.dumps(mandate_document(mandate), allow_nan=False))
    assert mandate_from_document(document) == mandate


def test_a_stored_mandate_is_validated_again() -> None:
    document = mandate_document(load_mandate(None, {}))
    del document["risk"]["regimes"]["high_vol"]
    with pytest.raises(MandateError, match="the stored mandate: risk: no limits for regime high_vol"):
        mandate_from_document(document)
    with pytest.raises(MandateError, match="the stored mandate: risk is missing"):
        mandate_from_document({})
