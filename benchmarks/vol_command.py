"""``fund vol SPY`` on a recorded chain of 14,000 rows: the whole process, against importing numpy and pandas.

The database runs already and what compiles is compiled, as on a day of work; the measures of earlier sessions are
remembered after the first question.
"""

import os
import tempfile
from pathlib import Path

from apps.stores import open_stores
from benchmarks.timing import ROOT, interleaved, process, row, seconds

FILES = (
    *(f"chains_spy_cboe_daily/SPY_2026-08-{day}.csv.gz" for day in (18, 19, 20, 21)),
    "market_prices/ohlcv_6_us_2016_2026-08-21_ibkr.csv.gz",
    "market_rates",
    "market_vol",
)
ROUNDS = 9


def main() -> None:
    data = Path(os.environ.get("FUND_TEST_DATA", ROOT.parent / "shared/data"))
    if not all((data / name).exists() for name in FILES):
        print("fund vol on a recorded chain: left out, the data is not here (FUND_TEST_DATA)\n")
        return
    with tempfile.TemporaryDirectory(prefix="fund-bench-") as home:
        Path(home).chmod(0o711)
        os.environ["FUND_HOME"] = home
        with open_stores():
            _measure(data)


def _measure(data: Path) -> None:
    fund = ("-m", "apps.main")
    process(*fund, "data", "import", *(str(data / name) for name in FILES))()
    question = process(*fund, "vol", "SPY", "--source", "recorded")
    first = seconds(question)
    imports, page, document = interleaved(
        [
            process("-c", "import numpy, pandas"),
            question,
            process(*fund, "vol", "SPY", "--source", "recorded", "--json"),
        ],
        ROUNDS,
    )
    row("fund vol SPY, 13,980 recorded rows, whole process", f"{page * 1000:.0f} ms", _against(page, imports))
    row("  with --json", f"{document * 1000:.0f} ms", _against(document, imports))
    row("  the first question after an import of four chains", f"{first * 1000:.0f} ms", _against(first, imports))
    print()


def _against(time: float, imports: float) -> str:
    return f"{time / imports:.2f} x import numpy, pandas"


if __name__ == "__main__":
    main()
