-- What people are told, what the program tells itself, and what was seen and done.

CREATE TABLE notifications (
    id         BLOB PRIMARY KEY NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL,
    -- The words are made when shown, in the reader's language: {"token":"A-017"}.
    details    TEXT NOT NULL DEFAULT '{}',
    link       TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    read_at    TEXT
) STRICT;
CREATE INDEX notifications_by_user ON notifications (user_id, created_at);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;

-- The outbox: written in the transaction of the change it tells of.
CREATE TABLE events (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    at         TEXT NOT NULL,
    topic      TEXT NOT NULL,
    clinic_id  BLOB,
    patient_id BLOB,
    user_id    BLOB,
    subject_id BLOB
) STRICT;
CREATE INDEX events_by_time ON events (at);

-- Who read or changed what. Rows are added and never touched again.
CREATE TABLE audit_log (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    at          TEXT NOT NULL,
    user_id     BLOB NOT NULL,
    roles       TEXT NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('read', 'create', 'update', 'sign', 'print', 'sign_in', 'sign_out', 'refused')),
    what        TEXT NOT NULL,
    subject_id  BLOB,
    patient_id  BLOB,
    clinic_id   BLOB,
    address     TEXT NOT NULL DEFAULT '',
    request_id  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_log_by_patient ON audit_log (patient_id, at) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_log_by_user ON audit_log (user_id, at);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log_append_only');
END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
BEGIN
    SELECT RAISE(ABORT, 'audit_log_append_only');
END;

-- Which outside record became which of ours, so that importing twice changes nothing.
CREATE TABLE imported_records (
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    -- Ours; NULL when the record has no home yet and is kept as it came.
    local_id    BLOB,
    patient_id  BLOB REFERENCES patients (id),
    body        TEXT,
    imported_at TEXT NOT NULL,
    PRIMARY KEY (source, kind, external_id)
) STRICT;
