-- name: account
-- One account.
SELECT * FROM fund.accounts WHERE account_id = %(account_id)s;

-- name: accounts
-- All accounts, the last used first.
SELECT * FROM fund.accounts ORDER BY used DESC, account_id;

-- name: open_account
-- Open an account once.
INSERT INTO fund.accounts (account_id, kind, source, seed, opened_at, clock, deposit)
VALUES (%(account_id)s, %(kind)s, %(source)s, %(seed)s, %(clock)s, %(clock)s, %(deposit)s)
ON CONFLICT (account_id) DO NOTHING;

-- name: touch_account
-- Make an account the one that commands speak about.
UPDATE fund.accounts SET used = nextval('fund.account_use') WHERE account_id = %(account_id)s;

-- name: advance_clock
-- Move an account's clock forward, never back.
UPDATE fund.accounts SET clock = greatest(clock, %(to)s) WHERE account_id = %(account_id)s RETURNING clock;

-- name: mark_nlv
-- Record the value at the end of a session once.
INSERT INTO fund.nlv_marks (account_id, session, nlv, problem)
VALUES (%(account_id)s, %(session)s, %(nlv)s, %(problem)s) ON CONFLICT (account_id, session) DO NOTHING;

-- name: nlv_mark
-- The marked value of a session.
SELECT * FROM fund.nlv_marks WHERE account_id = %(account_id)s AND session = %(session)s;

-- name: next_run
-- The number of the next run.
SELECT nextval('fund.run_number') AS number;

-- name: next_proposal
-- The number of the next order proposed by a person.
SELECT nextval('fund.proposal_number') AS number;

-- name: start_run
-- Record that a run began.
INSERT INTO fund.runs (run_id, account_id, as_of, source, request, code_version)
VALUES (%(run_id)s, %(account_id)s, %(as_of)s, %(source)s, %(request)s, %(code_version)s);

-- name: set_opening
-- Keep what the run saw when it opened.
UPDATE fund.runs SET opening_id = %(opening_id)s WHERE run_id = %(run_id)s AND opening_id IS NULL;

-- name: finish_run
-- Record what the run decided, once.
UPDATE fund.runs SET status = 'finished', result = %(result)s, decision = %(decision)s, finished_at = now()
WHERE run_id = %(run_id)s AND status = 'running';

-- name: abandon_run
-- Give up a run that was interrupted.
UPDATE fund.runs SET status = 'abandoned', finished_at = now() WHERE run_id = %(run_id)s AND status = 'running';

-- name: later_run
-- The first run of the same account that was started after this one and has finished.
SELECT run_id FROM fund.runs
WHERE account_id = %(account_id)s AND started_at > %(started_at)s AND status = 'finished' ORDER BY started_at LIMIT 1;

-- name: run
-- One run.
SELECT * FROM fund.runs WHERE run_id = %(run_id)s;

-- name: runs
-- The latest runs.
SELECT run_id, account_id, as_of, source, status, started_at, finished_at FROM fund.runs
ORDER BY started_at DESC LIMIT %(limit)s;

-- name: unfinished_runs
-- Runs that began and did not end, oldest first.
SELECT run_id, account_id, as_of, request FROM fund.runs WHERE status = 'running' ORDER BY started_at;

-- name: insert_order
-- Stage an order once.
INSERT INTO fund.orders
    (order_id, account_id, run_id, rank, ticker, strategy, purpose, closes, hash, status, contracts, limit_price,
     max_loss, document, staged_at, expires_at, supersedes)
VALUES
    (%(order_id)s, %(account_id)s, %(run_id)s, %(rank)s, %(ticker)s, %(strategy)s, %(purpose)s, %(closes)s, %(hash)s,
     'staged', %(contracts)s, %(limit_price)s, %(max_loss)s, %(document)s, %(staged_at)s, %(expires_at)s,
     %(supersedes)s)
ON CONFLICT (order_id) DO NOTHING RETURNING order_id;

-- name: order
-- One order.
SELECT o.*, h.client_id, h.submitted_at, h.cancel_asked, h.approved_by
FROM fund.orders o LEFT JOIN fund.handovers h USING (order_id) WHERE o.order_id = %(order_id)s;

-- name: orders
-- Orders of an account (or of all) by status, newest first.
SELECT o.*, h.client_id, h.submitted_at, h.cancel_asked, h.approved_by
FROM fund.orders o LEFT JOIN fund.handovers h USING (order_id)
WHERE (%(account_id)s::text IS NULL OR o.account_id = %(account_id)s) AND o.status = ANY(%(statuses)s)
ORDER BY o.staged_at DESC, o.run_id DESC NULLS LAST, o.rank, o.order_id LIMIT %(limit)s;

-- name: orders_of_run
-- The orders a run staged, in rank order.
SELECT * FROM fund.orders WHERE run_id = %(run_id)s ORDER BY rank, order_id;

