-- Whether a chain has a two-sided quote at all: volume and open interest without prices must not hide one that has.
ALTER TABLE fund.chains ADD COLUMN quoted boolean NOT NULL DEFAULT true;
ALTER TABLE fund.chains ALTER COLUMN quoted DROP DEFAULT;
DROP INDEX fund.chains_latest;
CREATE INDEX chains_latest ON fund.chains (ticker, session DESC, quoted DESC, quote_time DESC, import_id DESC);
