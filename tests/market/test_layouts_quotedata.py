"""Cboe's quotedata download in its dialects."""

import os
from datetime import date, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from market.layouts import BadFile, parse
from market.layouts.cboe_quotedata import read_preamble_time
from market.layouts.columns import days, numbers, texts
from market.layouts.dating import session_of_vols

DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).resolve().parents[3] / "shared" / "data"))
QUOTEDATA = DATA / "chains_cboe_quotedata"
needs_data = pytest.mark.skipif(not QUOTEDATA.is_dir(), reason="no vendor files here")
SESSIONS = {
    "NDX_2022-02-04": ("NDX", "2022-02-04T16:15:00-05:00", 14694.3506),
    "QQQ_2023-06-12": ("QQQ", "2023-06-12T16:15:00-04:00", 358.27),
    "QQQ_2024-03-22": ("QQQ", "2024-03-22T16:15:00-04:00", 445.65),
    "SPX_2022-02-04": ("SPX", "2022-02-04T16:15:00-05:00", 4500.5298),
    "SPX_2022-06-10": ("SPX", "2022-06-10T16:15:00-04:00", 3900.8601),
    "SPY_2023-09-14": ("SPY", "2023-09-14T16:15:00-04:00", 450.81),
    "XSP_2023-09-14": ("XSP", "2023-09-14T16:15:00-04:00", 450.51),
}


@needs_data
@pytest.mark.parametrize("name", SESSIONS)
def test_the_preamble_tells_ticker_spot_and_close(name: str) -> None:
    path = QUOTEDATA / f"cboe_quotedata_{name}.csv.gz"

    (chain,) = parse(path, path.read_bytes()).chains

    assert (chain.ticker, chain.quote_time.astimezone(), chain.spot) == (
        SESSIONS[name][0],
        datetime.fromisoformat(SESSIONS[name][1]).astimezone(),
        SESSIONS[name][2],
    )
    assert chain.cadence == "eod"


@needs_data
@pytest.mark.parametrize("name", SESSIONS)
def test_a_files_own_volatilities_give_the_session_that_its_preamble_tells(name: str) -> None:
    path = QUOTEDATA / f"cboe_quotedata_{name}.csv.gz"
    (chain,) = parse(path, path.read_bytes()).chains

    assert session_of_vols(chain.expiry, chain.strike, chain.call, chain.mid, chain.iv) == chain.session


@needs_data
def test_the_dialect_of_2019_is_dated_by_its_volatilities_and_priced_by_parity() -> None:
    path = QUOTEDATA / "cboe_quotedata_SPX_2019-11.csv.gz"

    parsed = parse(path, path.read_bytes())

    (chain,) = parsed.chains
    assert (parsed.rows, chain.session) == (15144, date(2019, 11, 8))
    assert chain.spot == pytest.approx(3093.08, rel=0.001)  # that session's official close
    assert set(chain.root) == {"SPX", "SPXW"}
    assert any("no date in the file" in warning for warning in parsed.warnings)


HEADER = "Expiration Date,Calls,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest,Strike"
HEADER += ",Puts,Last Sale,Net,Bid,Ask,Volume,IV,Delta,Gamma,Open Interest\n"


def line(strike: int, call_bid: float, put_bid: float) -> str:
    name = f"{strike * 1000:08d}"
    call = f"SPY230915C{name},1,0,{call_bid},{call_bid + 0.1},10,0.2,0.5,0.01,100"
    put = f"SPY230915P{name},1,0,{put_bid},{put_bid + 0.1},20,0.3,-0.5,0.01,200"
    return f"Fri Sep 15 2023,{call},{strike}.00,{put}\n"


LINES = line(449, 3, 1) + line(450, 2, 1) + line(451, 1, 1)


def test_a_line_is_two_contracts_with_their_own_columns() -> None:
    preamble = '\nSPDR,Last: 451.00,Change: 1\n"Date: September 14, 2023 at 4:31 PM EDT",Bid: 1\n'

    parsed = parse(Path("q.csv"), (preamble + HEADER + LINES).encode())

    (chain,) = parsed.chains
    assert (parsed.rows, parsed.kept) == (6, 6)
    assert chain.open_interest.tolist() == [100, 200] * 3
    assert chain.iv.tolist() == [0.2, 0.3] * 3


@pytest.mark.parametrize(
    ("words", "stamp"),
    [
        ("Date: February 5 2022, 8:26 PM EST,Bid: 0", "2022-02-05T20:26:00-05:00"),
        ("Date: 12 June 2023, 4:35 PM EDT,Bid: 358.26", "2023-06-12T16:35:00-04:00"),
        ("Date: 22 March 2024, 9:46 PM EDT,Bid: 445.65,Volume: 28,253,899", "2024-03-22T21:46:00-04:00"),
        ("Fecha: 9 de enero de 2024, 16:35 EST,Bid: 1", "2024-01-09T16:35:00-05:00"),
        ("Date: 22 de agosto de 2022 12:05 a. m. EDT,Bid: 1", "2022-08-22T00:05:00-04:00"),
        ("Date: June 3, 2024 at 3:31 PM CDT,Bid: 1", "2024-06-03T15:31:00-05:00"),
    ],
)
def test_the_time_is_read_from_words(words: str, stamp: str) -> None:
    assert datetime.fromisoformat(read_preamble_time(words, "q.csv")) == datetime.fromisoformat(stamp)


@pytest.mark.parametrize(
    "words", ["Date: yesterday, 4:35 PM EDT,Bid: 1", "Date: 12 June 2023 4:35 PM XYZ", "Date: 31 June 2023 4:35 PM EDT"]
)
def test_a_time_that_cannot_be_read_is_refused(words: str) -> None:
    with pytest.raises(BadFile):
        read_preamble_time(words, "q.csv")


def test_a_file_without_date_whose_volatilities_say_nothing_is_refused() -> None:
    with pytest.raises(BadFile, match="no date in the file"):
        parse(Path("q.csv"), (HEADER + LINES).encode())


def test_columns_of_text_become_days_and_numbers() -> None:
    frame = pd.DataFrame({"day": ["11/08/2019", None, "x"], "n": ["1", None, "1e999"]})

    assert days(texts(frame, "day")).astype(str).tolist() == ["2019-11-08", "NaT", "NaT"]
    values, bad = numbers(frame, "n")
    assert values[0] == 1 and np.isnan(values[1:]).all() and bad.tolist() == [False, False, True]
