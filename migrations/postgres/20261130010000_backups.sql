-- Runs of backups: each is a row from its beginning. One is under way at a time on all nodes (`backups_one_running`); a lease that is
-- over shows that its program stopped. A run that has ended stays as it is.
CREATE TABLE backups (
    id          UUID PRIMARY KEY NOT NULL,
    state       TEXT NOT NULL CHECK (state IN ('running', 'sound', 'findings', 'failed')),
    started_by  TEXT NOT NULL CHECK (started_by IN ('schedule', 'command')),
    started_at  TIMESTAMPTZ NOT NULL,
    lease_until TIMESTAMPTZ NOT NULL,
    ended_at    TIMESTAMPTZ,
    -- The folder of the backup; before its end the folder of all.
    place       TEXT NOT NULL,
    -- Bytes of the encrypted copy.
    size        BIGINT NOT NULL DEFAULT 0 CHECK (size >= 0),
    row_count   BIGINT NOT NULL DEFAULT 0 CHECK (row_count >= 0),
    findings    BIGINT NOT NULL DEFAULT 0 CHECK (findings >= 0),
    verified_at TIMESTAMPTZ,
    error       TEXT NOT NULL DEFAULT '',
    CONSTRAINT backups_end CHECK ((state = 'running') = (ended_at IS NULL) AND (state IN ('sound', 'findings')) = (verified_at IS NOT NULL)
        AND (state = 'findings') = (findings > 0) AND (state = 'failed') = (error <> ''))
);
CREATE UNIQUE INDEX backups_one_running ON backups (state) WHERE state = 'running';
CREATE INDEX backups_by_start ON backups (started_at);
CREATE TRIGGER backups_ended_stay BEFORE UPDATE ON backups FOR EACH ROW
WHEN (OLD.state <> 'running') EXECUTE FUNCTION row_fixed('backups_ended_stay');
CREATE TRIGGER backups_ended_stay_delete BEFORE DELETE ON backups FOR EACH ROW EXECUTE FUNCTION row_fixed('backups_ended_stay');
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON backups FROM infirmary_app;
