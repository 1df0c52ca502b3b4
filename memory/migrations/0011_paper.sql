-- The paper venue: an exchange of its own. Only brokers/paper.py reads or writes it, on its own connection.

CREATE SCHEMA paper;

CREATE TABLE paper.orders (
    client_id   text PRIMARY KEY,
    account_id  text NOT NULL,
    ticker      text NOT NULL,
    legs        jsonb NOT NULL,
    contracts   integer NOT NULL,
    limit_price numeric(18, 6) NOT NULL,
    fee         numeric(18, 6) NOT NULL,
    status      text NOT NULL CHECK (status IN ('working', 'filled', 'cancelled', 'rejected')),
    reason      text NOT NULL DEFAULT '',
    placed_at   timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);

CREATE TABLE paper.executions (
    exec_id    text NOT NULL,
    seq        bigserial,
    account_id text NOT NULL,
    client_id  text,
    ticker     text NOT NULL,
    leg        jsonb NOT NULL,
    price      numeric(18, 6) NOT NULL,
    fee        numeric(18, 6) NOT NULL,
    kind       text NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (exec_id)
);
CREATE INDEX executions_by_account ON paper.executions (account_id, seq);

CREATE TABLE paper.holdings (
    account_id text NOT NULL,
    symbol     text NOT NULL,
    ticker     text NOT NULL,
    leg        jsonb NOT NULL,
    contracts  integer NOT NULL,
    settled    boolean NOT NULL DEFAULT false,
    PRIMARY KEY (account_id, symbol)
);
