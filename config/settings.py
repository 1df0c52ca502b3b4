"""Configuration, read once, in one place: the environment, a secrets directory, and the mandate."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from domain.errors import BadInput, MandateError
from domain.mandate import Mandate
from strategies.catalogue import NAMES

DEFAULT_MANDATE = Path(__file__).with_name("mandate.toml")
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
Document = dict[str, Any]
YES_WORDS = frozenset({"1", "true", "yes", "on"})


@dataclass(frozen=True)
class Settings:
    """Where things are. What may be secret is left out of the representation."""

    home: Path
    database_url: str | None = field(repr=False)
    mandate: Path | None
    log_level: LogLevel
    secrets_dir: Path | None
    environment: Mapping[str, str] = field(repr=False)

    def secret(self, name: str) -> str | None:
        """A secret such as OPENAI_API_KEY: the environment's, else the content of the file of that name (or of its
        lower-case name) in the secrets directory, else None. Surrounding blanks and an empty value count as nothing.

        :raises BadInput: the file is there and cannot be read.
        """
        return _secret(name, self.environment, self.secrets_dir)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from FUND_HOME, FUND_DATABASE_URL, FUND_MANDATE, FUND_SECRETS_DIR and FUND_LOG_LEVEL.

    Without FUND_MANDATE the mandate is ``mandate.toml`` in the home, if there is one. FUND_DATABASE_URL may be a secret
    file too.

    :raises BadInput: a named directory or level does not exist.
    """
    home = _path(environment.get("FUND_HOME") or "~/.minifund")
    secrets_dir = _path(environment["FUND_SECRETS_DIR"]) if environment.get("FUND_SECRETS_DIR") else None
    if secrets_dir is not None and not secrets_dir.is_dir():
        raise BadInput(
            f"FUND_SECRETS_DIR names {secrets_dir}, which is no directory", "create it or unset the variable"
        )
    own = home / "mandate.toml"
    named = _path(environment["FUND_MANDATE"]) if environment.get("FUND_MANDATE") else None
    return Settings(
        home=home,
        database_url=_secret("FUND_DATABASE_URL", environment, secrets_dir),
        mandate=named or (own if own.exists() else None),
        log_level=_log_level(environment.get("FUND_LOG_LEVEL") or "WARNING"),
        secrets_dir=secrets_dir,
        environment=environment,
    )


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


def _path(text: str) -> Path:
    return Path(text).expanduser()


def _log_level(text: str) -> LogLevel:
    for level in get_args(LogLevel):
        if level == text.upper():
            found: LogLevel = level
            return found
    raise BadInput(f"FUND_LOG_LEVEL is {text!r}", f"choose one of {', '.join(get_args(LogLevel))}")


def _secret(name: str, environment: Mapping[str, str], secrets_dir: Path | None) -> str | None:
    value = environment.get(name, "").strip()
    if value or secrets_dir is None:
        return value or None
    file = next((f for f in (secrets_dir / name, secrets_dir / name.lower()) if f.is_file()), None)
    if file is None:
        return None
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"the secret {file} cannot be read", _cause(error)) from None


def _read(path: Path) -> Document:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise MandateError(f"{path} is not TOML: {error}", "correct that line") from None
    except (OSError, UnicodeDecodeError) as error:
        raise MandateError(
            f"the mandate {path} cannot be read: {_cause(error)}", "name another with FUND_MANDATE"
        ) from None


def _cause(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "input/output error") if isinstance(error, OSError) else "it is not UTF-8 text"


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
    for regime, limits in mandate.risk.regimes.items():
        unknown = [name for name in limits.structures if name not in NAMES]
        if unknown:
            raise MandateError(
                f"{source}: risk.regimes.{regime}.structures has {unknown[0]!r}, which is no structure",
                f"choose from {', '.join(NAMES)}",
            )


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
