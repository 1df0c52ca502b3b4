"""A branch that fails is run again alone: what its siblings learned is not thrown away."""

import threading
from collections import Counter
from pathlib import Path

import pytest

from apps.commands.run import begin
from apps.cycle import Cycles
from memory import runs
from tests.desk import WATCHLIST, fund_on, words

PATIENT = 10.0


class OneFails:
    """A witness in whose presence the first task of a kind fails, once all its siblings are done."""

    def __init__(self, kind: str, siblings: int) -> None:
        self._kind, self._siblings = kind, siblings
        self._done, self._lock, self.failed = threading.Semaphore(0), threading.Lock(), False
        self.ran: Counter[str] = Counter()

    def entering(self, node: str, thread_id: str) -> None:
        with self._lock:
            self.ran[node] += 1
            fails = node.startswith(self._kind) and not self.failed
            self.failed = self.failed or fails
        if fails:
            for _ in range(self._siblings):
                assert self._done.acquire(timeout=PATIENT)
            raise ConnectionError("the source broke off")

    def leaving(self, node: str, thread_id: str) -> None:
        if node.startswith(self._kind):
            self._done.release()


@pytest.mark.parametrize(("kind", "siblings"), [("read_", 4), ("debate", len(WATCHLIST) - 1)])
def test_only_the_branch_that_failed_runs_again(kind: str, siblings: int, database_url: str, tmp_path: Path) -> None:
    witness = OneFails(kind, siblings)
    with fund_on(database_url, tmp_path, witness=witness) as fund:
        cycles = Cycles(fund)
        run_id = begin(fund, cycles, words("run", *WATCHLIST))
        with pytest.raises(ConnectionError):
            cycles.carry_on(run_id)
        first = witness.ran.copy()
        with fund.database.connection() as connection:
            assert runs.run(connection, run_id)["status"] == "running"

        result = cycles.carry_on(run_id)

        again = {node: count for node, count in (witness.ran - first).items() if node.startswith(kind)}
        assert sum(first[node] for node in first if node.startswith(kind)) == siblings + 1
        assert sum(again.values()) == 1, f"ran again: {again}"
        assert "open_cycle" not in witness.ran - first
        assert len(result["debates"]) == len(WATCHLIST)
        assert len({signal["source"] for signal in result["signals"]}) == 5
