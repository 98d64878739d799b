-- The audit log under seal: each seal knows its rows by number and digest, and the seal before it.

CREATE TABLE audit_seals (
    number         INTEGER PRIMARY KEY CHECK (number >= 1),
    sealed_at      TEXT NOT NULL,
    first_position INTEGER NOT NULL CHECK (first_position >= 1),
    last_position  INTEGER NOT NULL CHECK (last_position >= first_position),
    -- For each row in its order 8 bytes of id and 32 of SHA-256.
    entries        BLOB NOT NULL CHECK (length(entries) = 40 * (last_position - first_position + 1)),
    -- The hash of the seal before, zeros for the first.
    previous       BLOB NOT NULL CHECK (length(previous) = 32),
    hash           BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER audit_seals_no_update BEFORE UPDATE ON audit_seals
BEGIN
    SELECT RAISE(ABORT, 'audit_seals_append_only');
END;
CREATE TRIGGER audit_seals_no_delete BEFORE DELETE ON audit_seals
BEGIN
    SELECT RAISE(ABORT, 'audit_seals_append_only');
END;

-- INSERT OR REPLACE takes a row away without asking the triggers above.
CREATE TRIGGER audit_seals_no_replace BEFORE INSERT ON audit_seals WHEN EXISTS (SELECT 1 FROM audit_seals WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'audit_seals_append_only');
END;
CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'audit_log_append_only');
END;
