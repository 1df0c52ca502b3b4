"""What the end of an option does to the account: in the venue's books and in ours, to the cent.

The synthetic market of the account's seed closes on 13 March 2026 at 76.01 in ZBNK and at 117.08 in ZOIL.
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from apps.commands.approve import approve
from apps.commands.positions import command as positions_command
from apps.commands.positions import position_document
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles, replay
from apps.wiring import Fund
from domain.session import session_close
from memory import positions, runs
from memory.accounts import DEPOSIT
from memory.positions import PositionRow
from tests.desk import words
from tests.money import ACCOUNT, book, cash, close, desk_of, held, order_of, pass_time, propose

EXPIRY = datetime(2026, 3, 13, 20, tzinfo=UTC)
AFTER = datetime(2026, 3, 16, 15, tzinfo=UTC)  # Monday
BANK, OIL = 76.01, 117.08


def open_position(fund: Fund, ticker: str, structure: str, *legs: str, contracts: int = 1) -> str:
    """A filled order of exactly these legs; the position's id."""
    order_id = propose(fund, ticker, structure, "--contracts", str(contracts), "--legs", *legs)
    assert approve(fund, order_id, "eva", None, follow=True).status == "filled"
    return f"P{order_id}"


def let_expire(fund: Fund) -> None:
    pass_time(fund, AFTER)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))


def row(fund: Fund, position_id: str) -> PositionRow:
    with fund.database.connection() as connection:
        return positions.position(connection, position_id)


def holding(fund: Fund, position_id: str) -> dict[str, int]:
    return {leg.symbol: leg.contracts for leg in row(fund, position_id).legs}


def kinds(fund: Fund, position_id: str) -> list[tuple[str, str, int, float]]:
    """What ended the options of a position: kind, instrument, contracts, price."""
    with fund.database.connection() as connection:
        found = positions.fills(connection, position_id=position_id)
    ends = [(f["kind"], f["symbol"], f["contracts"], float(f["price"])) for f in found if f["kind"] != "trade"]
    return sorted(ends)


def assert_books_agree(fund: Fund, *position_ids: str) -> None:
    """The venue's cash and holdings are ours, and every cent of the account is in one position."""
    desk = desk_of(fund)
    assert asyncio.run(desk.executor.reconcile()) == ()
    assert asyncio.run(desk.broker.cash()) == pytest.approx(cash(fund), abs=0.005)
    assert cash(fund) - DEPOSIT == pytest.approx(sum(row(fund, one).cost for one in position_ids), abs=0.005)


def test_an_option_out_of_the_money_expires_worthless_and_the_premium_is_kept(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "cash_secured_put", "-1:ZBNK260313P00071000")
    received = row(fund, position).cost
    let_expire(fund)
    ended = row(fund, position)
    assert (ended.legs, ended.closed_at) == ((), EXPIRY)
    assert ended.cost == received > 0
    assert kinds(fund, position) == [("expiry", "ZBNK260313P00071000", 1, 0.0)]
    assert_books_agree(fund, position)


def test_a_put_sold_that_ends_in_the_money_is_assigned_into_stock_at_the_strike(fund: Fund) -> None:
    position = open_position(fund, "ZOIL", "cash_secured_put", "-1:ZOIL260313P00120000")
    received = row(fund, position).cost
    let_expire(fund)
    assert holding(fund, position) == {"ZOIL": 100}
    assert row(fund, position).cost == pytest.approx(received - 12_000)
    assert kinds(fund, position) == [
        ("assignment", "ZOIL", 100, 120.0),
        ("assignment", "ZOIL260313P00120000", 1, 0.0),
    ]
    (marked,) = book(fund).positions
    assert marked.max_loss == pytest.approx(12_000 - received), "the stock may become worthless"
    assert [(group["strategy"], group["risk"]) for group in position_document(marked, None)["holds"]] == [
        ("long_stock", "to_zero")
    ]
    assert_books_agree(fund, position)


