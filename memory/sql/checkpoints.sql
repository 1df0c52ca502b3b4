-- name: setup_version
-- The last of LangGraph's own migrations that was applied.
SELECT max(v) AS version FROM checkpoint_migrations;

-- name: has_checkpoint
-- Whether a thread has any checkpoint.
SELECT EXISTS (SELECT 1 FROM checkpoints WHERE thread_id = %s) AS found;
