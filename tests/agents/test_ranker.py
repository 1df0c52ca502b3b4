from dataclasses import replace

import pytest

from agents import ranker
from agents.alpha import score_watchlist
from domain.mandate import CycleRules
from domain.signal import Composite

RULES = CycleRules(top_n=2, min_coverage=0.35)


def view(
    ticker: str, score: float = 0.5, *, edge: float = 0.0, coverage: float = 1.0, conflict: float = 0.0
) -> Composite:
    return Composite(ticker, score, max(abs(score), abs(edge)), coverage, edge, conflict, (f"flow:{ticker}:trend",))


def rank(views: list[Composite], rules: CycleRules, blocked: dict[str, str]):
    return ranker.rank(views, score_watchlist(views, [], {}, rules.alpha), rules, blocked)


def test_the_strongest_views_go_on_whatever_their_side() -> None:
    candidates, passed = rank([view("AAA", 0.1), view("BBB", -0.9), view("CCC", 0.5)], RULES, {})
    assert [(c.ticker, c.rank) for c in candidates] == [("BBB", 1), ("CCC", 2)]
    assert [v.ticker for v in passed] == ["AAA"]
    assert "ranked 3" in passed[0].reasons[0]


def test_ties_go_by_ticker_whatever_the_order() -> None:
    views = [view("CCC"), view("AAA"), view("BBB")]
    first, second = rank(views, RULES, {}), rank(views[::-1], RULES, {})
    assert [c.ticker for c in first[0]] == [c.ticker for c in second[0]] == ["AAA", "BBB"]


def test_coverage_exactly_at_the_minimum_goes_on_and_below_it_does_not() -> None:
    candidates, passed = rank([view("AAA", coverage=0.35), view("BBB", coverage=0.3499)], RULES, {})
    assert [c.ticker for c in candidates] == ["AAA"]
    assert "a debate needs 35 %" in passed[0].reasons[0]


def test_unknown_coverage_does_not_go_on() -> None:
    assert rank([view("AAA", coverage=float("nan"))], RULES, {})[0] == ()


def test_all_abstained_and_no_lean_are_different_reasons() -> None:
    silent = replace(view("AAA", 0.0, coverage=0.0), signal_ids=())
    _, passed = rank([silent, view("BBB", 0.0)], RULES, {})
    assert passed[0].reasons == ("every analyst abstained",)
    assert "leans" in passed[1].reasons[0]


def test_a_blocked_ticker_is_passed_over_with_its_reason_and_takes_no_place() -> None:
    candidates, passed = rank([view("AAA", 0.9), view("BBB"), view("CCC")], RULES, {"AAA": "order o1 is still staged"})
    assert [c.ticker for c in candidates] == ["BBB", "CCC"]
    assert passed[0].reasons == ("order o1 is still staged",)
    assert passed[0].stage == "rank_candidates"


def test_all_reasons_are_given_not_the_first() -> None:
    _, passed = rank([view("AAA", coverage=0.1)], RULES, {"AAA": "halted"})
    assert len(passed[0].reasons) == 2


def test_a_candidate_carries_what_each_part_adds_and_says() -> None:
    (best, *_), _ = rank([view("AAA", 0.9)], RULES, {})
    assert sum(best.parts.values()) == pytest.approx(best.score, abs=1e-5) and best.score > 0
    assert best.says[0] == "direction: the analysts lean bullish at +0.90"
