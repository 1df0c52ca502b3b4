"""What a cycle sees when it opens, gathered once and stored, so that a replay needs nothing else."""

from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from apps.version import code_version
from apps.wiring import AccountDesk
from domain.run import Opening, RunRequest, SnapshotRef
from execution.view import MarketView, Views, chain_problem
from memory import halts, journal, runs
from risk.facts import Facts
from risk.hard import daily_loss
from risk.regime import name_regime

OPENING: TypeAdapter[Opening] = TypeAdapter(Opening)


@dataclass
class Opener:
    """Gathers what a cycle knows at its start and stores it, so that a replay needs nothing else."""

    desk: AccountDesk

    def __post_init__(self) -> None:
        self.views = Views(self.desk.fund.snapshots)

    def open(self, request: RunRequest) -> Opening:
        """What the run saw when it first opened; gathered once, however often the node runs."""
        fund, source, at = self.desk.fund, self.desk.source, request.as_of
        with fund.database.connection() as connection:
            kept = runs.run(connection, request.run_id)["opening_id"]
        if kept is not None:
            return OPENING.validate_python(fund.snapshots.json(kept))
        rate = source.rate(at)
        refs = tuple(self._snapshot(ticker, at) for ticker in request.tickers)
        views: dict[str, MarketView] = {ref.ticker: self.views.of(ref, rate) for ref in refs}
        with fund.database.transaction() as connection:
            book = self.desk.accounting.book(connection, request.account_id, at, views)
        held = book.tickers - set(request.tickers)
        regime = name_regime(source.volatility_indices(at), at)
        opening = Opening(
            request=request,
            account=replace(self.desk.account, clock=at),
            book=book,
            regime=regime,
            rate=rate,
            mandate_id=fund.mandate_id(),
            snapshots=(*refs, *(self._snapshot(ticker, at) for ticker in sorted(held))),
            code_version=code_version(),
        )
        self._halt_on_loss(opening)
        opening_id = fund.snapshots.put_json("opening", to_jsonable_python(opening, inf_nan_mode="constants"))
        with fund.database.connection() as connection:
            runs.set_opening(connection, request.run_id, opening_id)
        return opening

    def _snapshot(self, ticker: str, at: datetime) -> SnapshotRef:
        store, source = self.desk.fund.snapshots, self.desk.source
        chain = source.chain(ticker, at)
        context_id = store.put_context(source.context(ticker, at))
        problem = chain_problem(chain)
        if chain is None or problem:
            return SnapshotRef(ticker, None, context_id, None, None, None, problem)
        return SnapshotRef(ticker, store.put_chain(chain), context_id, chain.quote_time, chain.session, chain.cadence)

    def _halt_on_loss(self, opening: Opening) -> None:
        """The daily loss halts the account for good, until a person resumes it."""
        fund, request = self.desk.fund, opening.request
        facts = Facts(opening.book, opening.regime, fund.mandate.risk, fund.mandate.orders, request.as_of)
        check = daily_loss(facts)
        if not check.passed and check.value is not None:
            with fund.database.transaction() as connection:
                scope = f"account:{request.account_id}"
                halts.set_halt(connection, scope, check.reason, request.as_of, "daily_loss")
                halts.ask_cancels(connection, request.account_id)
                journal.append(
                    connection, "halt", {"reason": check.reason, "by": "daily_loss"}, at=request.as_of,
                    account_id=request.account_id, run_id=request.run_id, key=f"{request.run_id}:daily_loss",
                )  # fmt: skip
