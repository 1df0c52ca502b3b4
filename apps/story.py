"""The story of a run or an order, told in order from the journal: a list of steps with words and numbers."""

from collections.abc import Callable
from typing import Any

from apps.output import money, plural, price, sentence, share
from domain.ports import Json
from memory.journal import Entry

Body = dict[str, Any]
Tell = Callable[[Body, str | None], list[str]]


def story(entries: tuple[Entry, ...], ticker: str | None) -> list[Json]:
    """One step an entry, only what concerns ``ticker`` where one is given. Entries that say nothing are left out."""
    told = []
    for entry in entries:
        says = TELLERS.get(entry.step, _plain)(entry.body, ticker)
        if says:
            told.append({"at": entry.at, "step": entry.step, "order_id": entry.order_id, "says": says})
    return told


def _opened(body: Body, ticker: str | None) -> list[str]:
    opening = body["opening"]
    book, regime = opening["book"], opening["regime"]
    lines = [
        f"The cycle opened over {plural(len(opening['request']['tickers']), 'underlying')} in account "
        f"{opening['account']['account_id']} with NLV {money(book['nlv'])} and "
        f"{plural(len(book['positions']), 'position')}.",
        f"The regime was {regime['name'] or 'unknown'}: {regime['reason']}.",
    ]
    for ref in opening["snapshots"]:
        if ticker in (None, ref["ticker"]) and (ticker or ref["problem"]):
            stand = f"quotes of {ref['quote_time']}" if ref["chain_id"] else f"no usable chain: {ref['problem']}"
            lines.append(f"{ref['ticker']}: {stand}.")
    return lines


def _reading(body: Body, ticker: str | None) -> list[str]:
    reading = next(iter(body.values()))
    role = reading["source"]
    if ticker is None:
        return [
            f"The {role} analyst gave {plural(len(reading['signals']), 'signal')} and "
            f"{plural(len(reading['abstentions']), 'abstention')}."
        ]
    lines = [
        f"[{signal['signal_id']}] {signal['direction']}, conviction {signal['conviction']:.2f}: {signal['says']}"
        for signal in reading["signals"]
        if signal["ticker"] == ticker
    ]
    lines += [f"The {role} analyst abstained: {a['reason']}." for a in reading["abstentions"] if a["ticker"] == ticker]
    return lines


def _composites(body: Body, ticker: str | None) -> list[str]:
    return [
        f"{c['ticker']}: score {c['score']:+.2f}, conviction {c['conviction']:.2f}, coverage {share(c['coverage'])}, "
        f"volatility edge {c['volatility_edge']:+.2f}, conflict {c['conflict']:.2f}."
        for c in body["composites"]
        if ticker == c["ticker"]
    ]


def _ranking(body: Body, ticker: str | None) -> list[str]:
    ranking = body["ranking"]
    lines = [
        f"{c['ticker']} ranked {c['rank']} with an alpha score of {c['score']:.2f} "
        f"({', '.join(f'{name} {value:.2f}' for name, value in c['parts'].items())})."
        + "".join(f" {part[0].upper()}{part[1:].rstrip('.')}." for part in c.get("says", ()))
        for c in ranking["candidates"]
        if ticker in (None, c["ticker"])
    ]
    return lines + _vetoes(ranking, ticker)


def _vetoes(stage: Body, ticker: str | None) -> list[str]:
    return [
        f"{veto['ticker']} was passed over: {'; '.join(veto['reasons'])}."
        for veto in stage["vetoes"]
        if ticker in (None, veto["ticker"])
    ]


def _debate(body: Body, ticker: str | None) -> list[str]:
    lines = []
    for debate in body["debates"]:
        if ticker not in (None, debate["ticker"]):
            continue
        if ticker is not None:
            lines += [f"{speech['side'].capitalize()}: {speech['says']}" for speech in debate["speeches"]]
        lines.append(
            f"Verdict on {debate['ticker']}: {debate['verdict']} with confidence {debate['confidence']:.2f}, "
            f"decided by {debate['decided_by']}."
        )
    return lines


def _allowance(body: Body, ticker: str | None) -> list[str]:
    checks = body["allowance"]["checks"]
    failed = [f"{check['rule']}: {check['reason']}" for check in checks if not check["passed"]]
    return [f"The portfolio's rules: {'; '.join(failed)}." if failed else f"All {len(checks)} portfolio rules passed."]


