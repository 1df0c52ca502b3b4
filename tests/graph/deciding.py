"""A whole cycle on a real desk that keeps nothing: no checkpoint, no row, only the state it ends in."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apps.cycle import Nowhere
from apps.opening import Opener
from apps.wiring import Fund
from domain.run import RunRequest
from graph.desk import Desk, Silent
from graph.fund import build_fund
from graph.state import FundState
from memory import runs
from tests.desk import WATCHLIST
from tests.money import ACCOUNT, desk_of


def request_at(fund: Fund, at: datetime, tickers: Sequence[str] = WATCHLIST) -> RunRequest:
    """A run that is recorded, so that its opening can be kept."""
    desk_of(fund)
    with fund.database.connection() as connection:
        run_id = runs.start(
            connection, ACCOUNT, at, "synthetic", {"tickers": list(tickers), "policy": "rule_only"}, "0"
        )
    return RunRequest(run_id, ACCOUNT, "synthetic", at, tuple(tickers), "rule_only")


def decide(fund: Fund, request: RunRequest) -> FundState:
    """The state at the end of the cycle, as the nodes left it."""
    opener, nowhere = Opener(desk_of(fund)), Nowhere()
    desk = Desk(
        mandate=fund.mandate, snapshots=fund.snapshots, views=opener.views, journal=nowhere, witness=Silent(),
        staging=nowhere, opener=opener.open, recorder=_forget, remember=_forget,
    )  # fmt: skip
    state: FundState = build_fund().invoke({"request": request}, context=desk)  # type: ignore[assignment]
    return state


def _forget(*_: Any) -> None:
    pass
