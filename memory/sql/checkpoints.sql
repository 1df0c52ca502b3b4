-- name: checkpoints_version
-- The last of the checkpointer's own migrations that was applied.
SELECT max(v) AS version FROM checkpoint_migrations;

-- name: store_version
-- The last of the store's own migrations that was applied.
SELECT max(v) AS version FROM store_migrations;

-- name: has_checkpoint
-- Whether a thread has any checkpoint.
SELECT EXISTS (SELECT 1 FROM checkpoints WHERE thread_id = %s) AS found;
