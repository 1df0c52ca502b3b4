"""The gate: every rule, asked in order, all answers returned."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from domain.order import Check
from risk import hard, soft, state
from risk.facts import Facts, reduces_risk


class Row(NamedTuple):
    """A rule and when it is asked: of the ``portfolio`` before any order, of an order that is ``opening`` (or anything
    but a plain close), of one that only is ``reducing`` risk."""

    rule: Callable[[Facts], Check]
    portfolio: bool
    opening: bool
    reducing: bool

    @property
    def name(self) -> str:
        return self.rule.__name__


YES, NO = True, False
RULES = (
    #                                portfolio, opening, reducing
    Row(state.halted, YES, YES, YES),  # a person may reduce under a halt
    Row(state.reconciled, YES, YES, YES),
    Row(state.book_known, YES, YES, NO),
    Row(soft.regime_known, YES, YES, NO),
    Row(hard.daily_loss, YES, YES, NO),
    Row(hard.free_margin, YES, YES, NO),
    Row(soft.var_budget, YES, YES, NO),
    Row(soft.order_rate, YES, YES, YES),
    Row(hard.position_size, NO, YES, NO),
    Row(hard.sector_exposure, NO, YES, NO),
    Row(hard.order_size, NO, YES, YES),
    Row(hard.naked_short, NO, YES, YES),
    Row(soft.structure_allowed, NO, YES, NO),
    Row(soft.strategy_concentration, NO, YES, NO),
    Row(soft.short_line, NO, YES, NO),
    Row(soft.correlated_positions, NO, YES, NO),
    Row(soft.earnings_proximity, NO, YES, NO),
    Row(state.own_account, NO, YES, YES),
    Row(state.position_held, NO, YES, NO),
    Row(state.duplicate_ticker, NO, YES, NO),
    Row(state.duplicate_close, NO, NO, YES),
    Row(state.quote_age, NO, YES, YES),
    Row(state.liquidity, NO, YES, NO),
    Row(state.limit_on_tick, NO, YES, YES),
    Row(state.alive, NO, YES, YES),
)


def check_portfolio(facts: Facts) -> tuple[Check, ...]:
    """Whether anything new is allowed at all, before there is an order."""
    alone = replace(facts, order=None)
    return tuple(row.rule(alone) for row in RULES if row.portfolio)


def check_order(facts: Facts) -> tuple[Check, ...]:
    """Every rule on one concrete order.

    An order that only reduces the risk of one position (``risk.facts.reduces_risk``) is asked fewer: limits on size,
    loss and regime must not keep a position from being closed.

    :raises ValueError: the facts hold no order.
    """
    reducing = reduces_risk(facts.the_order.ticket, facts.book)
    return tuple(row.rule(facts) for row in RULES if (row.reducing if reducing else row.opening))


def refusals(checks: Sequence[Check]) -> tuple[Check, ...]:
    """The checks that did not pass; empty means allowed."""
    return tuple(check for check in checks if not check.passed)
