"""Configuration, read once, in one place: the environment and a secrets directory. ``mandate_file.py`` is the rest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from domain.errors import BadInput

CBOE_URL = "https://cdn.cboe.com/api/global/delayed_quotes"
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]


@dataclass(frozen=True)
class Settings:
    """Where things are. What may be secret is left out of the representation."""

    home: Path
    database_url: str | None = field(repr=False)
    mandate: Path | None
    log_level: LogLevel
    secrets_dir: Path | None
    cboe_url: str
    environment: Mapping[str, str] = field(repr=False)

    def secret(self, name: str) -> str | None:
        """A secret such as OPENAI_API_KEY: the environment's, else the content of the file of that name (or of its
        lower-case name) in the secrets directory, else None. Surrounding blanks and an empty value count as nothing.

        :raises BadInput: the file is there and cannot be read.
        """
        return _secret(name, self.environment, self.secrets_dir)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from FUND_HOME, FUND_DATABASE_URL, FUND_MANDATE, FUND_SECRETS_DIR, FUND_LOG_LEVEL and FUND_CBOE_URL.

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
        cboe_url=(environment.get("FUND_CBOE_URL") or CBOE_URL).rstrip("/"),
        environment=environment,
    )


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
        raise BadInput(f"the secret {file} cannot be read", why_unreadable(error)) from None


def why_unreadable(error: OSError | UnicodeDecodeError) -> str:
    """In a few words."""
    return (error.strerror or "input/output error") if isinstance(error, OSError) else "it is not UTF-8 text"
