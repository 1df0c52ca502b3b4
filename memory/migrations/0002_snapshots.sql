-- What runs have seen, stored once by content and never changed. The body is compressed already.
CREATE TABLE fund.snapshots (
    snapshot_id text PRIMARY KEY CHECK (snapshot_id ~ '^[0-9a-f]{64}$'),
    kind text NOT NULL,
    body bytea STORAGE EXTERNAL NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now()
);
