-- Accounts, runs, orders, hand-overs, fills, positions, halts: the fund's own record of money.

CREATE TABLE fund.accounts (
    account_id  text PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('synthetic', 'rehearsal', 'paper', 'live')),
    source      text NOT NULL,
    seed        integer NOT NULL,
    opened_at   timestamptz NOT NULL,
    clock       timestamptz NOT NULL,
    currency    text NOT NULL DEFAULT 'USD',
    deposit     numeric(18, 6) NOT NULL,
    used        bigint NOT NULL DEFAULT 0
);
CREATE SEQUENCE fund.account_use;

-- The account's value at the end of a session, the yardstick of the daily loss.
CREATE TABLE fund.nlv_marks (
    account_id  text NOT NULL REFERENCES fund.accounts,
    session     date NOT NULL,
    nlv         numeric(18, 6),
    problem     text,
    PRIMARY KEY (account_id, session)
);

CREATE SEQUENCE fund.run_number;
CREATE TABLE fund.runs (
    run_id       text PRIMARY KEY,
    account_id   text NOT NULL REFERENCES fund.accounts,
    as_of        timestamptz NOT NULL,
    source       text NOT NULL,
    request      jsonb NOT NULL,
    code_version text NOT NULL,
    status       text NOT NULL DEFAULT 'running' CHECK (status IN ('running', 'finished', 'abandoned')),
    opening_id   text,
    result       json,
    decision     text,
    started_at   timestamptz NOT NULL DEFAULT now(),
    finished_at  timestamptz
);

CREATE SEQUENCE fund.proposal_number;
CREATE TABLE fund.orders (
    order_id      text PRIMARY KEY,
    account_id    text NOT NULL REFERENCES fund.accounts,
    run_id        text REFERENCES fund.runs,
    rank          integer NOT NULL,
    ticker        text NOT NULL,
    strategy      text NOT NULL,
    purpose       text NOT NULL CHECK (purpose IN ('open', 'close')),
    closes        text,
    hash          text NOT NULL,
    status        text NOT NULL,
    contracts     integer NOT NULL CHECK (contracts > 0),
    limit_price   numeric(18, 6) NOT NULL,
    max_loss      numeric(18, 6) NOT NULL,
    document      jsonb NOT NULL,
    staged_at     timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    decision      text,
    decision_hash text,
    decided_by    text,
    decided_at    timestamptz,
    why           text,
    supersedes    text,
    superseded_by text,
    outcome       text,
    waiting       boolean NOT NULL DEFAULT false, -- its thread is open and waits for an answer
    concluded     boolean NOT NULL DEFAULT false  -- its thread has come to its end
);
CREATE INDEX orders_by_status ON fund.orders (account_id, status);
CREATE INDEX orders_by_run ON fund.orders (run_id);

-- Approved orders on their way to the executor, with the risk they reserve until they end.
CREATE TABLE fund.handovers (
    order_id     text PRIMARY KEY REFERENCES fund.orders,
    hash         text NOT NULL,
    client_id    text NOT NULL UNIQUE,
    approved_by  text NOT NULL,
    max_loss     numeric(18, 6) NOT NULL,
    margin       numeric(18, 6) NOT NULL,
    day_risk     numeric(18, 6),
    submitted_at timestamptz,
    cancel_asked boolean NOT NULL DEFAULT false
);

CREATE TABLE fund.positions (
    position_id text PRIMARY KEY,
    account_id  text NOT NULL REFERENCES fund.accounts,
    ticker      text NOT NULL,
    sector      text NOT NULL,
    strategy    text NOT NULL,
    contracts   integer NOT NULL,
    legs        jsonb NOT NULL,
    cost        numeric(18, 6) NOT NULL,
    max_profit  numeric(18, 6),
    opened_at   timestamptz NOT NULL,
    closed_at   timestamptz,
    order_id    text REFERENCES fund.orders
);
CREATE INDEX positions_open ON fund.positions (account_id) WHERE closed_at IS NULL;

-- One row a venue execution and position; cash is the deposit plus the sum of these, and nothing else.
CREATE TABLE fund.fills (
    exec_id     text NOT NULL,
    position_id text NOT NULL REFERENCES fund.positions,
    account_id  text NOT NULL REFERENCES fund.accounts,
    order_id    text REFERENCES fund.orders,
    strategy_id text NOT NULL,
    leg         jsonb NOT NULL,
    symbol      text NOT NULL,
    contracts   integer NOT NULL,
    multiplier  integer NOT NULL,
    price       numeric(18, 6) NOT NULL,
    fee         numeric(18, 6) NOT NULL,
    cash        numeric(18, 6) GENERATED ALWAYS AS (-contracts * multiplier * price - fee) STORED,
    kind        text NOT NULL,
    at          timestamptz NOT NULL,
    vix         double precision,
    regime      text,
    PRIMARY KEY (exec_id, position_id, symbol)
);
CREATE INDEX fills_by_position ON fund.fills (position_id);
CREATE INDEX fills_by_account ON fund.fills (account_id);

-- A halt is a row that always exists, so that the executor can lock it for share.
CREATE TABLE fund.halts (
    scope  text PRIMARY KEY,
    active boolean NOT NULL DEFAULT false,
    reason text NOT NULL DEFAULT '',
    since  timestamptz,
    by     text NOT NULL DEFAULT ''
);
INSERT INTO fund.halts (scope) VALUES ('all');
