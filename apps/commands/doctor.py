"""``fund doctor``: what runs, which versions, what is configured, what is missing and what to do."""

import argparse
import os
import platform
import shutil
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from apps import output
from apps.version import code_version
from apps.wiring import Fund, open_fund
from config.settings import read_settings
from domain.errors import FundError
from domain.ports import Json

LIBRARIES = (
    "langgraph",
    "langgraph-checkpoint-postgres",
    "psycopg",
    "pgvector",
    "numpy",
    "pandas",
    "TA-Lib",
    "pydantic",
)
OPTIONAL = {
    "ib_async": ("ibkr", "Interactive Brokers"),
    "tastytrade": ("tastytrade", "tastytrade"),
    "praw": ("research", "Reddit"),
    "transformers": ("finbert", "FinBERT sentiment; the lexicon serves meanwhile"),
}
KEYS = {"OPENAI_API_KEY": "a model for debates; the rule policy serves without"}


def command(args: argparse.Namespace) -> int:
    document = examine()
    output.emit(document) if args.json else _tell(document)
    return 0 if document["healthy"] else 4


def examine() -> Json:
    """Everything the doctor looks at; a broken database is a finding, not an error."""
    settings = read_settings(os.environ)
    found: Json = {
        "version": code_version(),
        "python": platform.python_version(),
        "libraries": {name: _version(name) for name in LIBRARIES},
        "home": str(settings.home),
        "free_disk_gb": _free(settings.home),
        "mandate": str(settings.mandate) if settings.mandate else "the default",
        "problems": [],
        "advice": [],
    }
    try:
        with open_fund() as fund:
            found["database"] = _database(fund)
            found["data"] = [
                f"{h.kind} {h.name}: {h.count} from {h.first} to {h.last}" for h in fund.archive.holdings()
            ]
            found["auto_execute"] = fund.mandate.orders.auto_execute
            found["policy"] = fund.mandate.cycle.policy
            found["broken_journals"] = _broken(fund)
    except FundError as error:
        found["problems"].append(str(error))
    if found.get("broken_journals"):
        found["problems"].append(f"the journal's hash chain is broken: {', '.join(found['broken_journals'])}")
    found["advice"] += [
        f"{package} is not installed ({what}): pip install 'mini-hedge-fund[{extra}]'"
        for package, (extra, what) in OPTIONAL.items()
        if _version(package) is None
    ]
    found["advice"] += [f"{key} is not set ({what})" for key, what in KEYS.items() if settings.secret(key) is None]
    if not found.get("data"):
        found["advice"].append("no recorded market data: fund data import PATH...")
    found["healthy"] = not found["problems"]
    return found


def _database(fund: Fund) -> Json:
    with fund.database.connection() as connection:
        row = connection.execute("SELECT max(version) AS schema, count(*) AS n FROM fund.schema_migrations").fetchone()
        vector = connection.execute("SELECT extversion AS v FROM pg_extension WHERE extname = 'vector'").fetchone()
    info: Json = dict(fund.server.info())
    return info | {"schema": row["schema"] if row else None, "pgvector": vector["v"] if vector else None}


def _broken(fund: Fund) -> list[str]:
    """Accounts whose journal does not verify, with the first broken entry."""
    from memory import accounts

    with fund.database.connection() as connection:
        known = accounts.accounts(connection)
    verified = {account.account_id: fund.journal.verify(account.account_id) for account in known}
    return [f"{name} at entry {at}" for name, at in verified.items() if at is not None]


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _free(home: Path) -> float | None:
    place = next((path for path in (home, *home.parents) if path.exists()), None)
    return round(shutil.disk_usage(place).free / 1e9, 1) if place else None


def _tell(found: Json) -> None:
    output.say(f"mini-hedge-fund {found['version']} on Python {found['python']}")
    output.say(
        "libraries: " + ", ".join(f"{name} {number or 'missing'}" for name, number in found["libraries"].items())
    )
    output.say(f"home: {found['home']} ({found['free_disk_gb']} GB free) · mandate: {found['mandate']}")
    if "database" in found:
        output.say("database: " + ", ".join(f"{key} {value}" for key, value in found["database"].items()))
        output.say(f"policy: {found['policy']} · auto_execute: {str(found['auto_execute']).lower()}")
        output.say(f"recorded data: {len(found['data'])} series and chains (fund data list)")
    for problem in found["problems"]:
        output.say(f"PROBLEM: {problem}")
    for advice in found["advice"]:
        output.say(f"- {advice}")
    output.say("All is well." if found["healthy"] else "Something is wrong; see above.")
