"""What the pages about one symbol share: their first line, and their notes."""

from apps import output
from domain.ports import Json


def head(report: Json, *more: str) -> None:
    """Whose numbers these are, and of when."""
    real = "SYNTHETIC market, nothing here is real" if report["synthetic"] else f"data of {report['source']}"
    spot = "–" if report["spot"] is None else f"{report['spot']:.2f}"
    quoted = f"quotes of {output.clock(report['quote_time'])}, session {report['session']}"
    output.say(" · ".join((f"{report['ticker']} at {spot}", real, quoted, *more)))


def notes(report: Json, problems_shown: int) -> None:
    """Why something is not known, equal reasons once, and what had to be assumed."""
    grouped: dict[str, list[str]] = {}
    for name, reason in report["reasons"].items():
        grouped.setdefault(reason, []).append(name.replace("_", " "))
    for reason, names in grouped.items():
        output.say(f"– {', '.join(names)}: {reason}")
    problems = report["problems"]
    for problem in problems[:problems_shown]:
        output.say(f"! {problem}")
    if len(problems) > problems_shown:
        output.say(f"! and {len(problems) - problems_shown} more (--json has them all)")
