"""What is sent without a person: nothing by default, and never more than ten contracts."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.commands.halt import halt
from apps.commands.run import command as run_command
from tests.desk import fund_on, words
from tests.money import desk_of, order_of, sent

AUTOMATIC = "[orders]\nauto_execute = true\n"


@pytest.fixture
def run(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """``fund run`` over a few underlyings under a mandate; the document it prints."""
    monkeypatch.setenv("FUND_DATABASE_URL", database_url)
    monkeypatch.setenv("FUND_HOME", str(tmp_path))

    def run(mandate: str) -> Any:
        (tmp_path / "mandate.toml").write_text(mandate)
        assert run_command(words("run", "ZMKT", "ZCPU", "ZAIR", "ZBNK", "--json")) == 0
        return json.loads(capsys.readouterr().out)

    return run


def statuses(result: Any) -> set[str]:
    assert result["orders"]
    return {order["status"] for order in result["orders"]}


def test_without_the_mandate_s_word_everything_waits_for_a_person(run: Any, database_url: str, tmp_path: Path) -> None:
    assert statuses(run("")) == {"staged"}
    with fund_on(database_url, tmp_path) as fund:
        assert sent(fund) == []


def test_with_it_small_orders_are_sent_and_nobody_s_name_is_under_them(
    run: Any, database_url: str, tmp_path: Path
) -> None:
    result = run(AUTOMATIC)
    assert statuses(result) == {"filled"}
    assert all(order["contracts"] <= 10 and not order["needs_person"] for order in result["orders"])
    with fund_on(database_url, tmp_path, AUTOMATIC) as fund:
        for order in result["orders"]:
            assert order_of(fund, order["order_id"]).decided_by == "auto"


def test_the_environment_may_forbid_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO_EXECUTE", "false")
    assert statuses(run(AUTOMATIC)) == {"staged"}


def test_the_environment_may_not_allow_it(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTO_EXECUTE", "true")
    assert statuses(run("")) == {"staged"}


def test_above_ten_contracts_a_person_decides_all_the_same(run: Any, database_url: str, tmp_path: Path) -> None:
    large = AUTOMATIC + "max_contracts = 1000\n[risk]\nshort_line = 0.05\n"
    result = run(large)
    sizes = {order["contracts"]: order["status"] for order in result["orders"]}
    assert max(sizes) > 10, "a large order is needed for this test to mean anything"
    for contracts, status in sizes.items():
        assert status == ("staged" if contracts > 10 else "filled")


def test_a_halt_stops_it(run: Any, database_url: str, tmp_path: Path) -> None:
    with fund_on(database_url, tmp_path, AUTOMATIC) as fund:
        desk_of(fund)
        halt(fund, "enough", "eva")
    assert run(AUTOMATIC)["orders"] == []
    with fund_on(database_url, tmp_path) as fund:
        assert sent(fund) == []
