"""``fund data import``: folders, repeats, refusals and contradictions."""

import gzip
from pathlib import Path

import pytest

from domain.importing import FileReport
from market.importer import data_files, import_paths
from market.recorded import price_disagreements
from memory.archive import PgArchive
from memory.database import Database

BARS = "ticker,date,open,high,low,close,volume\n"
AAA = "AAA,2024-06-06,10,11,9,10,1\nAAA,2024-06-07,10,11,9,10,1\n"
SPLIT = "AAA,2024-06-06,100,110,90,100,1\nAAA,2024-06-07,100,110,90,100,1\n"
CHAIN = "session_date,ticker,expiry,right,strike,option,bid,ask,last_trade_price,volume,open_interest,iv\n" + "".join(
    f"2024-06-06,AAA,2024-06-14,{side},{k},AAA240614{side}{k * 1000:08d},{bid},{bid + 0.1},1,1,1,0.2\n"
    for k in (9, 10, 11)
    for side, bid in (("C", 12 - k), ("P", 1))
)


@pytest.fixture
def archive(database: Database) -> PgArchive:
    return PgArchive(database)


def test_a_folder_is_read_in_order_and_what_describes_it_passed_over(tmp_path: Path, archive: PgArchive) -> None:
    (tmp_path / "b.csv").write_text(BARS + AAA)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"date,VIX\n2024-06-06,13\n"))
    (tmp_path / "README.md").write_text("about")
    (tmp_path / "INDEX.csv").write_text("file,what\n")
    heard: list[FileReport] = []

    reports = import_paths([tmp_path], archive, heard.append)

    assert [(Path(r.path).name, r.status) for r in reports] == [("a.csv.gz", "imported"), ("b.csv", "imported")]
    assert tuple(heard) == reports
    assert data_files([tmp_path]) == tuple(Path(r.path) for r in reports)


def test_importing_twice_changes_nothing_whatever_the_name(tmp_path: Path, archive: PgArchive) -> None:
    file, copy = tmp_path / "a.csv", tmp_path / "copy.csv"
    file.write_text(BARS + AAA)
    import_paths([file], archive)
    before = archive.holdings()
    copy.write_text(BARS + AAA)

    (again, other) = import_paths([file, copy], archive)

    assert (again.status, again.path, other.status, other.path) == ("unchanged", str(file), "unchanged", str(copy))
    assert again.kept == 2
    assert archive.holdings() == before


def test_what_cannot_be_read_is_one_line_and_the_rest_goes_on(tmp_path: Path, archive: PgArchive) -> None:
    (tmp_path / "1_unknown.csv").write_text("a,b\n1,2\n")
    (tmp_path / "2_broken.csv.gz").write_bytes(gzip.compress(BARS.encode() * 99)[:-5])
    (tmp_path / "3_empty.csv").write_text("")
    (tmp_path / "4_useless.csv").write_text(BARS + "AAA,never,1,1,1,1,1\n")
    (tmp_path / "5_some.json").write_text("{}")
    (tmp_path / "6_good.csv").write_text(BARS + AAA)

    *refused, good = import_paths([tmp_path], archive)

    assert good.status == "imported"
    assert [report.status for report in refused] == ["refused"] * 5
    assert all(report.reason and "\n" not in report.reason for report in refused)
    assert "1 × bad date" in refused[3].reason


def test_what_is_named_must_be_data(tmp_path: Path, archive: PgArchive) -> None:
    index = tmp_path / "INDEX.csv"
    index.write_text("group,file\nA,b\n")

    reports = import_paths([index, tmp_path / "missing.csv", tmp_path], archive)

    assert [report.status for report in reports] == ["refused"] * 3
    assert "no known layout" in reports[0].reason
    assert "No such file" in reports[1].reason
    assert "no data file in this folder" in reports[2].reason


def test_dropped_rows_are_in_the_report(tmp_path: Path, archive: PgArchive) -> None:
    (tmp_path / "a.csv").write_text(BARS + AAA + "AAA,2024-06-10,1,1,1,-1,1\n")

    (report,) = import_paths([tmp_path], archive)

    assert (report.rows, report.kept, report.dropped, report.layout) == (3, 2, {"no price": 1}, "ohlcv_by_ticker")


def test_histories_that_disagree_are_reported_when_imported_and_whenever_asked(
    tmp_path: Path, archive: PgArchive
) -> None:
    (tmp_path / "after_split.csv").write_text(BARS + AAA)
    (tmp_path / "before_split.csv").write_text(BARS + SPLIT)

    first, second = import_paths([tmp_path], archive)

    assert first.warnings == ()
    (warning,) = second.warnings
    assert "AAA: after_split.csv (unstated) and before_split.csv (unstated) differ on 2 of 2 common days" in warning
    assert "as if one were adjusted for a split" in warning
    assert len(price_disagreements(archive)) == 1


@pytest.mark.parametrize(("close", "reported"), [(10.05, False), (10.06, True)])
def test_half_a_percent_is_still_agreement(tmp_path: Path, archive: PgArchive, close: float, reported: bool) -> None:
    (tmp_path / "a.csv").write_text(BARS + AAA)
    (tmp_path / "b.csv").write_text(BARS + f"AAA,2024-06-07,10,11,9,{close},1\n")

    import_paths([tmp_path], archive)

    assert bool(price_disagreements(archive)) is reported


def test_a_spot_outside_its_days_prices_is_doubted_unless_a_split_explains_it(
    tmp_path: Path, archive: PgArchive
) -> None:
    chain = tmp_path / "chain.csv"
    chain.write_text(CHAIN)  # parity says 11
    (tmp_path / "a.csv").write_text(BARS + "AAA,2024-06-06,10,10.5,9,10,1\n")
    (tmp_path / "b.csv").write_text(BARS + "AAA,2024-06-06,100,105,90,100,1\n")

    *_, report = import_paths([tmp_path / "a.csv", tmp_path / "b.csv", chain], archive)

    doubts = [warning for warning in report.warnings if "outside the day's prices" in warning]
    assert doubts == ["AAA 2024-06-06: the spot 11.00 lies outside the day's prices 9.00 to 10.50 (a.csv)"]


def test_coin_options_and_listed_ones_never_share_a_name(tmp_path: Path, archive: PgArchive) -> None:
    fund, coin = tmp_path / "BTC.csv", tmp_path / "deribit.csv"
    fund.write_text(CHAIN.replace("AAA", "BTC"))
    coin.write_text(
        "timestamp,currency,option_type,strike,expiry_datetime,bid_price,ask_price,mark_price,futures_price,"
        "implied_volatility,open_interest,volume,index_price\n2024-06-06T16:00:00+00:00,BTC,call,70000,"
        "2024-06-28T08:00:00+00:00,0.04,0.05,0.045,71000,0.5,1,1,70900\n"
    )

    first, second = import_paths([coin, fund], archive)

    assert (first.status, second.status) == ("imported", "refused")
    assert second.reason.startswith("its BTC options are listed, and unlisted ones are stored under that name")
