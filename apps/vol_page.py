"""The page of ``fund vol`` on a terminal. What is not known shows as a dash, with its reason below."""

from collections.abc import Sequence

from apps import output, pages
from domain.ports import Json

TOLD_BY_SYMBOL = ("expiry", "strike", "right")
TERM_ROWS, MISPRICED_ROWS, PROBLEM_ROWS = 12, 8, 6
ESTIMATORS = {
    "close_to_close": "close to close",
    "parkinson": "Parkinson",
    "garman_klass": "Garman-Klass",
    "rogers_satchell": "Rogers-Satchell",
    "yang_zhang": "Yang-Zhang",
}
WINDOWS = ("10", "20", "30")


def tell(report: Json) -> None:
    pages.head(report, f"rate {_percent(report['rate'], 2)}")
    _implied(report)
    _realised(report)
    _moves(report)
    _term(report)
    _surface(report)
    _mispriced(report)
    pages.notes(report, PROBLEM_ROWS)


def _implied(report: Json) -> None:
    history, flagged = report["iv_history"], report["iv_flag"]
    days = 0 if history is None else history["days"]
    rows = [
        ("30-day volatility", _percent(report["iv30"]), _hundred(report["iv_rank"]), _hundred(report["iv_percentile"]),
         f"{output.plural(days, 'day')}{f', flagged {flagged}' if flagged else ''}"),
        ("model-free (VIX method)", _percent(report["model_free_iv30"]), _hundred(report["model_free_rank"]),
         _hundred(report["model_free_percentile"]), _model_free_history(report)),
        ("25-delta skew, put - call", _points(report["skew_25d"]), "", _hundred(report["skew_percentile"]),
         output.plural(report["skew_history_days"], "day")),
    ]  # fmt: skip
    premium = report["variance_risk_premium"]
    if premium is not None:
        rows.append(
            ("implied - realised (20 days)", _points(premium["volatility"]), "", _hundred(premium["percentile"]),
             f"{output.plural(premium['history_days'], 'day')}, mean {_points(premium['mean'])}")
        )  # fmt: skip
    output.table("Implied", ("", "now", "rank", "percentile", "history"), rows, numbers=(1, 2, 3))


def _model_free_history(report: Json) -> str:
    days, source, flagged = (report[f"model_free_{name}"] for name in ("history_days", "history_source", "flag"))
    told = "" if source is None or source in ("recorded", report["source"]) or report["synthetic"] else f" of {source}"
    return f"{output.plural(days, 'day')}{told}{f', flagged {flagged}' if flagged else ''}"


def _realised(report: Json) -> None:
    rows = [
        (words, *(_percent(report["realised"][name][window]) for window in WINDOWS))
        for name, words in ESTIMATORS.items()
    ]
    output.table("Realised", ("", *(f"{window} days" for window in WINDOWS)), rows, numbers=(1, 2, 3))


def _moves(report: Json) -> None:
    move, earnings = report["expected_move"], report["earnings"]
    if move is not None:
        paid = f"{move['straddle']:.2f} ({_percent(move['straddle'] / move['forward'])})"
        output.say(
            f"Expected by {move['expiry']} ({move['days']:.0f} days): {move['move_low']:.2f} to "
            f"{move['move_high']:.2f} in two cases of three; the straddle costs {paid}."
        )
    if earnings is not None and earnings["move"] is not None:
        output.say(
            f"Earnings on {earnings['day']}: options pay for a move of {_percent(earnings['move'])} either way, beside "
            f"{_percent(earnings['base_vol'])} a year on usual days."
        )


def _term(report: Json) -> None:
    rows = [
        (
            row["expiry"],
            f"{row['days']:.1f}",
            _percent(row["atm_iv"]),
            f"{row['forward']:.2f}",
            f"{row['straddle']:.2f}",
        )
        for row in _spread_out(report["term"], TERM_ROWS)
    ]
    if rows:
        shape = f", {report['term_shape']} from 30 to 90 days" if report["term_shape"] else ""
        output.table(f"Term structure{shape}", ("expiry", "days", "at the money", "forward", "straddle"), rows,
                     numbers=(1, 2, 3, 4))  # fmt: skip
    curve = report["vix_curve"]
    if curve is not None:
        points = ", ".join(f"{point['name']} {100 * point['level']:.2f}" for point in curve["points"])
        rank = curve["vix_rank"]
        standing = "" if rank is None else f"; VIX rank {rank:.0f}, percentile {curve['vix_percentile']:.0f}"
        output.say(f"VIX curve of {curve['date']}: {points}: {curve['shape'] or 'shape unknown'}{standing}.")


def _surface(report: Json) -> None:
    fit = report["surface"]
    if fit is None:
        return
    rmse, inside = fit["rmse_vol_points"], fit["inside_bid_ask"]
    output.say(
        f"Surface of {len(fit['slices'])} expiries: "
        f"{'–' if rmse is None else f'{rmse:.3f}'} vol points off the mids (root mean square), {output.share(inside)} "
        f"inside bid and ask; butterflies {_free(fit['butterfly_free'])}, calendars {_free(fit['calendar_free'])}."
    )


def _free(known: bool | None) -> str:
    return {True: "free of arbitrage", False: "NOT free of arbitrage", None: "unknown"}[known]


def _mispriced(report: Json) -> None:
    rows = report["mispriced"][:MISPRICED_ROWS]
    if not rows:
        return
    heads = [name for name in rows[0] if name not in TOLD_BY_SYMBOL]
    numbers = [place for place, name in enumerate(heads) if isinstance(rows[0][name], int | float)]
    cells = [[_cell(row[name]) for name in heads] for row in rows]
    more = len(report["mispriced"]) - len(rows)
    output.table(
        f"Quotes that lie off the surface{f', the first of {len(rows) + more}' if more else ''}",
        [head.replace("_", " ") for head in heads], cells, numbers,
    )  # fmt: skip


def _cell(value: object) -> str:
    return "–" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _spread_out(rows: Sequence[Json], most: int) -> list[Json]:
    """At most so many rows, the first and the last among them, evenly spread in between."""
    if len(rows) <= most:
        return list(rows)
    return [rows[round(place * (len(rows) - 1) / (most - 1))] for place in range(most)]


def _percent(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def _points(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:+.1f} pts"


def _hundred(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
