-- name: take_turn
-- Wait for the other writers of this account; released at the end of the transaction.
SELECT pg_advisory_xact_lock(%s);

-- name: last
-- The end of an account's chain, and whether an entry with this key exists.
SELECT coalesce(max(seq), 0) AS seq,
       coalesce((array_agg(hash ORDER BY seq DESC))[1], '') AS hash,
       EXISTS (SELECT 1 FROM fund.journal WHERE account_id = %(account_id)s AND key = %(key)s) AS known
FROM (SELECT seq, hash FROM fund.journal WHERE account_id = %(account_id)s ORDER BY seq DESC LIMIT 1) AS end_of_chain;

-- name: append
-- Add one entry to the end of an account's chain.
INSERT INTO fund.journal (account_id, seq, at, step, run_id, order_id, strategy_id, key, body, previous, hash)
VALUES (%(account_id)s, %(seq)s, %(at)s, %(step)s, %(run_id)s, %(order_id)s, %(strategy_id)s, %(key)s, %(body)s,
        %(previous)s, %(hash)s);

-- name: story
-- The entries of an order or a run, in the order they were written.
SELECT account_id, seq, at, step, run_id, order_id, strategy_id, key, body, previous, hash
FROM fund.journal
WHERE order_id = %(order_id)s OR run_id = %(run_id)s
ORDER BY account_id, seq;

-- name: chain
-- An account's whole record in order.
SELECT account_id, seq, at, step, run_id, order_id, strategy_id, key, body, previous, hash
FROM fund.journal
WHERE account_id = %s
ORDER BY seq;

-- name: from_seq
-- An account's entries from one on, in order.
SELECT account_id, seq, at, step, run_id, order_id, strategy_id, key, body, previous, hash
FROM fund.journal
WHERE account_id = %s AND seq >= %s
ORDER BY seq;