-- name: decide
-- The first answer wins: decide an order only while it is staged.
UPDATE fund.orders
SET status = %(status)s, decision = %(decision)s, decision_hash = %(hash)s, decided_by = %(by)s, decided_at = %(at)s,
    why = %(why)s, superseded_by = %(superseded_by)s
WHERE order_id = %(order_id)s AND status = 'staged' AND hash = %(hash)s
  AND (%(decision)s <> 'approve' OR expires_at >= %(at)s)
RETURNING order_id;

-- name: move_order
-- Move an order from one of the given states to the next.
UPDATE fund.orders SET status = %(status)s, outcome = coalesce(%(outcome)s, outcome)
WHERE order_id = %(order_id)s AND status = ANY(%(from)s) RETURNING order_id;

-- name: hand_over
-- Give an approved order to the executor once.
INSERT INTO fund.handovers (order_id, hash, client_id, approved_by, max_loss, margin, day_risk)
VALUES (%(order_id)s, %(hash)s, %(client_id)s, %(approved_by)s, %(max_loss)s, %(margin)s, %(day_risk)s)
ON CONFLICT DO NOTHING;

-- name: mark_submitting
-- Reserve the risk and note the moment before the order is sent.
UPDATE fund.handovers SET submitted_at = %(at)s, max_loss = %(max_loss)s, margin = %(margin)s, day_risk = %(day_risk)s
WHERE order_id = %(order_id)s;

-- name: ask_cancel
-- Ask the executor to cancel every order that may be at the venue, and drop those that are not yet; one account's or all.
UPDATE fund.handovers h SET cancel_asked = true FROM fund.orders o
WHERE o.order_id = h.order_id AND o.status IN ('queued', 'submitting', 'working', 'partial')
  AND (%(account_id)s::text IS NULL OR o.account_id = %(account_id)s) RETURNING h.order_id;

-- name: refuse_approved
-- Orders that are approved and not handed over yet: a halt ends them, and a later resume brings none of them back.
UPDATE fund.orders SET status = 'refused', outcome = 'halted before it was handed over'
WHERE status = 'approved' AND (%(account_id)s::text IS NULL OR account_id = %(account_id)s) RETURNING order_id;

-- name: lock_order
-- One order, locked until the transaction ends.
SELECT * FROM fund.orders WHERE order_id = %(order_id)s FOR UPDATE;

-- name: in_hand
-- What the executor of an account must deal with, oldest first.
SELECT o.order_id FROM fund.orders o JOIN fund.handovers h USING (order_id)
WHERE o.account_id = %(account_id)s AND o.status IN ('queued', 'submitting', 'working', 'partial')
ORDER BY o.decided_at, o.order_id;

-- name: promises
-- The worst case of every approved, submitting and working order, those furthest on their way first.
SELECT o.order_id, o.ticker, o.strategy, o.purpose, o.contracts, o.document,
       h.max_loss, h.margin, h.day_risk FROM fund.orders o LEFT JOIN fund.handovers h USING (order_id)
WHERE o.account_id = %(account_id)s AND o.status IN ('approved', 'queued', 'submitting', 'working', 'partial')
ORDER BY o.status = 'approved', o.status = 'queued', o.decided_at, o.order_id;

-- name: staged_tickers
-- Tickers with a live staged order.
SELECT DISTINCT ticker FROM fund.orders
WHERE account_id = %(account_id)s AND status = 'staged' AND expires_at >= %(at)s ORDER BY ticker;

-- name: overdue
-- Staged orders whose time is over.
SELECT order_id, hash FROM fund.orders
WHERE account_id = %(account_id)s AND status = 'staged' AND expires_at < %(at)s ORDER BY order_id;

-- name: unsettled_threads
-- Orders whose thread may be behind their row: not at its end, and not waiting for an answer either.
SELECT order_id, account_id, status FROM fund.orders
WHERE NOT concluded AND NOT (status = 'staged' AND waiting) ORDER BY staged_at, order_id;

-- name: conclude
-- An order's thread has come to its end.
UPDATE fund.orders SET concluded = true WHERE order_id = %(order_id)s;

-- name: thread_waits
-- Note that an order's thread is open and waits, so that no sweep needs to look at it.
UPDATE fund.orders SET waiting = true WHERE order_id = %(order_id)s;

-- name: recent_orders
-- How many orders went out within the last minute.
SELECT count(*) AS n FROM fund.handovers h JOIN fund.orders o USING (order_id)
WHERE o.account_id = %(account_id)s AND h.submitted_at > %(since)s;

-- name: insert_fill
-- Book one execution once.
INSERT INTO fund.fills
    (exec_id, position_id, account_id, order_id, strategy_id, leg, symbol, contracts, multiplier, price, fee, kind, at,
     vix, regime)
VALUES
    (%(exec_id)s, %(position_id)s, %(account_id)s, %(order_id)s, %(strategy_id)s, %(leg)s, %(symbol)s, %(contracts)s,
     %(multiplier)s, %(price)s, %(fee)s, %(kind)s, %(at)s, %(vix)s, %(regime)s)
