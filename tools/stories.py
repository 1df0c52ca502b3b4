"""Which texts tell the same story: a headline and the post that repeats it are one piece of news."""

import re
from collections.abc import Sequence

from tools.text import clean

SAME = 0.5  # share of the shorter text's words that the other one has too
_WORD = re.compile(r"[a-z][a-z0-9'-]+")
_COMMON = """
a about after all an and are as at be been but by for from has have he her his how if in into is it its just more new no
not of on or our out over own say says she so than that the their them they this to up us was we were what when which
who will with would you your
"""
_SKIP = frozenset(_COMMON.split())


def words(text: str) -> frozenset[str]:
    """The telling words of a text, lower case.

    >>> sorted(words("The FDA approves its new drug"))
    ['approves', 'drug', 'fda']
    """
    return frozenset(_telling(text))


def _telling(text: str) -> list[str]:
    return [word for word in _WORD.findall(clean(text).lower().replace("’", "'")) if word not in _SKIP]


def same_story(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether two sets of words overlap enough; fewer than three telling words tell no story."""
    shorter = min(len(one), len(other))
    return len(one & other) >= max(3, SAME * shorter)


def group(texts: Sequence[str]) -> tuple[int, ...]:
    """For each text the index of the first text that tells its story (its own where it is the first).

    >>> group(["Acme recalls brake sensors", "lunch was good", "so Acme recalls its brake sensors lol"])
    (0, 1, 0)
    """
    told = [words(text) for text in texts]
    first: list[int] = []
    for i, mine in enumerate(told):
        first.append(next((j for j in range(i) if first[j] == j and same_story(told[j], mine)), i))
    return tuple(first)


def story_id(text: str) -> str:
    """A readable name of a story: its first telling words.

    >>> story_id("Acme recalls its brake sensors after a fire")
    'acme-recalls-brake-sensors-fire'
    """
    return "-".join(list(dict.fromkeys(_telling(text)))[:5])
