-- Restores that are tried each week: the newest backup is opened and checked as a restore would. One is under way at a time.
CREATE TABLE restore_trials (
    id          BLOB PRIMARY KEY NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'sound', 'findings', 'failed')),
    started_at  TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    ended_at    TEXT,
    -- The server that tries.
    node        TEXT NOT NULL DEFAULT '',
    -- The backup that is tried, and when it was made.
    place       TEXT NOT NULL DEFAULT '',
    made_at     TEXT,
    findings    INTEGER NOT NULL DEFAULT 0 CHECK (findings >= 0),
    error       TEXT NOT NULL DEFAULT '',
    -- The moment when administrators were notified.
    rung_at     TEXT,
    CONSTRAINT restore_trials_end CHECK ((state = 'running') = (ended_at IS NULL) AND (state = 'findings') = (findings > 0)
        AND (state = 'failed') = (error <> ''))
) STRICT;
CREATE UNIQUE INDEX restore_trials_one_running ON restore_trials (state) WHERE state = 'running';
CREATE INDEX restore_trials_by_start ON restore_trials (started_at);

-- The server that makes a backup.
ALTER TABLE backups ADD COLUMN node TEXT NOT NULL DEFAULT '';

-- Erasures that were done again after a restore of an older backup. The list of all stands beside the backups.
CREATE TABLE erasure_replays (
    -- The request to erase.
    id          BLOB PRIMARY KEY NOT NULL,
    erased_at   TEXT NOT NULL,
    replayed_at TEXT NOT NULL
) STRICT;
CREATE INDEX erasure_requests_done ON erasure_requests (id) WHERE state = 'done';

-- The servers of this database with their last sign of life, and the last run of each of their jobs.
CREATE TABLE nodes (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    version    TEXT NOT NULL,
    started_at TEXT NOT NULL,
    seen_at    TEXT NOT NULL
) STRICT;
CREATE TABLE node_jobs (
    node_id  BLOB NOT NULL REFERENCES nodes (id) ON DELETE CASCADE,
    job      TEXT NOT NULL,
    begun_at TEXT,
    ended_at TEXT,
    failed   INTEGER NOT NULL DEFAULT 0 CHECK (failed IN (0, 1)),
    error    TEXT NOT NULL DEFAULT '' CHECK (length(error) <= 500),
    next_at  TEXT,
    PRIMARY KEY (node_id, job)
) STRICT;

CREATE TRIGGER restore_trials_ended_stay BEFORE UPDATE ON restore_trials
WHEN OLD.state <> 'running'
BEGIN
    SELECT RAISE(ABORT, 'restore_trials_ended_stay');
END;
CREATE TRIGGER restore_trials_kept BEFORE DELETE ON restore_trials
BEGIN
    SELECT RAISE(ABORT, 'restore_trials_ended_stay');
END;
CREATE TRIGGER erasure_replays_kept BEFORE UPDATE ON erasure_replays
BEGIN
    SELECT RAISE(ABORT, 'erasure_replays_kept');
END;
CREATE TRIGGER erasure_replays_not_deleted BEFORE DELETE ON erasure_replays
BEGIN
    SELECT RAISE(ABORT, 'erasure_replays_kept');
END;
