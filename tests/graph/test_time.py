"""Nothing later than a moment changes what is decided at it."""

from datetime import date, datetime, timedelta

import pytest

from apps.commands.approve import approve
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from graph.record import decision_hash
from market.synthetic import SyntheticSource
from tests.desk import words
from tests.graph.deciding import decide, request_at
from tests.money import SEED, START, book, desk_of, held, live_in, order_of, pass_time, propose

UNIVERSE = SyntheticSource(SEED).universe()


class Until:
    """The synthetic market, which refuses to be asked for anything later than a moment."""

    def __init__(self, moment: datetime, source: SyntheticSource) -> None:
        self.moment, self._source, self.asked = moment, source, 0

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        method = getattr(self._source, name)

        def ask(*given: object) -> object:
            late = [moment for moment in given if isinstance(moment, datetime) and moment > self.moment]
            assert not late, f"{name} was asked for {late[0]}, it is {self.moment}"
            self.asked += 1
            return method(*given)

        return ask if name not in ("name",) else method


def poisoned(after: date) -> SyntheticSource:
    """The same market, until after a day everything goes ten times as wild."""
    return SyntheticSource(SEED, shock=lambda day: 10.0 if day > after else None)


def test_the_poison_works() -> None:
    later = START + timedelta(days=1)
    calm, wild = SyntheticSource(SEED).chain("ZAIR", later), poisoned(START.date()).chain("ZAIR", later)
    assert calm is not None and wild is not None
    assert calm.spot != wild.spot


@pytest.mark.parametrize("days", [0, 7])
def test_poisoning_every_later_day_changes_no_decision(fund: Fund, days: int) -> None:
    at = START + timedelta(days=days)
    approve(fund, propose(fund, "ZBNK", "bull_put_spread"), "eva", None, follow=True)
    pass_time(fund, at)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    request = request_at(fund, at, UNIVERSE)
    honest = decide(fund, request)
    assert honest["vetting"].orders, "there must be a decision for this test to mean anything"
    assert honest["opening"].book.positions

    with fund.database.connection() as connection:
        connection.execute("DELETE FROM fund.nlv_marks")
    live_in(fund, poisoned(at.date()))

    assert decision_hash(decide(fund, request)) == decision_hash(honest)


def test_a_cycle_asks_for_nothing_later_than_its_moment(fund: Fund) -> None:
    propose(fund, "ZBNK", "bull_put_spread")
    market = Until(START, SyntheticSource(SEED))
    live_in(fund, market)
    cycles = Cycles(fund)
    assert cycles.carry_on(begin(fund, cycles, words("run", *UNIVERSE)))["orders"]
    assert market.asked > len(UNIVERSE)


def test_an_approval_and_its_fill_ask_for_nothing_later_than_their_moment(fund: Fund) -> None:
    order_id = propose(fund, "ZBNK", "bull_put_spread")
    live_in(fund, Until(START, SyntheticSource(SEED)))
    assert approve(fund, order_id, "eva", None, follow=True).status == "filled"
    assert book(fund).nlv is not None


def test_the_same_evidence_is_decided_the_same_whoever_asks_first(fund: Fund) -> None:
    """No hidden state: in a fresh source, in a warm one, and in one that has looked far ahead."""
    first = decision_hash(decide(fund, request := request_at(fund, START, UNIVERSE)))
    desk_of(fund).source.chain("ZMKT", START + timedelta(days=400))
    assert decision_hash(decide(fund, request)) == first
    live_in(fund, SyntheticSource(SEED))
    assert decision_hash(decide(fund, request)) == first


def test_time_runs_forward_only(fund: Fund) -> None:
    order_id = propose(fund, "ZBNK", "bull_put_spread")
    pass_time(fund, START + timedelta(hours=1))
    pass_time(fund, START - timedelta(days=30))
    assert desk_of(fund).clock.now() == START + timedelta(hours=1)
    approve(fund, order_id, "eva", None, follow=True)
    assert all(position.opened_at >= START + timedelta(hours=1) for position in held(fund))
    assert order_of(fund, order_id).staged_at <= desk_of(fund).clock.now()
