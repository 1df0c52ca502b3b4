"""What the leg optimiser may be asked to maximise: a table the mandate, the search and the documentation read."""

from dataclasses import dataclass

from domain.mandate import ObjectiveName
from quant import condor_search as search


@dataclass(frozen=True)
class Objective:
    """``code`` is that of ``quant.condor_search.value``; ``decimals`` are those a person is shown."""

    name: ObjectiveName
    title: str
    code: int
    decimals: int = 3


OBJECTIVES: tuple[Objective, ...] = (
    Objective("ev_over_cvar", "expected value over CVaR", search.EV_OVER_CVAR),
    Objective("ev_over_sd", "expected value over standard deviation", search.EV_OVER_SD),
    Objective("return_on_risk", "expected value over worst case", search.RETURN_ON_RISK),
    Objective("expected_value", "expected value", search.EXPECTED_VALUE, decimals=2),
    Objective("probability_of_profit", "probability of profit", search.PROBABILITY_OF_PROFIT),
)


def objective(name: ObjectiveName) -> Objective:
    """The row of that name."""
    return next(row for row in OBJECTIVES if row.name == name)
