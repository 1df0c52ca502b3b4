"""The real ``fund``, as a person or a program types it: a process of its own, or this one where that suffices."""

import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from apps.main import main
from apps.stores import DEFAULT_SEED
from domain.option import OptionContract
from market.synthetic import SyntheticSource, start_moment

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("FUND_TEST_DATA", ROOT.parent / "shared" / "data"))


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout; NaN and Infinity are no JSON, and nothing may stand beside it."""
        assert self.code in (0, 1), self.err
        return json.loads(self.out, parse_constant=_no_constant)


@dataclass(frozen=True)
class Cli:
    """The command line on one database and one home."""

    home: Path
    url: str | None = None
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("FUND_", "AUTO_EXECUTE"))}
        given = {"FUND_DATABASE_URL": self.url} if self.url else {}
        return kept | {"FUND_HOME": str(self.home), "PYTHONPATH": str(ROOT)} | given | dict(self.more)

    def process(self, *words: str, **options: Any) -> "subprocess.Popen[str]":
        command = [options.pop("python", sys.executable), "-m", "apps.main", *words]
        pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(command, cwd=ROOT, env=self.environment, text=True, **(pipes | options))

    def run(self, *words: str, **options: Any) -> Answer:
        """As a process of its own."""
        with self.process(*words, **options) as process:
            out, err = process.communicate(timeout=60)
        return Answer(process.returncode, out, err)

    def here(self, *words: str) -> Answer:
        """In this process."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in ("FUND_DATABASE_URL", "FUND_MANDATE", "AUTO_EXECUTE"):
                patch.delenv(name, raising=False)
            for name, value in self.environment.items():
                patch.setenv(name, value)
            try:
                code = main(words)
            except SystemExit as end:
                code = int(end.code or 0)
        return Answer(code, out.getvalue(), err.getvalue())

    def json(self, *words: str) -> Any:
        return self.here(*words, "--json").json

    def text(self, *words: str) -> str:
        answer = self.here(*words)
        assert answer.code == 0, answer.err
        return answer.out


def refused(answer: Answer, *says: str, code: int = 2) -> None:
    """One clear line (two with what to do), nothing on stdout, nothing of our insides."""
    lines = answer.err.splitlines()
    assert answer.code == code, answer
    assert 1 <= len(lines) <= 2 and all(lines), answer.err
    assert lines[0].startswith("fund: ") and "Traceback" not in answer.err
    assert not re.search(r"\.py\b|File \"|line \d+, in", answer.err), answer.err
    assert answer.out == ""
    for words in says:
        assert words in answer.err, answer.err


def at_the_money(ticker: str, days: int = 30) -> tuple[str, str]:
    """Call and put nearest the money, ``days`` or more ahead, in the market of the default seed."""
    at = start_moment(DEFAULT_SEED)
    chain = SyntheticSource(DEFAULT_SEED).chain(ticker, at)
    assert chain is not None
    expiry = min(day for day in chain.expiry if day >= np.datetime64(at.date() + timedelta(days=days)))
    listed = chain.two_sided & (chain.expiry == expiry)
    strike = float(min(chain.strike[listed], key=lambda strike: abs(strike - chain.spot)))
    contracts = [OptionContract(ticker, expiry.item(), right, strike) for right in ("C", "P")]
    return contracts[0].occ_symbol, contracts[1].occ_symbol


def decided(result: Any) -> Any:
    """What a run decided, without what names the run itself."""
    parts = ("regime", "signals", "abstentions", "candidates", "debates", "checks", "orders", "vetoes", "nlv")
    text = json.dumps({part: result[part] for part in parts})
    orders = {order["hash"]: f"hash {place}" for place, order in enumerate(result["orders"])}
    for known, plain in (orders | {result["run_id"]: "RUN", result["account_id"]: "ACCOUNT"}).items():
        text = text.replace(known, plain)
    return json.loads(text)


def _no_constant(name: str) -> float:
    raise AssertionError(f"{name} in JSON")
