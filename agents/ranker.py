"""Which tickers are worth a debate."""

from collections.abc import Mapping, Sequence

from agents.alpha import contributions
from agents.analyst import percent
from domain.mandate import CycleRules
from domain.order import Veto
from domain.signal import Alpha, Candidate, Composite

STAGE = "rank_candidates"


def rank(
    composites: Sequence[Composite], alphas: Sequence[Alpha], rules: CycleRules, blocked: Mapping[str, str]
) -> tuple[tuple[Candidate, ...], tuple[Veto, ...]]:
    """The best ``rules.top_n`` by alpha score, ties by ticker, and a reason for every ticker passed over.

    ``alphas`` has the score of every composite. ``blocked``: tickers that must not be proposed, with the reason (a live
    staged order, a halt).
    """
    scores = {alpha.ticker: alpha for alpha in alphas}
    refused = {c.ticker: reasons for c in composites if (reasons := _reasons(c, rules, blocked))}
    fit = sorted((c for c in composites if c.ticker not in refused), key=lambda c: (-scores[c.ticker].score, c.ticker))
    candidates = tuple(_candidate(place, c, scores[c.ticker]) for place, c in enumerate(fit[: rules.top_n], 1))
    for place, c in enumerate(fit[rules.top_n :], rules.top_n + 1):
        score = scores[c.ticker].score
        refused[c.ticker] = (f"ranked {place} with an alpha score of {score:.2f}; the first {rules.top_n} go on",)
    return candidates, tuple(Veto(c.ticker, STAGE, refused[c.ticker]) for c in composites if c.ticker in refused)


def _candidate(place: int, composite: Composite, alpha: Alpha) -> Candidate:
    says = tuple(f"{part.name}: {part.says}" for part in alpha.parts)
    return Candidate(composite.ticker, place, alpha.score, composite.coverage, contributions(alpha), says)


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
