"""Sentiment of a text from word lists alone, offline.

VADER (Hutto and Gilbert, ICWSM 2014) carries grammar, negation and emphasis; on top of it stands a small list of our
own for what traders write. FinBERT can take its place where a person has the weights.
"""

import re
from functools import lru_cache
from typing import Any

from tools.text import clean

# A valence from -4 to 4, as in VADER, and the words that have it. 0: means something else here than in a film review.
WORDS = """
 2.2 beat beats outperform outperforms upgrade upgrades upgraded buyback buybacks bullish surge surges surged soar soars
 2.2 soared rally rallies rallied rocket tops topped breakthrough
 1.8 jump jumps jumped climbs climbed rebound rebounds outpaces accelerates moon mooning rises rose expands undervalued
 1.8 soaring outperforming
 1.4 hodl breakout tendies bull bulls dividend approval approves wins
 0.8 growth
 0.0 share shares interest gross crude security securities energy debt value fund bonds trust like well play playing
 0.0 exposure volatility short united credit chance outstanding number
-1.7 misses missed slides slid falls fell drops dropped dips shortfall layoffs overvalued bear bears bagholder
-1.7 bagholders bagholding rugpull dump dumps dumping dumped selloff delays declines weakens plunging sinking
-1.9 recall recalls recalled probe probes subpoena lawsuit lawsuits sues sued halts halted underperforming
-2.3 downgrade downgrades downgraded underperform underperforms bearish slashes slashed plunge plunges plunged tumble
-2.3 tumbles tumbled slump slumps slumped sinks sank plummet plummets plummeted crashes
-3.0 bankruptcy insolvent insolvency default defaults delisted delisting restates
"""
_RAISES = r"(raises?|raised|lifts?|lifted|hikes?|hiked|boosts?)"
_CUTS = r"(cuts?|lowers?|lowered|slashes|slashed|withdraws|trims?)"
_PLANS = r"(its |the |full[- ]year )*(guidance|outlook|forecast|dividend|price target)"
_FORECASTS = r"(\w+ ){0,2}(estimates|expectations|consensus|forecasts)"
PHRASES: dict[str, float] = {
    rf"{_RAISES} {_PLANS}": 2.8,
    rf"{_CUTS} {_PLANS}": -2.9,
    rf"(beats?|tops?|topped|exceeds?) {_FORECASTS}": 2.6,
    rf"(misses|missed|miss|below) {_FORECASTS}": -2.6,
    r"profit warning|going concern|accounting irregularities|guidance cut|price target cut": -3.0,
    r"up (by |more than |over )?\d+(\.\d+)? ?%": 1.8,
    r"down (by |more than |over )?\d+(\.\d+)? ?%": -1.8,
    r"(52[- ]week|record|all[- ]time) (high|highs|sales|revenue|profit|profits|quarter|demand)": 2.4,
    r"(52[- ]week|record|all[- ]time) lows?": -2.2,
    r"sold out|selling out|short squeeze|flying off the shelves": 2.0,
    r"(buying|loading|loaded) (up on )?calls|going long|to the moon": 2.0,
    r"(buying|loading|loaded) (up on )?puts|going short|shorting": -2.0,
}
_PHRASE = re.compile("|".join(rf"(?P<phrase{i}>\b(?:{text})(?!\w))" for i, text in enumerate(PHRASES)), re.IGNORECASE)


def sentiment(text: str) -> float:
    """Sentiment in [-1, 1], positive good for the price; 0 for a text without a telling word.

    >>> sentiment("Acme cuts full-year guidance after recall") < -0.5 < 0.5 < sentiment("Acme beats estimates")
    True
    >>> sentiment("")
    0.0
    """
    joined = _PHRASE.sub(lambda match: str(match.lastgroup), clean(text))
    return float(_lexicon().polarity_scores(joined)["compound"]) if joined else 0.0


def own_words() -> dict[str, float]:
    """Our list: valence by word, phrases under the names that ``sentiment`` puts in their place."""
    lines = (line.split() for line in WORDS.strip().splitlines())
    words = {word: float(valence) for valence, *listed in lines for word in listed}
    return words | {f"phrase{i}": valence for i, valence in enumerate(PHRASES.values())}


@lru_cache(maxsize=1)
def _lexicon() -> Any:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    analyzer.lexicon.update(own_words())
    return analyzer