def test_assigned_stock_can_be_sold_again(fund: Fund) -> None:
    position = open_position(fund, "ZOIL", "cash_secured_put", "-1:ZOIL260313P00120000")
    let_expire(fund)
    order_id = close(fund, position)
    assert approve(fund, order_id, "eva", None, follow=True).status == "filled"
    assert held(fund) == ()
    assert_books_agree(fund, position)


def test_a_call_held_that_ends_in_the_money_is_exercised(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "long_straddle", "1:ZBNK260313C00073000", "1:ZBNK260313P00073000")
    let_expire(fund)
    assert holding(fund, position) == {"ZBNK": 100}
    assert kinds(fund, position) == [
        ("exercise", "ZBNK", 100, 73.0),
        ("exercise", "ZBNK260313C00073000", -1, 0.0),
        ("expiry", "ZBNK260313P00073000", -1, 0.0),
    ]
    assert_books_agree(fund, position)


def test_a_vertical_that_ends_in_the_money_leaves_no_stock_and_its_width_in_cash(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "bull_call_spread", "1:ZBNK260313C00073000", "-1:ZBNK260313C00075000")
    paid = row(fund, position).cost
    let_expire(fund)
    ended = row(fund, position)
    assert (ended.legs, ended.closed_at) == ((), EXPIRY)
    assert ended.cost == pytest.approx(paid + 200)
    assert_books_agree(fund, position)


def test_the_stock_of_a_covered_call_is_called_away_at_the_strike(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "covered_call", "100:ZBNK", "-1:ZBNK260313C00075000")
    paid = row(fund, position).cost
    let_expire(fund)
    ended = row(fund, position)
    assert ended.legs == ()
    assert ended.cost == pytest.approx(paid + 7_500)
    assert_books_agree(fund, position)


def test_of_a_covered_call_out_of_the_money_the_stock_remains(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "covered_call", "100:ZBNK", "-1:ZBNK260313C00077000", contracts=2)
    assert row(fund, position).contracts == 2
    let_expire(fund)
    assert holding(fund, position) == {"ZBNK": 200}
    assert row(fund, position).contracts == 2
    assert_books_agree(fund, position)


def test_the_far_leg_of_a_calendar_outlives_the_near_one_and_covers_what_it_brought(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "calendar", "-1:ZBNK260313C00075000", "1:ZBNK260327C00075000")
    let_expire(fund)
    assert holding(fund, position) == {"ZBNK": -100, "ZBNK260327C00075000": 1}
    (marked,) = book(fund).positions
    assert marked.max_loss < 1_000, "short stock under a call held is no unbounded risk"
    assert_books_agree(fund, position)


