"""``fund data import``, ``fund data record`` and ``fund data list``."""

import argparse
import sys
from dataclasses import asdict
from pathlib import Path

from apps import output
from apps.wiring import open_fund
from domain.importing import FileReport
from domain.ports import Json

REFUSED = 2


def command(args: argparse.Namespace) -> int:
    if args.verb == "record":
        from apps.recording import record

        return record(args)
    return _import(args) if args.verb == "import" else _list(args)


def _import(args: argparse.Namespace) -> int:
    from market.importer import data_files, import_paths

    paths = [Path(path) for path in args.paths]
    with open_fund(output.Progress(quiet=True)) as fund, _Bar(len(data_files(paths)), quiet=args.json) as bar:
        reports = import_paths(paths, fund.archive, bar.advance)
    if args.json:
        output.emit({"files": [_file(report) for report in reports], **_totals(reports)})
    else:
        _tell(reports)
    refused = [report for report in reports if report.status == "refused"]
    if refused:
        how_many = f"{len(refused)} of {len(reports)} files are" if len(reports) > 1 else "the file is"
        more = f" (and {len(refused) - 1} more)" if len(refused) > 1 else ""
        print(
            f"fund: {how_many} refused{'' if refused == list(reports) else ', the rest is imported'}", file=sys.stderr
        )
        print(f"      {refused[0].path}: {refused[0].reason}{more}", file=sys.stderr)
    return REFUSED if refused else 0


class _Bar:
    """A progress bar on a terminal, quiet in a pipe."""

    def __init__(self, files: int, *, quiet: bool) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        shown = not quiet and sys.stderr.isatty()
        self._files = files
        self._progress = Progress(*columns, console=output.console(stderr=True), disable=not shown, transient=True)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        self._task = self._progress.add_task("reading", total=self._files)
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def advance(self, report: FileReport) -> None:
        self._progress.update(self._task, advance=1, description=Path(report.path).name)


def _file(report: FileReport) -> Json:
    return {
        "path": report.path, "layout": report.layout, "status": report.status, "rows": report.rows,
        "kept": report.kept, "dropped": report.dropped, "stored": report.stored, "reason": report.reason,
        "warnings": list(report.warnings),
    }  # fmt: skip


def _totals(reports: tuple[FileReport, ...]) -> Json:
    return {
        "imported": sum(r.status == "imported" for r in reports),
        "unchanged": sum(r.status == "unchanged" for r in reports),
        "refused": sum(r.status == "refused" for r in reports),
        "rows": sum(r.rows for r in reports),
        "kept": sum(r.kept for r in reports),
    }


def _tell(reports: tuple[FileReport, ...]) -> None:
    rows = []
    for report in reports:
        dropped = ", ".join(f"{count} {reason}" for reason, count in sorted(report.dropped.items()))
        says = report.reason or dropped or "nothing dropped"
        rows.append(
            (Path(report.path).name, report.layout or "", report.status, f"{report.rows:,}", f"{report.kept:,}", says)
        )
    heads = ("file", "layout", "status", "rows", "kept", "dropped, and why")
    output.table("Imported", heads, rows, numbers=(3, 4))
    for warning in dict.fromkeys(warning for report in reports for warning in report.warnings):
        output.say(f"! {warning}")
    totals = _totals(reports)
    output.say(
        f"{totals['kept']:,} of {totals['rows']:,} rows kept; {output.plural(totals['imported'], 'file')} imported, "
        f"{totals['unchanged']} unchanged, {totals['refused']} refused"
    )


def _list(args: argparse.Namespace) -> int:
    from market.recorded import price_disagreements

    with open_fund(output.Progress(quiet=True)) as fund:
        found = fund.archive.holdings()
        disagreements = price_disagreements(fund.archive)
    if args.json:
        output.emit({"data": [asdict(holding) for holding in found], "disagreements": list(disagreements)})
        return 0
    rows = [
        (h.kind, h.name, h.first, h.last, f"{h.count:,}", h.source.partition(".csv")[0], h.note) for h in found
    ]  # fmt: skip
    output.table("Stored", ("kind", "name", "first", "last", "count", "source", "note"), rows, numbers=(4,))
    for sentence in disagreements:
        output.say(f"! {sentence}")
    return 0
