"""``fund propose`` lets a person choose what the legs maximise, and how many of the best are told."""

import typing

from apps.parser import OBJECTIVES
from domain.mandate import ObjectiveName
from strategies import objectives
from tests.apps.cli import Cli


def test_a_person_chooses_the_objective_and_how_many_are_shown(fund: Cli) -> None:
    staged = {order["ticker"] for order in fund.json("run")["orders"]}
    free = next(ticker for ticker in ("ZMKT", "ZBNK", "ZCPU", "ZSOF", "ZSHP") if ticker not in staged)
    order = fund.json("propose", free, "bull_put_spread", "--objective", "probability_of_profit", "--best", "4")
    told = [reason for reason in order["reasons"] if "probability of profit 0." in reason]
    assert [reason.split(" ")[0] for reason in told] == ["best", "runner-up", "number", "number"]
    chances = [float(reason.split("probability of profit ")[1].split(" ")[0]) for reason in told]
    assert chances == sorted(chances, reverse=True)


def test_more_than_can_be_shown_and_unknown_objectives_are_refused(fund: Cli) -> None:
    fund.json("run")
    many = fund.here("propose", "ZCPU", "bull_put_spread", "--best", "21")
    assert many.code != 0 and "up to 20" in many.err
    assert "expected_value" in fund.here("propose", "ZCPU", "bull_put_spread", "--objective", "luck").err


def test_the_words_of_the_command_line_are_the_objectives_there_are() -> None:
    assert OBJECTIVES == typing.get_args(ObjectiveName) == tuple(row.name for row in objectives.OBJECTIVES)
