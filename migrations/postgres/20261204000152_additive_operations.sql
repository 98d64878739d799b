-- Restores that are tried each week: the newest backup is opened and checked as a restore would. One is under way at a time.
CREATE TABLE restore_trials (
    id          UUID PRIMARY KEY NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'sound', 'findings', 'failed')),
    started_at  TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ,
    -- The server that tries.
    node        TEXT NOT NULL DEFAULT '',
    -- The backup that is tried, and when it was made.
    place       TEXT NOT NULL DEFAULT '',
    made_at     TIMESTAMPTZ,
    findings    BIGINT NOT NULL DEFAULT 0 CHECK (findings >= 0),
    error       TEXT NOT NULL DEFAULT '',
    -- The moment when administrators were notified.
    rung_at     TIMESTAMPTZ,
    CONSTRAINT restore_trials_end CHECK ((state = 'running') = (ended_at IS NULL) AND (state = 'findings') = (findings > 0)
        AND (state = 'failed') = (error <> ''))
);
CREATE UNIQUE INDEX restore_trials_one_running ON restore_trials (state) WHERE state = 'running';
CREATE INDEX restore_trials_by_start ON restore_trials (started_at);

-- The server that makes a backup.
ALTER TABLE backups ADD COLUMN node TEXT NOT NULL DEFAULT '';

-- Erasures that were done again after a restore of an older backup. The list of all stands beside the backups.
CREATE TABLE erasure_replays (
    -- The request to erase.
    id          UUID PRIMARY KEY NOT NULL,
    erased_at   TIMESTAMPTZ NOT NULL,
    replayed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX erasure_requests_done ON erasure_requests (id) WHERE state = 'done';

-- The servers of this database with their last sign of life, and the last run of each of their jobs.
CREATE TABLE nodes (
    id         UUID PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    version    TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    seen_at    TIMESTAMPTZ NOT NULL
);
CREATE TABLE node_jobs (
    node_id  UUID NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    job      TEXT NOT NULL,
    begun_at TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    failed   BOOLEAN NOT NULL DEFAULT FALSE,
    error    TEXT NOT NULL DEFAULT '' CHECK (length(error) <= 500),
    next_at  TIMESTAMPTZ,
    PRIMARY KEY (node_id, job)
);

CREATE TRIGGER restore_trials_ended_stay BEFORE UPDATE ON restore_trials FOR EACH ROW
WHEN (OLD.state <> 'running') EXECUTE FUNCTION row_fixed('restore_trials_ended_stay');
CREATE TRIGGER restore_trials_kept BEFORE DELETE ON restore_trials FOR EACH ROW EXECUTE FUNCTION row_fixed('restore_trials_ended_stay');
CREATE TRIGGER erasure_replays_kept BEFORE UPDATE OR DELETE ON erasure_replays FOR EACH ROW EXECUTE FUNCTION row_fixed('erasure_replays_kept');
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON restore_trials, erasure_replays, nodes, node_jobs FROM infirmary_app;
