"""The composition root, with ``stores.py`` below it: reads the configuration once and plugs the rooms together."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property

from apps.stores import Stores, running
from brokers.paper import PaperBroker
from config.mandate_file import load_mandate, mandate_document
from config.settings import read_settings
from domain.book import Account
from domain.errors import UnknownId
from domain.mandate import Mandate
from domain.ports import MarketSource, Witness
from execution.accounting import Accounting, SourceQuotes
from execution.approvals import Approvals
from execution.clerk import Clerk
from execution.executor import Executor
from graph.desk import Silent
from memory import accounts
from memory.accounts import AccountClock
from memory.journal import PgJournal


@dataclass
class Fund(Stores):
    """Everything a command may need, built when first asked for."""

    mandate: Mandate
    witness: Witness

    @cached_property
    def journal(self) -> PgJournal:
        return PgJournal(self.database, self.settings.home)

    def account(self, account_id: str | None) -> Account:
        """The account of that name, or the one used last.

        :raises UnknownId: there is none.
        """
        with self.database.connection() as connection:
            if account_id is not None:
                return accounts.account(connection, account_id)
            known = accounts.accounts(connection)
        if not known:
            raise UnknownId("there is no account yet", "open one with fund run")
        return known[0]

    def desk_of(self, account: Account) -> "AccountDesk":
        return AccountDesk(self, account)

    def copy_journals(self) -> None:
        """Bring the flight recorder's files up to date."""
        with self.database.connection() as connection:
            known = accounts.accounts(connection)
        for account in known[:3]:
            self.journal.copy(account.account_id)

    def mandate_id(self) -> str:
        return self.snapshots.put_json("mandate", mandate_document(self.mandate))


@dataclass
class AccountDesk:
    """The parts that belong to one account."""

    fund: Fund
    account: Account

    @property
    def account_id(self) -> str:
        return self.account.account_id

    @cached_property
    def source(self) -> MarketSource:
        return self.fund.source(self.account.source, self.account.seed)

    @cached_property
    def clock(self) -> AccountClock:
        return AccountClock(self.fund.database, self.account_id)

    @cached_property
    def accounting(self) -> Accounting:
        return Accounting(self.source, self.fund.mandate.risk.quote_age_minutes)

    @cached_property
    def clerk(self) -> Clerk:
        fund = self.fund
        return Clerk(fund.database, self.source, self.accounting, fund.mandate, self.clock, fund.witness)

    @cached_property
    def approvals(self) -> Approvals:
        fund = self.fund
        return Approvals(fund.database, self.source, self.accounting, fund.mandate, self.clock)

    @cached_property
    def broker(self) -> PaperBroker:
        with self.fund.database.connection() as connection:
            deposit = accounts.deposit_of(connection, self.account_id)
        fee = self.fund.mandate.orders.fee_per_contract
        return PaperBroker(
            self.fund.server.start(), self.account_id, deposit, fee, SourceQuotes(self.source), self.clock
        )

    @cached_property
    def executor(self) -> Executor:
        fund = self.fund
        return Executor(self.account_id, fund.database, self.broker, self.clock, self.clerk, fund.witness)

    @contextmanager
    def alone(self, wait: float = 30.0) -> Iterator[Executor]:
        """The account's executor, held by this process alone.

        :raises Unavailable: another process holds the account for all of ``wait`` seconds.
        """
        with self.fund.database.lock(f"account:{self.account_id}", wait) as lock:
            yield replace(self.executor, holds=lock.held)


@contextmanager
def open_fund(witness: Witness | None = None, environment: Mapping[str, str] = os.environ) -> Iterator[Fund]:
    """The fund, its database running and migrated; given up at the end.

    :raises HomeUnusable: FUND_HOME cannot be written. :raises DatabaseDown: the database cannot be reached.
    """
    settings = read_settings(environment)
    mandate = load_mandate(settings.mandate, environment)
    with running(settings) as (server, database):
        fund = Fund(settings, server, database, mandate, witness or Silent())
        try:
            yield fund
        finally:
            fund.copy_journals()


def who(given: str | None, environment: Mapping[str, str] = os.environ) -> str:
    """The name a person's answer is kept under."""
    return given or environment.get("FUND_USER") or environment.get("USER") or "operator"
