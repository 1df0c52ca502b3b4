"""The words of the debate. Their numbers come only from the evidence, and the choice among them from its ids."""

from collections.abc import Sequence
from zlib import crc32

from agents.votes import Vote
from domain.debate import Side
from domain.signal import EdgeType, Role, Signal

THESIS: dict[Side, tuple[str, ...]] = {
    "bull": ("I would own {0}.", "The case for {0} is a good one.", "I want to be long {0}."),
    "bear": ("I would not own {0}.", "The case against {0} is a good one.", "I want to be short {0}."),
}
FIRST: dict[Role, str] = {
    "technicals": "The chart comes first.",
    "flow": "What is traded in its options comes first.",
    "social": "What people say comes first.",
    "fundamentals": "The company itself comes first.",
    "volatility": "The prices of its options come first.",
}
NEXT: dict[Role, tuple[str, ...]] = {
    "technicals": ("The chart agrees.", "The tape points the same way."),
    "flow": ("The order flow points the same way.", "The money in options is on this side too."),
    "social": ("The crowd has noticed too.", "What people say fits."),
    "fundamentals": ("The company's own record fits.", "The fundamentals lean the same way."),
    "volatility": ("The prices of options say the same.", "Option prices lean this way too."),
}
SAME: tuple[str, ...] = ("There is more from the same desk.", "The same desk adds to this.")
WEAK: tuple[str, ...] = (
    "I give the next point less weight, but it fits.",
    "A smaller point helps.",
)
WEAK_BELOW = 0.2  # conviction
# Why a point may be worth less than it looks: what is wrong with the kind of evidence, not with its number.
DOUBT: dict[EdgeType, str] = {
    "trend": "But a trend only says where the price has been",
    "mean_reversion": "But a stretched price can stay stretched for as long as the buyers or sellers last",
    "positioning": "But a position tells us nothing of why it is held, and many of them are hedges",
    "unusual_volume": "But volume does not tell who started the trade, and half of such trades are one leg of a spread",
    "pinning": "But a pin holds only until news arrives",
    "attention": "But attention is quick to come and quicker to go, and it often comes late",
    "sentiment": "But words are cheap, and a word list does not hear irony",
    "earnings": "But what a report said is in the price soon after, and the next one may say otherwise",
    "short_interest": "But short interest is old news when it is published, and crowded shorts get squeezed",
    "skew": "But skew is the price of insurance, and holders buy it because they mean to stay",
    "term_structure": "But the curve of implied volatility knows when a move may come, not which way",
    "volatility_rich": "But dear options are the pay for a risk that has not shown itself yet",
    "volatility_cheap": "But cheap options can stay cheap, and time decay is certain while the move is not",
}
STANDS: tuple[str, ...] = (", while it remains true that {0}.", ", and against it stands that {0}.", "; besides, {0}.")
EXPRESS: dict[tuple[Side, bool], str] = {
    ("bull", True): "As for the means, {0}, so I would rather sell puts than buy calls.",
    ("bull", False): "As for the means, {0}, so I would buy calls outright.",
    ("bear", True): "As for the means, {0}, so I would rather sell calls than buy puts.",
    ("bear", False): "As for the means, {0}, so I would buy puts outright.",
}
OPPONENT: dict[Side, Side] = {"bull": "bear", "bear": "bull"}


def pick(options: Sequence[str], key: str) -> str:
    """One of the options, always the same for the same key."""
    return options[crc32(key.encode()) % len(options)]


def gist(signal: Signal) -> str:
    """The first clause of what a signal says, fit to follow "that".

    >>> from datetime import UTC, datetime
    >>> at = datetime(2026, 8, 20, tzinfo=UTC)
    >>> gist(Signal("a", "flow", "X", "bearish", 0.5, "trend", at, "The put/call ratio is 2.1, more than usual."))
    'the put/call ratio is 2.1'
    """
    clause = signal.says.rstrip(". ")
    for mark in ("; ", ": ", ", "):
        clause = clause.split(mark, 1)[0]
    acronym = clause[1:2] != " " and not clause[1:2].islower()
    return clause if acronym or clause.startswith(signal.ticker) else clause[0].lower() + clause[1:]


def sentence(signal: Signal) -> str:
    """What a signal says, closed by a full stop."""
    return signal.says.rstrip(". ") + "."


def ids(*votes: Vote) -> tuple[str, ...]:
    """The ids of all signals behind the votes, without repetition."""
    return tuple(dict.fromkeys(signal.signal_id for vote in votes for signal in vote.signals))