def _selection(body: Body, ticker: str | None) -> list[str]:
    lines = []
    for proposal in body["selection"]["proposals"]:
        if ticker in (None, proposal["ticker"]):
            lines.append(
                f"{proposal['ticker']}: {proposal['strategy']} at {price(proposal['limit_price'])}. "
                + " ".join(sentence(reason) for reason in proposal["reasons"])
            )
            lines += [f"Not {reason}." for reason in proposal["rejected"]] if ticker else []
    return lines + _vetoes(body["selection"], ticker)


def _sizing(body: Body, ticker: str | None) -> list[str]:
    lines = [
        f"{sized['proposal']['ticker']}: {'; '.join(sized['reasons'])}."
        for sized in body["sizing"]["sized"]
        if ticker in (None, sized["proposal"]["ticker"])
    ]
    return lines + _vetoes(body["sizing"], ticker)


def _vetting(body: Body, ticker: str | None) -> list[str]:
    lines = []
    for order in body["vetting"]["orders"]:
        ticket = order["ticket"]
        if ticker not in (None, ticket["ticker"]):
            continue
        lines.append(f"{ticket['order_id']} passed all {len(order['checks'])} rules.")
        lines += [f"  {check['rule']}: {check['reason']}" for check in order["checks"]] if ticker else []
    return lines + _vetoes(body["vetting"], ticker)


def _staged(body: Body, ticker: str | None) -> list[str]:
    superseded = f", in place of {body['supersedes']}" if body.get("supersedes") else ""
    reasons = "" if superseded == "" else f" ({'; '.join(body['reasons'])})"
    return [f"Staged with hash {body['hash'][:16]}…{superseded}{reasons}. Nothing is sent without an approval of it."]


def _answer(word: str) -> Tell:
    def tell(body: Body, ticker: str | None) -> list[str]:
        why = f": {body['why']}" if body.get("why") else ""
        return [f"{word} by {body['by']}, bound to hash {body['hash'][:16]}…{why}."]

    return tell


def _outcome(body: Body, ticker: str | None) -> list[str]:
    reasons = f": {'; '.join(body['reasons'])}" if body["reasons"] else ""
    return [f"The order's thread ended: {body['outcome']}{reasons}."]


def _fill(body: Body, ticker: str | None) -> list[str]:
    return [f"Filled {body['contracts']:+d} {body['symbol']} at {body['price']:.2f}, fee {body['fee']:.2f}."]


def _ended(body: Body, ticker: str | None) -> list[str]:
    return [f"The venue says: {body['filled']} filled{': ' + body['reason'] if body['reason'] else ''}."]


def _settled(body: Body, ticker: str | None) -> list[str]:
    return [f"{body['kind'].capitalize()} of {body['symbol']} at {body['price']:.2f} ({body['position_id']})."]


def _silent(body: Body, ticker: str | None) -> list[str]:
    return []


def _plain(body: Body, ticker: str | None) -> list[str]:
    return ["; ".join(f"{key} {value}" for key, value in body.items() if value not in (None, "", []))]


TELLERS: dict[str, Tell] = {
    "open_cycle": _opened,
    "read_volatility": _reading,
    "read_flow": _reading,
    "read_social": _reading,
    "read_technicals": _reading,
    "read_fundamentals": _reading,
    "aggregate_signals": _composites,
    "rank_candidates": _ranking,
    "debate": _debate,
    "check_risk": _allowance,
    "select_strategies": _selection,
    "size_trades": _sizing,
    "check_orders": _vetting,
    "stage_orders": _silent,
    "record_cycle": _silent,
    "staged": _staged,
    "approve": _answer("Approved"),
    "reject": _answer("Rejected"),
    "expired": lambda body, ticker: ["Nobody answered in time; it expired."],
    "superseded": lambda body, ticker: [f"Edited by {body['by']} into {body['superseded_by']}."],
    "place_order": lambda body, ticker: ["It passed the same rules again on fresh quotes and was handed over."],
    "submitting": lambda body, ticker: [f"Risk reserved; sent to the venue as {body['client_id']}."],
    "refused_before_sending": lambda body, ticker: [f"Refused before it was sent: {'; '.join(body['reasons'])}."],
    "fill": _fill,
    "filled": _ended,
    "cancelled": _ended,
    "failed": _ended,
    "working": _silent,
    "record_outcome": _outcome,
    "expiry": _settled,
    "assignment": _settled,
    "exercise": _settled,
}
