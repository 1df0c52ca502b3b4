"""Bull and bear. Each argues from cited signals, then answers the other's strongest point."""

from collections.abc import Sequence

from agents.rhetoric import (
    DOUBT,
    EXPRESS,
    FIRST,
    NEXT,
    OPPONENT,
    SAME,
    STANDS,
    THESIS,
    WEAK,
    WEAK_BELOW,
    gist,
    ids,
    pick,
    sentence,
)
from agents.votes import Vote
from domain.debate import Side, Speech

FAIR = 0.05  # richness this close to 0 is a fair price
AT_LENGTH = 3  # points argued in full; the rest are named


def points_of(side: Side, votes: Sequence[Vote]) -> list[Vote]:
    """The votes that lean to a side, heaviest first."""
    return [vote for vote in votes if (vote.mass > 0 if side == "bull" else vote.mass < 0)]


def on_price(votes: Sequence[Vote]) -> Vote | None:
    """The surest view of whether options are rich or cheap; None while they look fairly priced."""
    return max((v for v in votes if abs(v.richness) >= FAIR), key=lambda v: abs(v.richness) * v.weight, default=None)


def argue(side: Side, ticker: str, votes: Sequence[Vote]) -> Speech:
    """The opening: a thesis, its reasons from the strongest down, and how the price of options serves it."""
    mine, price = points_of(side, votes), on_price(votes)
    if not mine:
        return _without_direction(side, ticker, price)
    said = [pick(THESIS[side], ticker + side).format(ticker)]
    for before, vote in zip((None, *mine), mine[:AT_LENGTH], strict=False):
        said += [_lead_in(before, vote, said), sentence(vote.signals[0])]
        if len(vote.signals) > 1:
            said.append("The same story reaches us from more than one source, which makes it surer, not double.")
    if len(mine) > AT_LENGTH:
        said.append(f"Nor do I forget that {' and that '.join(gist(v.signals[0]) for v in mine[AT_LENGTH:])}.")
    if price is not None:
        said.append(EXPRESS[side, price.richness > 0].format(gist(price.signals[0])))
    return Speech(side, " ".join(said), ids(*mine, *_known(price)), sum(abs(v.mass) for v in mine))


def rebut(side: Side, ticker: str, votes: Sequence[Vote]) -> Speech:
    """One answer to the other side's strongest point, from the strongest of one's own."""
    mine, theirs, price = points_of(side, votes)[:1], points_of(OPPONENT[side], votes)[:1], on_price(votes)
    said = [_answer(side, ticker, mine, theirs)]
    cited = [*mine, *theirs]
    if side == "bear" and price is not None:
        said.append(_doubt_price(price))
        cited.append(price)
    return Speech(side, " ".join(said), ids(*cited), sum(abs(v.mass) for v in mine))


def _lead_in(before: Vote | None, vote: Vote, said: Sequence[str]) -> str:
    """How a point is brought in, without saying the same twice."""
    if before is None:
        return FIRST[vote.source]
    weak = abs(vote.lean) < WEAK_BELOW
    options = WEAK if weak else SAME if before.source == vote.source else NEXT[vote.source]
    unused = [option for option in options if option not in said]
    return pick(unused or options, vote.signals[0].signal_id)


def _without_direction(side: Side, ticker: str, price: Vote | None) -> Speech:
    nothing = (
        f"I bring nothing on direction: no analyst gives a reason to {'buy' if side == 'bull' else 'sell'} {ticker}."
    )
    if price is None or side == "bear":
        return Speech(side, nothing, ())
    act = "sell them without leaning either way" if price.richness > 0 else "buy them and let the move choose its side"
    says = f"{nothing} The price of its options is a case of its own. {sentence(price.signals[0])} I would {act}."
    return Speech(side, says, ids(price))


def _answer(side: Side, ticker: str, mine: list[Vote], theirs: list[Vote]) -> str:
    other = OPPONENT[side]
    if not theirs:
        return (
            f"The {other} has brought nothing against this, so it stands that {gist(mine[0].signals[0])}."
            if mine
            else f"The {other} has no direction to offer for {ticker} either."
        )
    point = theirs[0].signals[0]
    opening = pick(("The {0}'s best point is that {1}.", "The {0} leans on one thing above all: {1}."), point.signal_id)
    doubt = DOUBT[point.edge_type]
    stands = (
        pick(STANDS, ticker + side).format(gist(mine[0].signals[0]))
        if mine
        else ", though I have no evidence to set against it."
    )
    return f"{opening.format(other, gist(point))} {doubt}{stands}"


def _doubt_price(price: Vote) -> str:
    signal = price.signals[0]
    if price.richness > 0 and signal.metadata.get("explained_by_earnings"):
        return (
            "And whoever sells those rich options sells them across an announcement, which is what they are paid for."
        )
    return DOUBT[signal.edge_type].replace("But", "As for the price of options,", 1) + "."


def _known(vote: Vote | None) -> tuple[Vote, ...]:
    return () if vote is None else (vote,)
