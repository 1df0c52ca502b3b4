"""What can go wrong, as a tree. Every message says what happened, where, and what to do.

FundError
├── BadInput          the person (or a file, or the mandate) gave something unusable     exit 2
│   ├── UnknownSymbol
│   ├── UnknownId
│   └── MandateError
├── Refused           a rule said no; nothing was sent                                   exit 3
│   ├── AlreadyDecided
│   └── StaleApproval
├── Unavailable       something the fund needs is not there (database, disk, venue)      exit 4
│   ├── DatabaseDown
│   └── HomeUnusable
└── Corrupt           stored bytes are not what was stored                               exit 5

"There is none" is ``None`` or an empty tuple, never an error.
"""


class FundError(Exception):
    """Base of all errors a person may see. ``what`` happened, and what to ``do`` about it (at most one line each)."""

    exit_code = 1

    def __init__(self, what: str, do: str = "") -> None:
        super().__init__(what)
        self.what = " ".join(what.split())
        self.do = " ".join(do.split())

    def __str__(self) -> str:
        return f"{self.what} ({self.do})" if self.do else self.what


class BadInput(FundError):
    exit_code = 2


class UnknownSymbol(BadInput):
    pass


class UnknownId(BadInput):
    pass


class MandateError(BadInput):
    pass


class Refused(FundError):
    exit_code = 3


class AlreadyDecided(Refused):
    pass


class StaleApproval(Refused):
    pass


class Unavailable(FundError):
    exit_code = 4


class DatabaseDown(Unavailable):
    pass


class HomeUnusable(Unavailable):
    pass


class Corrupt(FundError):
    exit_code = 5
