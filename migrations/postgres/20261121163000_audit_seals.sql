-- The audit log under seal: each seal knows its rows by number and digest, and the seal before it.

CREATE TABLE audit_seals (
    number         BIGINT PRIMARY KEY CHECK (number >= 1),
    sealed_at      TIMESTAMPTZ NOT NULL,
    first_position BIGINT NOT NULL CHECK (first_position >= 1),
    last_position  BIGINT NOT NULL CHECK (last_position >= first_position),
    -- For each row in its order 8 bytes of id and 32 of SHA-256.
    entries        BYTEA NOT NULL CHECK (length(entries) = 40 * (last_position - first_position + 1)),
    -- The hash of the seal before, zeros for the first.
    previous       BYTEA NOT NULL CHECK (length(previous) = 32),
    hash           BYTEA NOT NULL CHECK (length(hash) = 32)
);
-- Digests do not get smaller.
ALTER TABLE audit_seals ALTER COLUMN entries SET STORAGE EXTERNAL;

CREATE FUNCTION refuse_audit_seal_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_seals is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'audit_seals_append_only';
END $$;
CREATE TRIGGER audit_seals_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_seal_change();

-- Not even the owner: whoever wants to must first give it back to himself.
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log, audit_seals FROM PUBLIC, CURRENT_USER;
