"""The import of the five recorded folders, and the run over the five recorded names."""

import os
import tempfile
from pathlib import Path

from benchmarks.timing import ROOT, process, row, seconds

FOLDERS = ("chains_spy_cboe_daily", "chains_single_names_2026", "market_prices", "market_vol", "market_rates")
NAMES = ("SPY", "AAPL", "MSFT", "NVDA", "TSLA")


def main() -> None:
    data = Path(os.environ.get("FUND_TEST_DATA", ROOT.parent / "shared/data"))
    if not all((data / folder).is_dir() for folder in FOLDERS):
        print("import of the five folders: left out, the data is not here (FUND_TEST_DATA)\n")
        return
    with tempfile.TemporaryDirectory(prefix="fund-bench-") as home:
        Path(home).chmod(0o711)
        os.environ["FUND_HOME"] = home
        fund = ("-m", "apps.main")
        first = seconds(process(*fund, "data", "import", *(str(data / folder) for folder in FOLDERS)))
        again = seconds(process(*fund, "data", "import", *(str(data / folder) for folder in FOLDERS)))
        moment = ("--source", "recorded", "--as-of", "2026-08-20T18:30:00-04:00")
        cold = seconds(process(*fund, "run", *NAMES, *moment))
        warm = seconds(process(*fund, "run", *NAMES, *moment))
    row("import of the five folders (541,735 rows), whole process", f"{first:.1f} s")
    row("  importing them again", f"{again:.1f} s", f"{again / first:.2f} x the first")
    row("run over the five recorded names, whole process", f"{cold:.1f} s")
    row("  and again", f"{warm:.1f} s", f"{warm / cold:.2f} x the first")
    print()


if __name__ == "__main__":
    main()
