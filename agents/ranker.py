"""Which tickers are worth a debate."""

from collections.abc import Mapping, Sequence

from agents.analyst import percent
from domain.mandate import CycleRules
from domain.order import Veto
from domain.signal import Candidate, Composite

STAGE = "rank_candidates"
# Shares of the alpha score: a clear direction, mispriced options, and how many analysts stand behind them.
PARTS = {"direction": 0.5, "volatility": 0.3, "coverage": 0.2}


def rank(
    composites: Sequence[Composite], rules: CycleRules, blocked: Mapping[str, str]
) -> tuple[tuple[Candidate, ...], tuple[Veto, ...]]:
    """The best ``rules.top_n`` by alpha score, ties by ticker, and a reason for every ticker passed over.

    ``blocked``: tickers that must not be proposed, with the reason (a live staged order, a halt).
    """
    refused = {c.ticker: reasons for c in composites if (reasons := _reasons(c, rules, blocked))}
    fit = sorted((c for c in composites if c.ticker not in refused), key=lambda c: (-alpha(c), c.ticker))
    candidates = tuple(
        Candidate(c.ticker, place, alpha(c), c.coverage, parts(c)) for place, c in enumerate(fit[: rules.top_n], 1)
    )
    for place, c in enumerate(fit[rules.top_n :], rules.top_n + 1):
        refused[c.ticker] = (f"ranked {place} with an alpha score of {alpha(c):.2f}; the first {rules.top_n} go on",)
    return candidates, tuple(Veto(c.ticker, STAGE, refused[c.ticker]) for c in composites if c.ticker in refused)


def parts(composite: Composite) -> dict[str, float]:
    """What each part adds to the alpha score; opposed evidence takes away from the direction."""
    raw = {
        "direction": abs(composite.score) * (1 - composite.conflict),
        "volatility": abs(composite.volatility_edge),
        "coverage": composite.coverage,
    }
    return {name: round(share * raw[name], 6) for name, share in PARTS.items()}


def alpha(composite: Composite) -> float:
    """The alpha score in [0, 1]."""
    return min(round(sum(parts(composite).values()), 6), 1.0)


def _reasons(composite: Composite, rules: CycleRules, blocked: Mapping[str, str]) -> tuple[str, ...]:
    reasons = [blocked[composite.ticker]] if composite.ticker in blocked else []
    if not composite.signal_ids:
        return (*reasons, "every analyst abstained")
    if not composite.coverage >= rules.min_coverage:
        share, least = percent(composite.coverage, 0), percent(rules.min_coverage, 0)
        reasons.append(f"the analysts that answered carry {share} of the weight; a debate needs {least}")
    if not composite.conviction > 0:
        reasons.append("no analyst leans either way, neither on direction nor on the price of options")
    return tuple(reasons)
