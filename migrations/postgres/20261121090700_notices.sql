-- What people are told, what the program tells itself, and what was seen and done.

CREATE TABLE notifications (
    id         UUID PRIMARY KEY NOT NULL,
    user_id    UUID NOT NULL REFERENCES users (id),
    kind       TEXT NOT NULL,
    -- The words are made when shown, in the reader's language: {"token":"A-017"}.
    details    TEXT NOT NULL DEFAULT '{}',
    link       TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    read_at    TIMESTAMPTZ
);
CREATE INDEX notifications_by_user ON notifications (user_id, created_at);
CREATE INDEX notifications_unread ON notifications (user_id) WHERE read_at IS NULL;

-- The outbox: written in the transaction of the change it tells of.
CREATE TABLE events (
    id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         TIMESTAMPTZ NOT NULL,
    topic      TEXT NOT NULL,
    clinic_id  UUID,
    patient_id UUID,
    user_id    UUID,
    subject_id UUID
);
CREATE INDEX events_by_time ON events (at);

-- Who read or changed what. Rows are added and never touched again.
CREATE TABLE audit_log (
    id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          TIMESTAMPTZ NOT NULL,
    user_id     UUID NOT NULL,
    roles       TEXT NOT NULL,
    action      TEXT NOT NULL CHECK (action IN ('read', 'create', 'update', 'sign', 'print', 'sign_in', 'sign_out', 'refused')),
    what        TEXT NOT NULL,
    subject_id  UUID,
    patient_id  UUID,
    clinic_id   UUID,
    address     TEXT NOT NULL DEFAULT '',
    request_id  TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_by_patient ON audit_log (patient_id, at) WHERE patient_id IS NOT NULL;
CREATE INDEX audit_log_by_user ON audit_log (user_id, at);
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_log is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_log_append_only';
END $$;
CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- Which outside record became which of ours, so that importing twice changes nothing.
CREATE TABLE imported_records (
    source      TEXT NOT NULL,
    kind        TEXT NOT NULL,
    external_id TEXT NOT NULL,
    -- Ours; NULL when the record has no home yet and is kept as it came.
    local_id    UUID,
    patient_id  UUID REFERENCES patients (id),
    body        TEXT,
    imported_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source, kind, external_id)
);
