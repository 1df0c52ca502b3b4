"""The picture of ``fund vol``: smiles with their quotes, the term structure, and implied against realised volatility.

Drawn with matplotlib: one drawing serves as png, svg and pdf without a browser, and an html page holds the svg.
"""

import io
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.analyst import bars
from agents.looked import Looked
from agents.volatility_facts import against_realised, recent
from domain.errors import BadInput, Unavailable
from domain.ports import Json
from quant.black import greeks
from quant.history import percentiles
from quant.normal import Floats
from quant.smile import Smile
from quant.surface import row_years

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = (".png", ".svg", ".pdf", ".html")
SMILES = (7, 30, 60, 180)  # days to the expiries that are shown
REACH = 3.5  # standard deviations from the forward
SHOWN_SESSIONS = 252
INK, RED, BLUE, GREY = "#222222", "#b5402a", "#2a6fb5", "#999999"


def check_drawable(path: Path) -> None:
    """:raises BadInput: the file's ending is none of ``KINDS``. :raises Unavailable: matplotlib is not installed."""
    if path.suffix.lower() not in KINDS:
        raise BadInput(f"{path.name} ends in none of {', '.join(KINDS)}", "name the picture like vol.png")
    if find_spec("matplotlib") is None:
        raise Unavailable("matplotlib is not installed, no picture can be drawn", "pip install matplotlib")


def draw(looked: Looked, report: Json, path: Path) -> None:
    """Write the picture; its kind follows from the file's ending, which ``check_drawable`` has accepted."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 8.5), layout="constrained")
    FigureCanvasAgg(figure)
    _fill(figure, looked, report)
    if path.suffix.lower() == ".html":
        path.write_text(_page(figure, report), encoding="utf-8")
    else:
        figure.savefig(path, dpi=110)


def _page(figure: "Figure", report: Json) -> str:
    drawn = io.StringIO()
    figure.savefig(drawn, format="svg")
    svg = drawn.getvalue()
    title = f"Volatility of {report['ticker']}, {report['session']}"
    style = "body{margin:0} svg{width:100%;height:auto}"
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title><style>{style}</style>'
        f"</head><body>{svg[svg.index('<svg') :]}</body></html>\n"
    )


def _fill(figure: "Figure", looked: Looked, report: Json) -> None:
    shown = _shown(looked.surface.slices)
    layout = figure.add_gridspec(3, 4, height_ratios=(1.15, 1, 0.8))
    for place, smile in enumerate(shown):
        _smile(figure.add_subplot(layout[0, place]), looked, smile)
    _term(figure.add_subplot(layout[1:, :2]), report)
    _past(figure.add_subplot(layout[1, 2:]), looked)
    _standing(figure.add_subplot(layout[2, 2:]), looked, report)
    unreal = "SYNTHETIC market" if report["synthetic"] else f"data of {report['source']}"
    figure.suptitle(f"{report['ticker']}, quotes of {report['quote_time']:%Y-%m-%d %H:%M} UTC, {unreal}", color=INK)


def _shown(slices: Sequence[Smile]) -> list[Smile]:
    """The expiries nearest to the tenors shown, each once."""
    found = {min(slices, key=lambda s: abs(s.years * 365 - days)).expiry for days in SMILES} if slices else set()
    return [one for one in slices if one.expiry in found]


def _smile(axes: "Axes", looked: Looked, smile: Smile) -> None:
    """Market quotes as bars from bid to ask in volatility, the fit as a line."""
    strike, mid, half = quotes_of(looked, smile)
    axes.errorbar(strike, 100 * mid, 100 * half, fmt="none", ecolor=GREY, elinewidth=1, zorder=1)
    axes.plot(strike, 100 * mid, ".", color=INK, ms=2.5, zorder=2)
    if len(strike):
        line = np.linspace(strike.min(), strike.max(), 300)
        axes.plot(line, 100 * smile.vol(line), color=RED, lw=1.2, zorder=3)
        axes.set_ylim(0.9 * 100 * float(np.min(mid)), 1.05 * 100 * float(np.max(mid)))
    axes.axvline(smile.forward, color=BLUE, lw=0.7, ls=":")
    axes.set_title(f"{smile.expiry}, {smile.years * 365:.0f} days", fontsize=10, color=INK)
    axes.set_xlabel("strike", fontsize=8)
    axes.set_ylabel("volatility, %", fontsize=8)
    _quiet(axes)


def quotes_of(looked: Looked, smile: Smile) -> tuple[Floats, Floats, Floats]:
    """An expiry's out-of-the-money quotes: strikes, vols of the mids, and half-spreads in vol (half-spread / vega)."""
    chain, surface = looked.chain, looked.surface
    rows = np.flatnonzero((np.abs(row_years(chain) - smile.years) < 1e-9) & chain.two_sided & np.isfinite(surface.vols))
    strike = chain.strike[rows]
    near = np.abs(np.log(strike / smile.forward)) <= REACH * max(smile.deviation, 1e-6)
    rows = rows[near & (chain.call[rows] == (strike >= smile.forward))]
    vols, strike = surface.vols[rows], chain.strike[rows]
    vega = greeks(chain.call[rows], chain.spot, smile.forward, strike, smile.years, vols, smile.discount).vega
    half = (chain.ask[rows] - chain.bid[rows]) / 2 / np.maximum(vega, 1e-9)
    known = np.isfinite(half) & (half < vols)
    return strike[known], vols[known], half[known]


