-- What was imported from files. The order of import decides where two files speak of the same moment.
CREATE TABLE fund.imports (
    import_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    file_sha256 text NOT NULL UNIQUE,
    path text NOT NULL,
    layout text NOT NULL,
    rows bigint NOT NULL,
    kept bigint NOT NULL,
    dropped jsonb NOT NULL,
    stored integer NOT NULL,
    warnings jsonb NOT NULL,
    imported_at timestamptz NOT NULL DEFAULT now()
);

-- One line a chain, without its rows; iv30 is its 30-day volatility once computed (null: it has none).
CREATE TABLE fund.chains (
    ticker text NOT NULL,
    quote_time timestamptz NOT NULL,
    import_id bigint NOT NULL REFERENCES fund.imports,
    snapshot_id text NOT NULL REFERENCES fund.snapshots,
    session date NOT NULL,
    cadence text NOT NULL CHECK (cadence IN ('eod', 'intraday')),
    source text NOT NULL,
    contracts integer NOT NULL,
    iv30 double precision,
    iv30_computed boolean NOT NULL DEFAULT false,
    PRIMARY KEY (ticker, quote_time, snapshot_id)
);
CREATE INDEX chains_latest ON fund.chains (ticker, quote_time DESC, import_id DESC);
CREATE INDEX chains_snapshot ON fund.chains (snapshot_id);

-- A price history or a named series of one file, whole and compressed.
CREATE TABLE fund.histories (
    history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    import_id bigint NOT NULL REFERENCES fund.imports,
    kind text NOT NULL CHECK (kind IN ('prices', 'volatility', 'rate')),
    name text NOT NULL,
    source text NOT NULL,
    note text NOT NULL,
    first_day date,
    last_day date,
    rows integer NOT NULL,
    content_id text NOT NULL,
    body bytea STORAGE EXTERNAL NOT NULL
);
CREATE INDEX histories_name ON fund.histories (kind, name, import_id DESC);
