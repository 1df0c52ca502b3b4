"""Cboe at its wire: a local HTTP server with documents of our own making. No proxy stands before it."""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from unittest.mock import patch


def document(symbol: str, stamp: datetime, spot: float = 100.0, shift: float = 0.0) -> bytes:
    """A small chain a month ahead, as Cboe writes it; ``shift`` moves all prices."""
    expiry = (stamp + timedelta(days=30)).date()
    options = []
    for strike in range(90, 111, 2):
        for right, worth in (("C", max(spot - strike, 0)), ("P", max(strike - spot, 0))):
            price = worth + 2 + shift
            options.append(
                {
                    "option": f"{symbol}{expiry:%y%m%d}{right}{strike * 1000:08d}", "bid": round(price - 0.05, 2),
                    "ask": round(price + 0.05, 2), "iv": 0.2, "open_interest": 10.0, "volume": 3.0,
                    "last_trade_price": price, "last_trade_time": None,
                }
            )  # fmt: skip
    told = f"{stamp.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    data = {"options": options, "symbol": symbol, "current_price": spot}
    return json.dumps({"timestamp": told, "data": data, "symbol": symbol}).encode()


@dataclass
class Venue:
    """``answers``: what each path gets, one after the other, the last one for ever: (status, body)."""

    url: str = ""
    answers: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow: float = 0.0

    def gives(self, symbol: str, *answers: bytes | int) -> None:
        told = [(200, one) if isinstance(one, bytes) else (one, b"") for one in answers]
        self.answers[f"/options/{symbol}.json"] = told

    def next(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        time.sleep(self.slow)
        left = self.answers.get(path, [(403, b"")])
        return left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def cboe() -> Iterator[Venue]:
    venue = Venue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = venue.next(self.path)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            with suppress(BrokenPipeError):  # who asked has given up
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    venue.url = f"http://127.0.0.1:{server.server_port}"
    try:
        with patch.dict(os.environ, {"NO_PROXY": "127.0.0.1"}):
            yield venue
    finally:
        server.shutdown()
        server.server_close()
