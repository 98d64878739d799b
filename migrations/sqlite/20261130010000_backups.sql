-- Runs of backups: each is a row from its beginning. One is under way at a time on all nodes (`backups_one_running`); a lease that is
-- over shows that its program stopped. A run that has ended stays as it is.
CREATE TABLE backups (
    id          BLOB PRIMARY KEY NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'sound', 'findings', 'failed')),
    started_by  TEXT NOT NULL CHECK (started_by IN ('schedule', 'command')),
    started_at  TEXT NOT NULL,
    lease_until TEXT NOT NULL,
    ended_at    TEXT,
    -- The folder of the backup; before its end the folder of all.
    place       TEXT NOT NULL,
    -- Bytes of the encrypted copy.
    size        INTEGER NOT NULL DEFAULT 0 CHECK (size >= 0),
    row_count   INTEGER NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    findings    INTEGER NOT NULL DEFAULT 0 CHECK (findings >= 0),
    verified_at TEXT,
    error       TEXT NOT NULL DEFAULT '',
    CONSTRAINT backups_end CHECK ((state = 'running') = (ended_at IS NULL) AND (state IN ('sound', 'findings')) = (verified_at IS NOT NULL)
        AND (state = 'findings') = (findings > 0) AND (state = 'failed') = (error <> ''))
) STRICT;
CREATE UNIQUE INDEX backups_one_running ON backups (state) WHERE state = 'running';
CREATE INDEX backups_by_start ON backups (started_at);
CREATE TRIGGER backups_ended_stay BEFORE UPDATE ON backups WHEN OLD.state <> 'running'
BEGIN
    SELECT RAISE(ABORT, 'backups_ended_stay');
END;
CREATE TRIGGER backups_ended_stay_delete BEFORE DELETE ON backups
BEGIN
    SELECT RAISE(ABORT, 'backups_ended_stay');
END;
