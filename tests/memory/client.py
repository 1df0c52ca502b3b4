"""A user of the embedded server in a process of its own: says "ready ADDRESS", leaves when its input ends."""

import sys
from pathlib import Path

from domain.errors import FundError
from memory.embedded import EmbeddedServer

try:
    with EmbeddedServer(Path(sys.argv[1]), durable=False) as server:
        print("ready", server.start(), flush=True)
        sys.stdin.read()
except FundError as error:
    print(f"{type(error).__name__}: {error}", flush=True)
    sys.exit(error.exit_code)
print("left", flush=True)
