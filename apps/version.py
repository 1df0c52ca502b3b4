"""Which code is running: the version and a digest of the sources, kept with every run."""

import hashlib
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOMS = ("agents", "apps", "brokers", "config", "domain", "execution", "graph", "market", "memory", "quant", "risk",
         "strategies", "tools")  # fmt: skip


@lru_cache(maxsize=1)
def code_version() -> str:
    root = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((root / room).rglob("*")):
            if path.suffix in (".py", ".sql", ".toml"):
                digest.update(path.relative_to(root).as_posix().encode() + path.read_bytes())
    try:
        number = version("mini-hedge-fund")
    except PackageNotFoundError:
        number = "0"
    return f"{number}+{digest.hexdigest()[:10]}"
