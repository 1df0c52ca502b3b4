"""The profit of the structures is that of the account, to the cent."""

import pytest

from apps.commands.approve import approve
from apps.wiring import Fund
from domain.profit import Profit, by_strategy, whole
from memory.accounts import DEPOSIT
from memory.positions import executions
from tests.money import ACCOUNT, OTHER, SPREAD, book, cash, close, held, propose

STRADDLE = ("1:ZBNK260402C00073000", "1:ZBNK260402P00073000")


def profits(fund: Fund) -> dict[str, Profit]:
    marks = {position.position_id: position.mark for position in book(fund).positions}
    with fund.database.connection() as connection:
        parts = by_strategy(executions(connection, ACCOUNT), marks)
    return {part.strategy: part for part in (*parts, whole(parts))}


def test_open_and_closed_structures_add_up_to_what_the_account_has_gained(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    approve(fund, propose(fund, *OTHER, "--contracts", "2"), "eva", None, follow=True)
    approve(fund, propose(fund, "ZBNK", "long_straddle", "--legs", *STRADDLE), "eva", None, follow=True)
    first = held(fund)[0]
    approve(fund, close(fund, first.position_id), "eva", None, follow=True)

    told = profits(fund)

    assert told["portfolio"].total == pytest.approx((book(fund).nlv or 0.0) - DEPOSIT, abs=0.005)
    assert (told["bull_put_spread"].positions, told["bull_put_spread"].still_open) == (2, 1)
    assert told["long_straddle"].realised == pytest.approx(-told["long_straddle"].fees)


def test_once_all_is_closed_everything_is_realised(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    approve(fund, close(fund, held(fund)[0].position_id), "eva", None, follow=True)
    told = profits(fund)["portfolio"]
    assert told.unrealised == 0.0
    assert told.realised == pytest.approx(cash(fund) - DEPOSIT, abs=0.005)
