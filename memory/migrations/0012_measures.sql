-- What is worked out of a stored chain once (its 30-day volatility, its put/call ratios, ...), by name; null: it has
-- none. The stamp names the method and the rate; under another stamp it is worked out again.
CREATE TABLE fund.measures (
    snapshot_id text PRIMARY KEY REFERENCES fund.snapshots,
    stamp text NOT NULL,
    measured jsonb NOT NULL
);
ALTER TABLE fund.chains DROP COLUMN iv30, DROP COLUMN iv30_computed;

-- A vendor's own daily series of such a measure is a history of its own kind, named "<ticker> <measure>".
ALTER TABLE fund.histories DROP CONSTRAINT histories_kind_check;
ALTER TABLE fund.histories ADD CONSTRAINT histories_kind_check
    CHECK (kind IN ('prices', 'volatility', 'rate', 'measure'));
