"""The mandate as TOML: the commented default, the person's own over it, and what a run stored of it."""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.settings import why_unreadable
from domain.errors import MandateError
from domain.mandate import Mandate
from strategies.catalogue import NAMES, structure
from strategies.held import HELD

DEFAULT_MANDATE = Path(__file__).with_name("mandate.toml")
Document = dict[str, Any]
YES_WORDS = frozenset({"1", "true", "yes", "on"})


def load_mandate(path: Path | None, environment: Mapping[str, str]) -> Mandate:
    """The default mandate, overridden key by key by the person's file, tightened by the environment.

    Lists are replaced as a whole. AUTO_EXECUTE may switch automatic execution off; a value that says yes changes
    nothing, and one that is no word for yes counts as no.

    :raises MandateError: the file cannot be read, is no TOML, or holds an unknown key or a value out of bounds.
    """
    document = _read(DEFAULT_MANDATE)
    if path is not None:
        document = _merged(document, _read(path))
    mandate = _validated(document, str(path or DEFAULT_MANDATE))
    _know_structures(mandate, str(path or DEFAULT_MANDATE))
    word = environment.get("AUTO_EXECUTE", "").strip().lower()
    if word and word not in YES_WORDS:
        orders = mandate.orders.model_copy(update={"auto_execute": False})
        return mandate.model_copy(update={"orders": orders})
    return mandate


def mandate_document(mandate: Mandate) -> Document:
    """The whole mandate as JSON values, for storing and replay."""
    return mandate.model_dump(mode="json")


def mandate_from_document(document: Document) -> Mandate:
    """The mandate a run stored.

    :raises MandateError: it is not a valid mandate (any more).
    """
    return _validated(document, "the stored mandate")


def _read(path: Path) -> Document:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise MandateError(f"{path} is not TOML: {error}", "correct that line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MandateError(
            f"the mandate {path} cannot be read: {why_unreadable(error)}", "name another with FUND_MANDATE"
        ) from None


def _merged(base: Document, over: Document) -> Document:
    """``base`` with the keys of ``over`` put in; tables are merged, everything else is replaced."""
    merged = dict(base)
    for key, value in over.items():
        under = base.get(key)
        merged[key] = _merged(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _validated(document: Document, source: str) -> Mandate:
    """Through JSON, because TOML and JSON have lists where the mandate has tuples, and strictly: "3" is no number."""
    try:
        return Mandate.model_validate_json(json.dumps(document, default=str), strict=True)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise MandateError(f"{source}: {_problem(problems[0])}{more}", "see config/mandate.toml for all keys") from None


def _know_structures(mandate: Mandate, source: str) -> None:
    """:raises MandateError: a name that may not be traded, or one that goes against its row of the selector."""
    for regime, limits in mandate.risk.regimes.items():
        _tradable(f"risk.regimes.{regime}.structures", limits.structures, source)
    for number, row in enumerate(mandate.selector.rows, start=1):
        _tradable(f"selector.rows, row {number}", row.structures, source)
        against = [name for name in row.structures if structure(name).direction != row.direction]
        if against:
            own = structure(against[0]).direction
            raise MandateError(
                f"{source}: selector.rows, row {number} is {row.direction} and has {against[0]}, which is {own}",
                "docs/structures.md says what each structure is for",
            )


def _tradable(where: str, names: tuple[str, ...], source: str) -> None:
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        held = any(row.name == unknown[0] for row in HELD)
        what = "may not be traded, it is only a name for what a book holds" if held else "is no structure"
        raise MandateError(f"{source}: {where} has {unknown[0]!r}, which {what}", f"choose from {', '.join(NAMES)}")


def _problem(detail: ErrorDetails) -> str:
    """One line: the key's path, its value, and the bound it breaks."""
    where = ".".join(str(part) for part in detail["loc"] if part != "[key]") or "the mandate"
    if detail["type"] == "extra_forbidden":
        return f"{where} is not a key of the mandate"
    if detail["type"] == "missing":
        return f"{where} is missing"
    says = (
        detail["msg"]
        .removeprefix("Value error, ")
        .replace("Input should be", "it should be")
        .replace("an object", "a table")
    )
    value = detail["input"]
    shown = "" if isinstance(value, dict) else f" is {json.dumps(value)[:60]}"
    return f"{where}{shown}: {says}"
