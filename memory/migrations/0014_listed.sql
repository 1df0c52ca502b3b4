-- Whether the contracts are listed on a US exchange, so that a broker here could trade them: coin options and options on
-- futures are read, and no cycle looks at them unasked.
ALTER TABLE fund.chains ADD COLUMN listed boolean NOT NULL DEFAULT true;
UPDATE fund.chains SET listed = false WHERE ticker LIKE '/%' OR source IN
    ('deribit_daily', 'deribit_book', 'deribit_export', 'tardis');
ALTER TABLE fund.chains ALTER COLUMN listed DROP DEFAULT;
CREATE INDEX chains_listed ON fund.chains (ticker) WHERE listed;
