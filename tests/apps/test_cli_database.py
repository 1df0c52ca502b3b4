"""A database or a home that cannot be used, a mandate that says nonsense: one clear line and a non-zero exit."""

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from memory.cluster import OsUser
from memory.database import Database
from memory.migrate import MIGRATIONS, migrate
from tests.apps.cli import Answer, Cli, refused
from tests.conftest import temporary_folder
from tests.memory.harness import PACKAGES, ROOT, python_for, root_only

PASSWORD = "s3cret-w0rd"


@pytest.mark.parametrize(
    "address",
    [
        f"postgresql://me:{PASSWORD}@127.0.0.1:9/fund",
        f"host=127.0.0.1 port=9 user=me password={PASSWORD} dbname=fund",
        f"postgresql://me:{PASSWORD}@no-such-host.invalid/fund",
        f"postgresql://me:{PASSWORD}@127.0.0.1:99999999/fund",
        f"postgresql://me:{PASSWORD}@[::1/fund",
        f"mysql://me:{PASSWORD}@127.0.0.1/fund",
        f"me:{PASSWORD}",
    ],
)
def test_a_database_out_of_reach_is_named_without_its_password(tmp_path: Path, address: str) -> None:
    for words in (("run", "--json"), ("status",), ("data", "list", "--json")):
        answer = Cli(tmp_path, address).here(*words)
        refused(answer, "PostgreSQL", "FUND_DATABASE_URL", code=4)
        assert PASSWORD not in answer.err


def test_a_closed_port_says_so(tmp_path: Path) -> None:
    answer = Cli(tmp_path, "postgresql://127.0.0.1:9/fund").here("run", "--json")
    refused(answer, "127.0.0.1:9/fund does not let us in: Connection refused", code=4)


def test_the_doctor_tells_what_is_wrong_with_the_database(tmp_path: Path) -> None:
    answer = Cli(tmp_path, f"postgresql://me:{PASSWORD}@127.0.0.1:9/fund").here("doctor")
    assert answer.code == 4 and answer.err == ""
    assert "PROBLEM: PostgreSQL at 127.0.0.1:9/fund" in answer.out and PASSWORD not in answer.out


@pytest.fixture
def empty_url(server_url: str) -> Iterator[str]:
    name = f"empty_{os.getpid()}"
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
        yield server_url.replace("/fund?", f"/{name}?")
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def test_an_older_schema_is_brought_forward(empty_url: str, tmp_path: Path) -> None:
    older = tmp_path / "migrations"
    older.mkdir()
    for path in sorted(MIGRATIONS.glob("*.sql"))[:2]:
        shutil.copy(path, older)
    with Database(empty_url) as database:
        migrate(database, older)

    status = Cli(tmp_path, empty_url).json("status")

    assert status["accounts"] == []
    assert Cli(tmp_path, empty_url).json("doctor")["database"]["schema"] == max(
        int(path.name[:4]) for path in MIGRATIONS.glob("*.sql")
    )


def test_a_newer_schema_is_left_alone(fund: Cli) -> None:
    with psycopg.connect(str(fund.url), autocommit=True) as connection:
        connection.execute(
            "INSERT INTO fund.schema_migrations (version, name, checksum) VALUES (9999, '9999_future', 'x')"
        )
    for words in (("run", "--json"), ("status",)):
        refused(fund.here(*words), "9999_future", "update mini-hedge-fund", code=4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speed = 1", "speed is not a key of the mandate"),
        ("[risk]\ndaily_loss = 0.5", "risk.daily_loss is 0.5"),
        ("[risk]\ndaily_loss = nan", "risk.daily_loss is NaN"),
        ("[risk]\nfree_margin = 0.1", "risk.free_margin is 0.1"),
        ("[risk.regimes.calm]\nposition = 0.01", "risk.regimes.calm"),
        ("[risk.regimes.neutral]\nposition = '5 %'", "risk.regimes.neutral.position"),
        ("[risk.regimes.neutral]\nstructures = ['moonshot']", "moonshot"),
        ("universe = 'ZMKT'", "universe"),
        ("this is no TOML", "is not TOML"),
        ("[cycle]\npolicy = 'llm_only'", "needs a model"),
        ("universe = ['NOPE']", "does not know NOPE"),
    ],
)
def test_a_malformed_mandate_stops_a_run_before_it_starts(shared: Cli, tmp_path: Path, text: str, says: str) -> None:
    mandate = tmp_path / "mandate.toml"
    mandate.write_text(text)
    strict = Cli(shared.home, shared.url, {"FUND_MANDATE": str(mandate)})

    refused(strict.here("run", "--json"), says)

    assert shared.json("status")["accounts"] == []


def test_a_mandate_that_is_not_there_is_named(shared: Cli, tmp_path: Path) -> None:
    lost = Cli(shared.home, shared.url, {"FUND_MANDATE": str(tmp_path / "lost.toml")})
    refused(lost.here("status"), "lost.toml cannot be read")


def test_a_home_that_is_a_file_cannot_hold_a_database(tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    for place in (home, home / "below"):
        refused(Cli(place).here("run", "--json"), "cannot hold the fund's data", code=4)


def test_with_a_server_a_useless_home_costs_only_the_journal_s_copy(fund: Cli, tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.write_text("")
    fund.text("run", "ZMKT")
    answer = Cli(home, fund.url).run("data", "list", "--json")
    assert answer.json["data"] == []
    assert len(answer.err.splitlines()) == 1 and "could not be written" in answer.err


@root_only
def test_a_read_only_home_is_one_clear_line_to_an_ordinary_user() -> None:
    folder = temporary_folder()
    home = folder / "home"
    home.mkdir(mode=0o555)
    try:
        refused(as_nobody(home, "run", "--json"), f"{home} cannot hold the fund's data: Permission denied", code=4)
    finally:
        shutil.rmtree(folder)


def as_nobody(home: Path, *words: str) -> Answer:
    entry = pwd.getpwnam("nobody")
    python = python_for(OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid))
    more = {"PYTHONPATH": f"{ROOT}:{PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/"}
    cli = Cli(home, None, more)
    return cli.run(*words, python=python, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])
