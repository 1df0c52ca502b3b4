"""Text from outside, made harmless: it is data, never instructions."""

import unicodedata

LONGEST = 2000  # characters of one post or headline that are read


def clean(text: str, limit: int = LONGEST) -> str:
    r"""One line without control, format or surrogate characters, at most ``limit`` characters long.

    >>> clean("Profit\x00 up\n\u202etwice")
    'Profit up twice'
    """
    plain = (" " if char.isspace() else char for char in text[: 4 * limit])
    visible = "".join(char for char in plain if unicodedata.category(char) not in ("Cc", "Cf", "Cs"))
    return " ".join(visible.split())[:limit].rstrip()
