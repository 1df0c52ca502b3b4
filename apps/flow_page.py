"""The page of ``fund flow`` on a terminal. What is not known shows as a dash, with its reason below."""

from apps import output, pages
from domain.ports import Json

BARS, BAR_WIDTH = 15, 30
ROWS, PAIN_ROWS, CHANGE_ROWS, PROBLEM_ROWS = 8, 8, 4, 4


def tell(report: Json) -> None:
    pages.head(report)
    _exposure(report)
    _by_strike(report)
    _held(report)
    _pain(report)
    _traded(report)
    _unusual(report)
    pages.notes(report, PROBLEM_ROWS)


def _exposure(report: Json) -> None:
    calls, puts = report["dealers"]["calls"], report["dealers"]["puts"]
    hedging = report["hedging"]
    rows = [
        ("gamma, for the spot up 1 %", _money(report["gex_total"]), _trade(hedging["per_percent"]),
         _usual(hedging["usual_move"], hedging["move_percent"], "%")),
        ("vanna, for vols up a point", _money(report["vex_total"]), _trade(hedging["per_vol_point"]),
         _usual(hedging["usual_vol_change"], hedging["vol_change_points"], "points")),
        ("charm, for a calendar day", _money(report["cex_total"]), _trade(hedging["overnight"]),
         "until this time tomorrow"),
    ]  # fmt: skip
    output.table(
        f"Dealers' delta in dollars, if they are {_side(calls)} calls and {_side(puts)} puts",
        ("", "delta", "so they", "on a usual day"), rows, numbers=(1,),
    )  # fmt: skip
    zero, spot = report["zero_gamma"], report["spot"]
    if zero is not None and spot is not None:
        output.say(
            f"Gamma is zero at {zero:.2f}; the spot {spot:.2f} is {100 * abs(spot / zero - 1):.1f} % "
            f"{'above' if spot > zero else 'below'} it."
        )


def _by_strike(report: Json) -> None:
    """The strikes with most gamma, in order, as bars to both sides of a line."""
    rows = sorted(report["gex_by_strike"], key=lambda row: -abs(row["gex"] or 0.0))[:BARS]
    largest = abs(rows[0]["gex"]) if rows else 0.0
    if not largest:
        return
    cells = [
        (f"{row['strike']:g}", _money(row["gex"]), _bar(row["gex"] / largest))
        for row in sorted(rows, key=lambda row: -row["strike"])
    ]
    output.table("Gamma by strike, the largest", ("strike", "gex", ""), cells, numbers=(0, 1))


def _bar(share: float) -> str:
    length = round(abs(share) * BAR_WIDTH / 2)
    side = BAR_WIDTH // 2
    return f"{'▒' * length:>{side}}│" if share < 0 else f"{'':>{side}}│{'█' * length}"


def _held(report: Json) -> None:
    rows = [
        (name, f"{wall['strike']:g}", f"{wall['open_interest']:,.0f}", output.share(wall["share"]))
        for name in ("calls", "puts")
        for wall in report["walls"][name]
    ]
    if rows:
        output.table(
            "Walls: most open calls above the spot, puts below", ("", "strike", "open", "of all"), rows, (1, 2, 3)
        )
    if report["interest_change"] is not None:
        _changed(report["interest_change"])


def _changed(change: Json) -> None:
    output.say(
        f"Since the session of {change['since']}: {change['calls']:+,.0f} calls and {change['puts']:+,.0f} puts in "
        f"{change['compared']:,} options listed in both; {change['appeared']:,.0f} open in new ones, "
        f"{change['gone']:,.0f} in those gone."
    )
    built = [line for line in change["lines"] if line["now"] > line["before"]]
    cut = [line for line in change["lines"] if line["now"] < line["before"]]
    rows = [
        (
            line["occ_symbol"],
            *(_whole(line[name]) for name in ("before", "now")),
            f"{line['now'] - line['before']:+,.0f}",
        )
        for line in (*built[:CHANGE_ROWS], *cut[:CHANGE_ROWS])
    ]
    if rows:
        output.table("Largest changes of open interest", ("", "before", "now", "change"), rows, (1, 2, 3))


def _pain(report: Json) -> None:
    pins = {row["expiry"]: row for row in report["pin"]}
    rows = [
        (row["expiry"], f"{row['strike']:g}", *_pin(pins.get(row["expiry"])))
        for row in report["max_pain"]
        if not row["expired"]
    ][:PAIN_ROWS]
    if rows:
        heads = ("expiry", "max pain", "pin", "score", "concentration", "hedging", "nearness", "urgency")
        output.table("Max pain, and where the spot may be held", heads, rows, numbers=range(1, 8))


def _pin(pin: Json | None) -> tuple[str, ...]:
    if pin is None:
        return ("",) * 6
    parts = ("score", "concentration", "hedging", "nearness", "urgency")
    return (f"{pin['strike']:g}", *(f"{pin[part]:.2f}" for part in parts))


def _traded(report: Json) -> None:
    rows = [
        (name.replace("_", " "), _ratio(value), _whole(report["put_call_percentile"][name]))
        for name, value in report["put_call"].items()
    ]
    output.table("Puts over calls", ("by", "ratio", "percentile"), rows, numbers=(1, 2))
    z, days = report["volume_z"], report["volume_history_days"]
    beside = "" if z is None else f", {z:+.1f} deviations from the usual of {output.plural(days, 'session')}"
    output.say(f"{_whole(report['volume'])} contracts traded{beside}; {_whole(report['open_interest'])} open.")


def _unusual(report: Json) -> None:
    told = [row for row in report["unusual"] if row["view"]]
    rows = [
        (row["occ_symbol"], _whole(row["volume"]), _whole(row["open_interest"]), _ratio(row["ratio"]),
         _money(row["premium"])) for row in told[:ROWS]
    ]  # fmt: skip
    if rows:
        rest = len(report["unusual"]) - len(told)
        output.table(
            f"Volume above twice the open interest, the first of {len(told)} by premium "
            f"({rest} more about to expire or deep in the money)",
            ("", "volume", "open", "ratio", "premium"), rows, numbers=(1, 2, 3, 4),
        )  # fmt: skip


def _side(sign: float) -> str:
    return f"{'long' if sign > 0 else 'short'} {100 * abs(sign):.0f} % of" if sign else "without"


def _trade(value: float | None) -> str:
    return "–" if value is None else f"{'buy' if value >= 0 else 'sell'} {_money(abs(value))}"


def _usual(value: float | None, size: float | None, unit: str) -> str:
    return "–" if value is None or size is None else f"{_trade(value)} at +{size:.2f} {unit}"


def _money(value: float | None) -> str:
    if value is None:
        return "–"
    for size, letter in ((1e9, "bn"), (1e6, "m"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:,.2f} {letter}"
    return f"{value:,.0f}"


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _whole(value: float | None) -> str:
    return "–" if value is None else f"{value:,.0f}"
