-- name: exists
-- Whether a snapshot is stored already.
SELECT EXISTS (SELECT 1 FROM fund.snapshots WHERE snapshot_id = %s) AS found;

-- name: put
-- Store a snapshot once.
INSERT INTO fund.snapshots (snapshot_id, kind, body) VALUES (%s, %s, %s) ON CONFLICT (snapshot_id) DO NOTHING;

-- name: get
-- The stored bytes of a snapshot.
SELECT kind, body FROM fund.snapshots WHERE snapshot_id = %s;
