"""A close ends the position that is held, and nothing else."""

from dataclasses import replace

import pytest

from apps.commands.approve import approve
from apps.commands.close import stage_close
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.errors import Refused
from memory import positions
from memory.accounts import DEPOSIT
from tests.money import SPREAD, cash, close, desk_of, held, order_of, propose

STRUCTURES = {
    "bull_put_spread": ("-1:ZBNK260402P00071000", "1:ZBNK260402P00069000"),
    "bear_call_spread": ("-1:ZBNK260402C00073000", "1:ZBNK260402C00075000"),
    "bull_call_spread": ("1:ZBNK260402C00072000", "-1:ZBNK260402C00074000"),
    "bear_put_spread": ("1:ZBNK260402P00073000", "-1:ZBNK260402P00071000"),
    "iron_condor": (
        "-1:ZBNK260402P00070000", "1:ZBNK260402P00069000", "-1:ZBNK260402C00075000", "1:ZBNK260402C00076000"
    ),
    "calendar": ("-1:ZBNK260313C00073000", "1:ZBNK260402C00073000"),
    "long_straddle": ("1:ZBNK260402C00073000", "1:ZBNK260402P00073000"),
    "covered_call": ("100:ZBNK", "-1:ZBNK260402C00075000"),
    "cash_secured_put": ("-1:ZBNK260402P00070000",),
}  # fmt: skip


@pytest.mark.parametrize("structure", STRUCTURES)
def test_whatever_was_opened_can_be_closed_and_the_result_is_what_the_card_said(fund: Fund, structure: str) -> None:
    opened = propose(fund, "ZBNK", structure, "--contracts", "2", "--legs", *STRUCTURES[structure])
    assert approve(fund, opened, "eva", None, follow=True).status == "filled"
    (position,) = held(fund)
    assert position.contracts == 2

    order_id = close(fund, position.position_id)
    said = order_of(fund, order_id).staged
    assert approve(fund, order_id, "eva", None, follow=True).status == "filled"

    assert held(fund) == ()
    with fund.database.connection() as connection:
        ended = positions.position(connection, position.position_id)
    assert ended.cost == pytest.approx(cash(fund) - DEPOSIT)
    fees = 0.65 * sum(abs(leg.contracts) for leg in said.ticket.legs if leg.is_option)
    assert said.odds.max_profit == pytest.approx(position.cost + said.ticket.cash)
    assert ended.cost >= (said.odds.max_profit or 0.0) - fees - 1e-6
    assert said.odds.expected_value == said.odds.max_profit


def test_a_close_promises_no_risk(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    order_id = close(fund, held(fund)[0].position_id)
    desk = desk_of(fund)
    desk.approvals.approve(order_id, "eva")
    with fund.database.transaction() as connection:
        (promise,) = desk.accounting.book(connection, desk.account_id, desk.clock.now(), {}).promises
    assert (promise.max_loss, promise.margin, promise.day_risk) == (0.0, 0.0, 0.0)


def test_a_position_is_closed_by_one_order_at_a_time(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    position = held(fund)[0].position_id
    first = close(fund, position)
    with pytest.raises(Refused, match=f"{first} closes {position} already and is staged"):
        close(fund, position)


def test_a_second_close_of_what_is_closed_already_is_refused_not_opened_the_other_way_round(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    position = held(fund)[0].position_id
    desk = desk_of(fund)
    first = close(fund, position)
    ticket = replace(order_of(fund, first).staged.ticket, order_id="C9999")
    with fund.database.transaction() as connection:  # as another process would that did not see the first one
        desk.approvals.stage(connection, desk.approvals.assess(connection, ticket, {}, (), 9))
    Cycles(fund).threads.carry("C9999")

    assert approve(fund, first, "eva", None, follow=True).status == "filled"
    with pytest.raises(Refused, match=f"{position} does not hold what the order closes"):
        approve(fund, "C9999", "eva", None, follow=True)
    assert held(fund) == ()


def test_a_close_cannot_be_larger_than_what_is_held_by_then(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD, "--contracts", "2"), "eva", None, follow=True)
    (position,) = held(fund)
    desk = desk_of(fund)
    order_id = close(fund, position.position_id)
    whole = order_of(fund, order_id).staged.ticket
    half = replace(
        whole, order_id="C9999", contracts=1, legs=tuple(replace(x, contracts=x.contracts // 2) for x in whole.legs)
    )
    with fund.database.transaction() as connection:
        desk.approvals.stage(connection, desk.approvals.assess(connection, half, {}, (), 9))
    Cycles(fund).threads.carry("C9999")
    assert approve(fund, "C9999", "eva", None, follow=True).status == "filled"
    assert held(fund)[0].contracts == 1

    with pytest.raises(Refused, match="does not hold what the order closes"):
        approve(fund, order_id, "eva", None, follow=True)
    assert held(fund)[0].contracts == 1


def test_a_close_at_a_price_worse_than_the_worst_case_is_no_close(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    position = held(fund)[0]
    strikes = [leg.strike or 0.0 for leg in position.legs]
    with pytest.raises(Refused):
        stage_close(fund, desk_of(fund), position.position_id, -(max(strikes) - min(strikes)) - 0.05)
