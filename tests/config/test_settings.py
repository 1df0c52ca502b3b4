"""Where things are, from the environment alone."""

from pathlib import Path

import pytest

from config.settings import read_settings
from domain.errors import BadInput


def test_without_any_variable_the_defaults_hold() -> None:
    settings = read_settings({})
    assert settings.home == Path("~/.minifund").expanduser()
    assert (settings.database_url, settings.secrets_dir, settings.log_level) == (None, None, "WARNING")


def test_the_home_and_the_mandate_in_it(tmp_path: Path) -> None:
    assert read_settings({"FUND_HOME": str(tmp_path)}).mandate is None
    (tmp_path / "mandate.toml").write_text("")
    assert read_settings({"FUND_HOME": str(tmp_path)}).mandate == tmp_path / "mandate.toml"
    named = {"FUND_HOME": str(tmp_path), "FUND_MANDATE": str(tmp_path / "other.toml")}
    assert read_settings(named).mandate == tmp_path / "other.toml"


def test_a_tilde_means_the_user_s_home() -> None:
    assert read_settings({"FUND_HOME": "~/fund"}).home == Path("~/fund").expanduser()


def test_a_log_level_is_one_of_four() -> None:
    assert read_settings({"FUND_LOG_LEVEL": "debug"}).log_level == "DEBUG"
    with pytest.raises(BadInput, match="FUND_LOG_LEVEL is 'loud'"):
        read_settings({"FUND_LOG_LEVEL": "loud"})


# secrets


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    (tmp_path / "OPENAI_API_KEY").write_text("from-file\n")
    (tmp_path / "telegram_bot_token").write_text("bot")
    (tmp_path / "EMPTY").write_text(" \n")
    (tmp_path / "BYTES").write_bytes(b"\xff\xfe")
    (tmp_path / "FUND_DATABASE_URL").write_text("postgresql://me:hush@db/fund")
    return tmp_path


def test_a_secret_comes_from_the_environment_before_the_directory(secrets: Path) -> None:
    settings = read_settings({"FUND_SECRETS_DIR": str(secrets), "OPENAI_API_KEY": "from-environment"})
    assert settings.secret("OPENAI_API_KEY") == "from-environment"
    assert read_settings({"FUND_SECRETS_DIR": str(secrets)}).secret("OPENAI_API_KEY") == "from-file"
    assert settings.secret("TELEGRAM_BOT_TOKEN") == "bot"


def test_a_secret_that_is_absent_or_empty_is_none(secrets: Path) -> None:
    settings = read_settings({"FUND_SECRETS_DIR": str(secrets)})
    assert settings.secret("EMPTY") is None and settings.secret("NOWHERE") is None
    assert read_settings({"OPENAI_API_KEY": " "}).secret("OPENAI_API_KEY") is None


def test_a_secret_that_cannot_be_read_is_one_line(secrets: Path) -> None:
    with pytest.raises(BadInput, match=r"BYTES cannot be read \(it is not UTF-8 text\)"):
        read_settings({"FUND_SECRETS_DIR": str(secrets)}).secret("BYTES")


def test_the_database_s_address_may_be_a_secret_and_is_never_shown(secrets: Path) -> None:
    settings = read_settings({"FUND_SECRETS_DIR": str(secrets), "OPENAI_API_KEY": "hush"})
    assert settings.database_url == "postgresql://me:hush@db/fund"
    assert "hush" not in repr(settings)
    assert read_settings({"FUND_DATABASE_URL": "postgresql://there"}).database_url == "postgresql://there"


def test_a_secrets_directory_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"FUND_SECRETS_DIR names .*nowhere, which is no directory"):
        read_settings({"FUND_SECRETS_DIR": str(tmp_path / "nowhere")})
