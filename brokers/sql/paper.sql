-- name: place
-- Accept an order once; a client id that is known changes nothing.
INSERT INTO paper.orders
    (client_id, account_id, ticker, legs, contracts, limit_price, fee, status, reason, placed_at, expires_at)
VALUES
    (%(client_id)s, %(account_id)s, %(ticker)s, %(legs)s, %(contracts)s, %(limit_price)s, %(fee)s, %(status)s,
     %(reason)s, %(now)s, %(expires_at)s)
ON CONFLICT (client_id) DO NOTHING;

-- name: order
-- One order by our client id.
SELECT * FROM paper.orders WHERE account_id = %(account_id)s AND client_id = %(client_id)s;

-- name: lock_working
-- The resting orders of the account, oldest first, locked for matching.
SELECT * FROM paper.orders WHERE account_id = %(account_id)s AND status = 'working' ORDER BY placed_at, client_id FOR UPDATE;

-- name: end_order
-- Give a resting order its end.
UPDATE paper.orders SET status = %(status)s, reason = %(reason)s
WHERE account_id = %(account_id)s AND client_id = %(client_id)s AND status = 'working';

-- name: execute
-- Record one execution once.
INSERT INTO paper.executions (exec_id, account_id, client_id, ticker, leg, price, fee, kind, at)
VALUES (%(exec_id)s, %(account_id)s, %(client_id)s, %(ticker)s, %(leg)s, %(price)s, %(fee)s, %(kind)s, %(now)s);

-- name: hold
-- Add to the net holding of an instrument.
INSERT INTO paper.holdings (account_id, symbol, ticker, leg, contracts)
VALUES (%(account_id)s, %(symbol)s, %(ticker)s, %(leg)s, %(contracts)s)
ON CONFLICT (account_id, symbol) DO UPDATE SET contracts = paper.holdings.contracts + EXCLUDED.contracts;

-- name: lock_unsettled
-- Options that were ever held and are not settled, even where they net to nothing.
SELECT * FROM paper.holdings
WHERE account_id = %(account_id)s AND NOT settled AND leg->>'right' IS NOT NULL ORDER BY symbol FOR UPDATE;

-- name: settle
-- Mark an option as settled: it is gone.
UPDATE paper.holdings SET settled = true, contracts = 0 WHERE account_id = %(account_id)s AND symbol = %(symbol)s;

-- name: executions
-- All executions of the account in the order they happened.
SELECT * FROM paper.executions WHERE account_id = %(account_id)s ORDER BY seq;

-- name: holdings
-- What the account holds now.
SELECT * FROM paper.holdings WHERE account_id = %(account_id)s AND contracts <> 0 ORDER BY symbol;

-- name: cash
-- What all executions moved.
SELECT coalesce(sum(-(leg->>'contracts')::int * (leg->>'multiplier')::int * price - fee), 0) AS cash
FROM paper.executions WHERE account_id = %(account_id)s;

-- name: lock_account
-- One matching at a time for an account, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('paper:' || %(account_id)s::text, 0));
