"""``make bench``: every benchmark in turn, on this machine."""

import os
import platform

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the fund itself runs

from benchmarks import (
    american,
    cycle,
    exposure,
    importing,
    optimiser,
    pricing,
    smiles,
    startup,
    surface,
    svi,
    vol_command,
)  # fmt: skip


def main() -> None:
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}\n")
    startup.main()
    cycle.main()
    importing.main()
    pricing.main()
    american.main()
    exposure.main()
    optimiser.main()
    svi.main()
    smiles.main()
    surface.main()
    vol_command.main()


if __name__ == "__main__":
    main()