Opened = tuple[str, Sequence[str], int]  # structure, legs of one, how many
PAIRS: dict[str, Sequence[Opened]] = {
    "opposite spreads": [
        ("bull_call_spread", ("1:ZBNK260313C00073000", "-1:ZBNK260313C00075000"), 1),
        ("bear_call_spread", ("-1:ZBNK260313C00073000", "1:ZBNK260313C00075000"), 1),
    ],
    "a call held by one and sold by the other": [
        ("long_straddle", ("1:ZBNK260313C00075000", "1:ZBNK260313P00075000"), 1),
        ("covered_call", ("100:ZBNK", "-1:ZBNK260313C00075000"), 1),
    ],
    "two sold, one held": [
        ("covered_call", ("100:ZBNK", "-1:ZBNK260313C00075000"), 2),
        ("bull_call_spread", ("1:ZBNK260313C00075000", "-1:ZBNK260313C00077000"), 1),
    ],
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_positions_that_offset_each_other_at_the_venue_each_end_as_their_own(
    fund: Fund, pair: Sequence[Opened]
) -> None:
    both = [open_position(fund, "ZBNK", structure, *legs, contracts=n) for structure, legs, n in pair]
    costs = {one: row(fund, one).cost for one in both}
    options = {one: [leg for leg in row(fund, one).legs if leg.is_option] for one in both}
    shares = {one: sum(leg.contracts for leg in row(fund, one).legs if not leg.is_option) for one in both}

    let_expire(fund)

    for one in both:
        for leg in options[one]:
            if leg.intrinsic(BANK):
                way = leg.units if leg.right == "C" else -leg.units
                shares[one] += way
                costs[one] -= way * (leg.strike or 0.0)
        assert holding(fund, one) == ({"ZBNK": shares[one]} if shares[one] else {})
        assert row(fund, one).cost == pytest.approx(costs[one])
    assert_books_agree(fund, *both)


def test_settlement_happens_once_however_often_the_account_is_looked_at(fund: Fund) -> None:
    position = open_position(fund, "ZOIL", "cash_secured_put", "-1:ZOIL260313P00120000")
    let_expire(fund)
    before = (row(fund, position), cash(fund), kinds(fund, position))
    for days in range(3):
        pass_time(fund, AFTER + timedelta(days=days))
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert (row(fund, position), cash(fund), kinds(fund, position)) == before
    assert_books_agree(fund, position)


def test_an_option_lives_until_the_close_of_its_last_day(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "cash_secured_put", "-1:ZBNK260313P00071000")
    for moment, alive in ((EXPIRY - timedelta(seconds=1), True), (EXPIRY, False)):
        pass_time(fund, moment)
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        assert bool(row(fund, position).legs) is alive


def test_fund_positions_lets_time_pass_and_settles(
    fund: Fund, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    position = open_position(fund, "ZBNK", "cash_secured_put", "-1:ZBNK260313P00071000")
    assert fund.settings.database_url is not None
    monkeypatch.setenv("FUND_DATABASE_URL", fund.settings.database_url)
    monkeypatch.setenv("FUND_HOME", str(fund.settings.home))
    assert positions_command(words("positions", "--as-of", AFTER.isoformat(), "--json")) == 0
    assert row(fund, position).closed_at == EXPIRY
    assert '"positions": []' in capsys.readouterr().out


def test_the_value_at_a_close_counts_what_expired_in_it_as_settled(fund: Fund) -> None:
    positions_ = [
        open_position(fund, "ZOIL", "cash_secured_put", "-1:ZOIL260313P00120000"),
        open_position(fund, "ZBNK", "bull_call_spread", "1:ZBNK260313C00073000", "-1:ZBNK260313C00075000"),
    ]
    let_expire(fund)
    desk = desk_of(fund)
    with fund.database.transaction() as connection:
        session, value, _ = desk.accounting.previous_nlv(connection, ACCOUNT, desk.clock.now())
    assert session_close(session) == EXPIRY
    assert value == pytest.approx(cash(fund) + 100 * OIL)
    assert_books_agree(fund, *positions_)


def test_short_stock_left_by_a_spread_is_an_unbounded_risk_that_stops_everything_but_its_closing(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "bear_call_spread", "-1:ZBNK260313C00075000", "1:ZBNK260313C00077000")
    let_expire(fund)
    assert holding(fund, position) == {"ZBNK": -100}
    assert book(fund).positions[0].max_loss == float("inf")

    cycles = Cycles(fund)
    result = cycles.carry_on(begin(fund, cycles, words("run", "ZMKT", "ZAIR")))
    assert result["orders"] == []
    assert approve(fund, close(fund, position), "eva", None, follow=True).status == "filled"
    assert_books_agree(fund, position)

    with fund.database.connection() as connection:
        again = replay(fund, runs.run(connection, result["run_id"]))
    assert again[2] == again[3], "the run can be decided again although a number in its book is infinite"


def test_a_close_staged_before_an_expiry_does_not_open_what_it_was_to_close(fund: Fund) -> None:
    position = open_position(fund, "ZBNK", "calendar", "-1:ZBNK260313C00075000", "1:ZBNK260327C00075000")
    pass_time(fund, EXPIRY - timedelta(minutes=30))
    order_id = close(fund, position)
    desk_of(fund).approvals.approve(order_id, "eva")
    pass_time(fund, EXPIRY + timedelta(minutes=1))
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert order_of(fund, order_id).status == "refused"
    assert holding(fund, position) == {"ZBNK": -100, "ZBNK260327C00075000": 1}
