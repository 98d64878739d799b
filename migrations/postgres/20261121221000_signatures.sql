-- Signatures over notes and addenda (src/clinical/signatures), and the keys of those who sign.

CREATE TABLE signing_keys (
    id         UUID PRIMARY KEY NOT NULL,
    user_id    UUID NOT NULL REFERENCES users (id),
    -- Ed25519; kept for ever, so that what it signed can be verified.
    public_key BYTEA NOT NULL UNIQUE CHECK (length(public_key) = 32),
    -- The private half until it is retired, and whose the public one is: nobody puts in a key of his own.
    sealed     BYTEA NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX signing_keys_one_in_use ON signing_keys (user_id) WHERE retired_at IS NULL;

CREATE TABLE note_signatures (
    id          UUID PRIMARY KEY NOT NULL,
    note_id     UUID NOT NULL REFERENCES notes (id),
    -- NULL: the note itself.
    addendum_id UUID UNIQUE REFERENCES addenda (id),
    key_id      UUID NOT NULL REFERENCES signing_keys (id),
    -- As it was when it was signed.
    name        TEXT NOT NULL,
    meaning     TEXT NOT NULL CHECK (meaning IN ('author', 'co_signed', 'imported')),
    signed_at   TIMESTAMPTZ NOT NULL,
    -- Of the bytes that are signed.
    format      BIGINT NOT NULL CHECK (format = 1),
    signature   BYTEA NOT NULL CHECK (length(signature) = 64)
);
CREATE INDEX note_signatures_by_note ON note_signatures (note_id);
CREATE UNIQUE INDEX note_signatures_once ON note_signatures (note_id, key_id) WHERE addendum_id IS NULL;
CREATE INDEX note_signatures_by_key ON note_signatures (key_id);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', TG_NAME USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;
CREATE TRIGGER note_signatures_frozen BEFORE UPDATE ON note_signatures FOR EACH ROW
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER note_signatures_never_deleted BEFORE DELETE ON note_signatures FOR EACH ROW
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_frozen BEFORE UPDATE ON signing_keys FOR EACH ROW
WHEN (NEW.public_key <> OLD.public_key OR NEW.user_id <> OLD.user_id OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL)
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_never_deleted BEFORE DELETE ON signing_keys FOR EACH ROW
EXECUTE FUNCTION refuse_change();
-- A new version of the key wraps anew what stands before the fields.
CREATE TRIGGER addenda_frozen BEFORE UPDATE ON addenda FOR EACH ROW
WHEN (substring(NEW.sealed FROM 66) <> substring(OLD.sealed FROM 66) OR NEW.note_id <> OLD.note_id OR NEW.written_at <> OLD.written_at
    OR NEW.written_by <> OLD.written_by)
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER addenda_never_deleted BEFORE DELETE ON addenda FOR EACH ROW
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER signing_keys_key_open_insert AFTER INSERT ON signing_keys REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER signing_keys_key_open_update BEFORE UPDATE OF sealed ON signing_keys
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
