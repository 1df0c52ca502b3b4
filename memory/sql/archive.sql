-- name: begin_import
-- Claim a file by its content; no row comes back when it was imported before.
INSERT INTO fund.imports (file_sha256, path, layout, rows, kept, dropped, stored, warnings)
VALUES (%(file_sha256)s, %(path)s, %(layout)s, %(rows)s, %(kept)s, %(dropped)s, 0, %(warnings)s)
ON CONFLICT (file_sha256) DO NOTHING
RETURNING import_id;

-- name: end_import
-- Note how many things of the file were new.
UPDATE fund.imports SET stored = %s WHERE import_id = %s;

-- name: seen
-- The report of a file imported before.
SELECT path, layout, rows, kept, dropped, stored, warnings FROM fund.imports WHERE file_sha256 = %s;

-- name: add_chain
-- Index a chain; the same content again only moves to the latest import.
INSERT INTO fund.chains (ticker, quote_time, import_id, snapshot_id, session, cadence, source, contracts, quoted,
                         listed)
VALUES (%(ticker)s, %(quote_time)s, %(import_id)s, %(snapshot_id)s, %(session)s, %(cadence)s, %(source)s, %(contracts)s,
        %(quoted)s, %(listed)s)
ON CONFLICT (ticker, quote_time, snapshot_id) DO UPDATE SET import_id = excluded.import_id
RETURNING xmax = 0 AS new;

-- name: add_history
-- Store one price history or series of a file.
INSERT INTO fund.histories (import_id, kind, name, source, note, first_day, last_day, rows, content_id, body)
VALUES (%(import_id)s, %(kind)s, %(name)s, %(source)s, %(note)s, %(first_day)s, %(last_day)s, %(rows)s, %(content_id)s,
        %(body)s);

-- name: tickers
-- Tickers that have a chain, by a loose index scan.
WITH RECURSIVE found (ticker) AS (
    (SELECT ticker FROM fund.chains ORDER BY ticker LIMIT 1)
    UNION ALL
    SELECT (SELECT c.ticker FROM fund.chains c WHERE c.ticker > f.ticker ORDER BY c.ticker LIMIT 1)
    FROM found f WHERE f.ticker IS NOT NULL
)
SELECT ticker FROM found WHERE ticker IS NOT NULL;

-- name: listed_tickers
-- Those of them whose contracts are listed on a US exchange, by the same scan.
WITH RECURSIVE found (ticker) AS (
    (SELECT ticker FROM fund.chains WHERE listed ORDER BY ticker LIMIT 1)
    UNION ALL
    SELECT (SELECT c.ticker FROM fund.chains c WHERE c.listed AND c.ticker > f.ticker ORDER BY c.ticker LIMIT 1)
    FROM found f WHERE f.ticker IS NOT NULL
)
SELECT ticker FROM found WHERE ticker IS NOT NULL;

-- name: chain_refs
-- The newest chains of a ticker up to a moment, one a quote time: that of the latest import. Within a session those
-- with bids and asks come before those that only tell volumes and open interest.
SELECT DISTINCT ON (session, quoted, quote_time) ticker, snapshot_id, quote_time, session, cadence, source
FROM fund.chains
WHERE ticker = %s AND quote_time <= %s
ORDER BY session DESC, quoted DESC, quote_time DESC, import_id DESC
LIMIT %s;

-- name: measures
-- The last chain of each session of a ticker up to a moment (one with bids and asks before one without), oldest first,
-- with what was worked out of it before.
SELECT c.ticker, c.snapshot_id, c.quote_time, c.session, c.cadence, c.source, m.stamp, m.measured
FROM (
    SELECT DISTINCT ON (session) ticker, snapshot_id, quote_time, session, cadence, source
    FROM fund.chains
    WHERE ticker = %s AND quote_time <= %s
    ORDER BY session DESC, quoted DESC, quote_time DESC, import_id DESC
    LIMIT %s
) c LEFT JOIN fund.measures m USING (snapshot_id)
ORDER BY c.session;

-- name: remember_measures
-- Keep what was worked out of a chain, and by which method.
INSERT INTO fund.measures (snapshot_id, stamp, measured) VALUES (%s, %s, %s)
ON CONFLICT (snapshot_id) DO UPDATE SET stamp = excluded.stamp, measured = excluded.measured;

-- name: histories
-- The price histories or series of a name, that of the latest import first.
SELECT content_id, body FROM fund.histories WHERE kind = %s AND name = %s ORDER BY import_id DESC, history_id;

-- name: holdings
-- What there is: chains by ticker and source, then each history of each file.
SELECT 'chains' AS kind, ticker AS name, source, min(session)::text AS first, max(session)::text AS last,
       count(*) AS count, sum(contracts) || ' contracts' || CASE WHEN quoted THEN '' ELSE ', no bid or ask' END AS note
FROM fund.chains GROUP BY ticker, source, quoted
UNION ALL
SELECT kind, name, source, coalesce(first_day::text, ''), coalesce(last_day::text, ''), rows, note FROM fund.histories
ORDER BY kind, name, source, first;
