"""Cboe's delayed quotes over HTTP: no key, a quarter of an hour late, all options of a symbol in one document."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from domain.errors import BadInput, Unavailable

INDICES = frozenset({"SPX", "VIX", "NDX", "RUT", "XSP", "DJX", "OEX", "XEO", "MRUT"})  # asked for as _SPX
UNKNOWN = (403, 404)  # what the server says of a symbol without options
PAUSES = (1.0, 4.0)  # seconds before the second and the third try
TIMEOUT = 20.0  # seconds for each step of a request


@dataclass
class CboeFeed:
    """Implements ``domain.ports.ChainFeed``. A try that fails is repeated after a pause."""

    base_url: str
    timeout: float = TIMEOUT
    pauses: tuple[float, ...] = PAUSES
    sleep: Callable[[float], None] = time.sleep
    name: str = "cboe"

    def fetch(self, symbol: str) -> bytes:
        import httpx

        address = f"{self.base_url}/options/{'_' if symbol in INDICES else ''}{symbol}.json"
        reason = ""
        for pause in (0.0, *self.pauses):
            if pause:
                self.sleep(pause)
            try:
                answer = httpx.get(address, timeout=self.timeout, follow_redirects=True)
            except httpx.HTTPError as error:
                reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                continue
            except httpx.InvalidURL as error:
                raise BadInput(f"{address} is no address: {error}", "correct FUND_CBOE_URL") from None
            if answer.is_success:
                return answer.content
            if answer.status_code in UNKNOWN:
                raise BadInput(f"Cboe has no options of {symbol} (it answers {answer.status_code})", "check the symbol")
            reason = f"it answers {answer.status_code}"
        tries = len(self.pauses) + 1
        raise Unavailable(f"Cboe gave no options of {symbol} in {tries} tries: {reason}", "see whether it is reachable")