ON CONFLICT DO NOTHING RETURNING exec_id;

-- name: fills
-- The executions of a position or an order, in the order they happened.
SELECT * FROM fund.fills
WHERE (%(position_id)s::text IS NULL OR position_id = %(position_id)s)
  AND (%(order_id)s::text IS NULL OR order_id = %(order_id)s) ORDER BY at, exec_id;

-- name: executions
-- Everything an account has ever traded or been delivered, in the order it happened, under its position's structure.
SELECT f.position_id, p.strategy, f.symbol, f.contracts * f.multiplier AS units, f.price, f.fee
FROM fund.fills f JOIN fund.positions p USING (position_id)
WHERE f.account_id = %(account_id)s ORDER BY f.at, f.exec_id, f.symbol;

-- name: fill_totals
-- What a position holds by instrument, and the cash its fills moved.
SELECT symbol, (array_agg(leg ORDER BY exec_id))[1] AS leg, sum(contracts) AS contracts, sum(cash) AS cash
FROM fund.fills WHERE position_id = %(position_id)s GROUP BY symbol ORDER BY min(exec_id);

-- name: open_position
-- Create the position that an opening order fills into, once.
INSERT INTO fund.positions
    (position_id, account_id, ticker, sector, strategy, contracts, legs, cost, max_profit, opened_at, order_id)
VALUES
    (%(position_id)s, %(account_id)s, %(ticker)s, %(sector)s, %(strategy)s, 0, '[]', 0, %(max_profit)s, %(at)s,
     %(order_id)s)
ON CONFLICT (position_id) DO NOTHING;

-- name: restate_position
-- Write what a position's fills add up to.
UPDATE fund.positions SET contracts = %(contracts)s, legs = %(legs)s, cost = %(cost)s, closed_at = %(closed_at)s
WHERE position_id = %(position_id)s;

-- name: forget_max_profit
-- A settlement changed the legs: what the opening order could earn says nothing any more.
UPDATE fund.positions SET max_profit = NULL WHERE position_id = %(position_id)s;

-- name: position
-- One position.
SELECT * FROM fund.positions WHERE position_id = %(position_id)s;

-- name: open_positions
-- The positions an account holds, oldest first.
SELECT * FROM fund.positions WHERE account_id = %(account_id)s AND closed_at IS NULL ORDER BY opened_at, position_id;

-- name: positions_holding
-- Open positions that hold an instrument.
SELECT * FROM fund.positions
WHERE account_id = %(account_id)s AND closed_at IS NULL
  AND EXISTS (SELECT 1 FROM jsonb_array_elements(legs) leg WHERE leg->>'symbol' = %(symbol)s)
ORDER BY position_id;

-- name: known_executions
-- The executions of an account that are booked already.
SELECT DISTINCT exec_id FROM fund.fills WHERE account_id = %(account_id)s;

-- name: cash
-- The deposit plus everything the fills moved.
SELECT a.deposit + coalesce((SELECT sum(f.cash) FROM fund.fills f WHERE f.account_id = a.account_id), 0) AS cash
FROM fund.accounts a WHERE a.account_id = %(account_id)s;

-- name: halts
-- The halts in force.
SELECT * FROM fund.halts WHERE active ORDER BY scope;

-- name: ensure_halt_row
-- The halt row of an account, made where there is none yet.
INSERT INTO fund.halts (scope) VALUES ('account:' || %(account_id)s::text) ON CONFLICT (scope) DO NOTHING;

-- name: halts_for_share
-- The halt rows an order depends on, locked so that no halt can slip in before this transaction ends.
SELECT * FROM fund.halts WHERE scope IN ('all', 'account:' || %(account_id)s::text) ORDER BY scope FOR SHARE;

-- name: set_halt
-- Halt or resume a scope.
INSERT INTO fund.halts (scope, active, reason, since, by)
VALUES (%(scope)s, %(active)s, %(reason)s, %(since)s, %(by)s)
ON CONFLICT (scope) DO UPDATE
SET active = EXCLUDED.active, reason = EXCLUDED.reason, since = EXCLUDED.since, by = EXCLUDED.by;

-- name: held_at
-- What an account held at a past moment, by instrument.
SELECT p.ticker, f.symbol, (array_agg(f.leg ORDER BY f.exec_id))[1] AS leg, sum(f.contracts) AS contracts
FROM fund.fills f JOIN fund.positions p USING (position_id)
WHERE f.account_id = %(account_id)s AND f.at <= %(at)s GROUP BY p.ticker, f.symbol HAVING sum(f.contracts) <> 0
ORDER BY f.symbol;

-- name: cash_at
-- The cash of an account at a past moment.
SELECT a.deposit + coalesce(
    (SELECT sum(f.cash) FROM fund.fills f WHERE f.account_id = a.account_id AND f.at <= %(at)s), 0) AS cash
FROM fund.accounts a WHERE a.account_id = %(account_id)s;
