"""What the child processes of the crash tests do. Each logs every step it takes, and may kill itself at one."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

from apps.commands.approve import approve
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles
from tests.desk import WATCHLIST, fund_on, words


@dataclass
class Killer:
    """Writes every event to a file that survives, and dies by SIGKILL at the event it was given."""

    log: Path
    at: str

    def entering(self, node: str, thread_id: str) -> None:
        self._event(f"entering {node}", thread_id)

    def leaving(self, node: str, thread_id: str) -> None:
        self._event(f"leaving {node}", thread_id)

    def _event(self, event: str, thread_id: str) -> None:
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(descriptor, f"{event} {thread_id}\n".encode())
        os.close(descriptor)
        if event == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


def run_cycle(url: str, home: Path, log: Path, at: str) -> None:
    with fund_on(url, home, witness=Killer(log, at)) as fund:
        cycles = Cycles(fund)
        cycles.carry_on(begin(fund, cycles, words("run", *WATCHLIST)))


def resume_cycle(url: str, home: Path, log: Path, run_id: str) -> None:
    with fund_on(url, home, witness=Killer(log, "")) as fund:
        Cycles(fund).carry_on(run_id)


def approve_order(url: str, home: Path, log: Path, at: str, order_id: str) -> None:
    with fund_on(url, home, witness=Killer(log, at)) as fund:
        approve(fund, order_id, "a person", None, follow=True)


def heal(url: str, home: Path, log: Path) -> None:
    """What any later command does first."""
    with fund_on(url, home, witness=Killer(log, "")) as fund:
        bring_up_to_date(fund, Cycles(fund), fund.desk_of(fund.account(None)))


def answer(url: str, home: Path, said: Path, order_id: str, by: str) -> None:
    """Approve and write down what was said to this person."""
    with fund_on(url, home) as fund:
        try:
            row = approve(fund, order_id, by, None, follow=True)
            said.write_text(f"won: {row.status}")
        except Exception as error:  # noqa: BLE001 - the test reads what kind it was
            said.write_text(f"{type(error).__name__}: {error}")
