-- The append-only record, chained by hash within each account. body is kept as the exact text that was hashed.
CREATE TABLE fund.journal (
    account_id text NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    at timestamptz NOT NULL,
    step text NOT NULL,
    run_id text,
    order_id text,
    strategy_id text,
    key text,
    body text NOT NULL,
    previous text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (account_id, seq)
);
CREATE UNIQUE INDEX journal_key ON fund.journal (account_id, key) WHERE key IS NOT NULL;
CREATE INDEX journal_run ON fund.journal (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX journal_order ON fund.journal (order_id, seq) WHERE order_id IS NOT NULL;

CREATE FUNCTION fund.journal_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % refused', TG_OP;
END;
$$;

CREATE TRIGGER journal_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON fund.journal
    FOR EACH STATEMENT EXECUTE FUNCTION fund.journal_is_append_only();