def _term(axes: "Axes", report: Json) -> None:
    rows = [row for row in report["term"] if row["days"] >= 1]
    axes.plot(
        [r["days"] for r in rows], [100 * r["atm_iv"] for r in rows], "o-", color=RED, ms=3, lw=1, label="at the money"
    )
    curve = report["vix_curve"]
    if curve is not None and _comparable(report):
        days, levels = [p["days"] for p in curve["points"]], [100 * p["level"] for p in curve["points"]]
        axes.plot(days, levels, "s--", color=BLUE, ms=4, lw=0.8, label=f"VIX curve of {curve['date']}")
    if report["model_free_iv30"] is not None:
        axes.plot([30], [100 * report["model_free_iv30"]], "D", color=INK, ms=5, label="model-free, 30 days")
    axes.set_xscale("log")
    axes.set_xticks([7, 30, 90, 180, 365, 730], ["7", "30", "90", "180", "365", "730"])
    _titled(axes, "Term structure", "days (log scale)")


def _comparable(report: Json) -> bool:
    """Whether the VIX curve belongs into the same picture: a single stock of three times its level would flatten."""
    levels = [point["level"] for point in report["vix_curve"]["points"] if point["name"] == "VIX"]
    return report["iv30"] is not None and bool(levels) and 0.5 < report["iv30"] / levels[0] < 2.0


def _past(axes: "Axes", looked: Looked) -> None:
    past = against_realised(recent(looked.context, "iv30"), bars(looked.context))
    dates = past.dates[-SHOWN_SESSIONS:]
    axes.plot(dates, 100 * past.implied[-SHOWN_SESSIONS:], color=RED, lw=1.2, label="implied, 30 days")
    axes.plot(
        dates, 100 * past.realised[-SHOWN_SESSIONS:], color=BLUE, lw=1.2, label="realised, 20 sessions (Yang-Zhang)"
    )
    _titled(axes, "Implied against realised", "")
    _dated(axes)


def _standing(axes: "Axes", looked: Looked, report: Json) -> None:
    """The percentile each day had in its own year, where the history is long enough for one."""
    for name, color, words in (("iv30", RED, "30-day volatility"), ("skew_25d", GREY, "25-delta skew")):
        history = recent(looked.context, name)
        standing = np.array([]) if history is None else percentiles(history.values)[-SHOWN_SESSIONS:]
        if history is not None and np.isfinite(standing).any():
            axes.plot(history.dates[-SHOWN_SESSIONS:], standing, color=color, lw=1, label=words)
    axes.set_ylim(0, 100)
    _titled(axes, "Percentile in its own year", "", unit="")
    if axes.lines:
        axes.axhspan(85, 100, color=RED, alpha=0.08)
        axes.axhspan(0, 15, color=BLUE, alpha=0.08)
        _dated(axes)
    else:
        axes.set_xticks([])
        why = report["reasons"].get("iv_percentile", "too little history")
        axes.text(0.5, 0.5, f"not known: {why}", ha="center", va="center", color=GREY, transform=axes.transAxes)


def _titled(axes: "Axes", title: str, below: str, unit: str = "volatility, %") -> None:
    axes.set_title(title, fontsize=10, color=INK)
    axes.set_xlabel(below, fontsize=8)
    axes.set_ylabel(unit, fontsize=8)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8, frameon=False)
    _quiet(axes)


def _dated(axes: "Axes") -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(maxticks=7)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _quiet(axes: "Axes") -> None:
    axes.tick_params(labelsize=8, colors=INK)
    axes.grid(alpha=0.2)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
