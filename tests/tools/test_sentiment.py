import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.sentiment import own_words, sentiment

GOOD = (
    "Acme beats quarterly estimates and raises full-year guidance",
    "Acme shares soar to all-time high on strong demand",
    "Analysts upgrade Acme after breakthrough battery results",
    "Acme announces $2 billion buyback and lifts dividend",
    "Regulator approves Acme's new drug",
    "Acme tops revenue expectations as cloud sales accelerate",
    "new sneakers sold out everywhere, this brand is on fire, love it",
    "loading up on calls, ACME to the moon 🚀",
    "Broker raises Acme price target after record quarter",
    "Acme wins contract; stock jumps",
    "Acme is up 12% after strong report",
)
BAD = (
    "Acme misses earnings estimates, cuts outlook",
    "Acme shares plunge as regulator opens probe into accounting irregularities",
    "Acme recalls 20,000 trucks over brake defect",
    "Analysts downgrade Acme on weak demand",
    "Acme slashes dividend and warns of layoffs",
    "Supplier files lawsuit against Acme over unpaid bills",
    "Acme issues profit warning; stock tumbles",
    "Acme hits 52-week low",
    "buying puts on this garbage, rugpull incoming",
    "Acme defaults on bonds, bankruptcy feared",
    "Acme is down 9 % since its last report",
)
FLAT = ("Acme to report results on Tuesday", "Acme names location of annual meeting", "What is Acme?")


@pytest.mark.parametrize("text", GOOD)
def test_good_news_is_good(text: str) -> None:
    assert sentiment(text) > 0.2


@pytest.mark.parametrize("text", BAD)
def test_bad_news_is_bad(text: str) -> None:
    assert sentiment(text) < -0.2


@pytest.mark.parametrize("text", FLAT)
def test_a_notice_is_neither(text: str) -> None:
    assert abs(sentiment(text)) < 0.1


def test_words_that_mean_something_else_in_finance_carry_no_mood() -> None:
    assert sentiment("Acme shares outstanding, gross debt and interest; crude energy fund") == 0.0


def test_a_negation_turns_the_mood() -> None:
    assert sentiment("I am not bullish on Acme") < 0 < sentiment("I am bullish on Acme")


def test_our_valences_keep_to_the_scale_of_the_lexicon() -> None:
    assert all(-4 <= valence <= 4 for valence in own_words().values())


@given(st.text(max_size=300))
def test_any_text_scores_between_minus_one_and_one(text: str) -> None:
    assert -1 <= sentiment(text) <= 1
