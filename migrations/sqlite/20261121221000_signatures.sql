-- Signatures over notes and addenda (src/clinical/signatures), and the keys of those who sign.

CREATE TABLE signing_keys (
    id         BLOB PRIMARY KEY NOT NULL,
    user_id    BLOB NOT NULL REFERENCES users (id),
    -- Ed25519; kept for ever, so that what it signed can be verified.
    public_key BLOB NOT NULL UNIQUE CHECK (length(public_key) = 32),
    -- The private half until it is retired, and whose the public one is: nobody puts in a key of his own.
    sealed     BLOB NOT NULL,
    created_at TEXT NOT NULL,
    retired_at TEXT
) STRICT;
CREATE UNIQUE INDEX signing_keys_one_in_use ON signing_keys (user_id) WHERE retired_at IS NULL;

CREATE TABLE note_signatures (
    id          BLOB PRIMARY KEY NOT NULL,
    note_id     BLOB NOT NULL REFERENCES notes (id),
    -- NULL: the note itself.
    addendum_id BLOB UNIQUE REFERENCES addenda (id),
    key_id      BLOB NOT NULL REFERENCES signing_keys (id),
    -- As it was when it was signed.
    name        TEXT NOT NULL,
    meaning     TEXT NOT NULL CHECK (meaning IN ('author', 'co_signed', 'imported')),
    signed_at   TEXT NOT NULL,
    -- Of the bytes that are signed.
    format      INTEGER NOT NULL CHECK (format = 1),
    signature   BLOB NOT NULL CHECK (length(signature) = 64)
) STRICT;
CREATE INDEX note_signatures_by_note ON note_signatures (note_id);
CREATE UNIQUE INDEX note_signatures_once ON note_signatures (note_id, key_id) WHERE addendum_id IS NULL;
CREATE INDEX note_signatures_by_key ON note_signatures (key_id);

CREATE TRIGGER note_signatures_frozen BEFORE UPDATE ON note_signatures
BEGIN
    SELECT RAISE(ABORT, 'note_signatures_frozen');
END;
CREATE TRIGGER note_signatures_never_deleted BEFORE DELETE ON note_signatures
BEGIN
    SELECT RAISE(ABORT, 'note_signatures_never_deleted');
END;
CREATE TRIGGER signing_keys_frozen BEFORE UPDATE ON signing_keys
WHEN NEW.public_key <> OLD.public_key OR NEW.user_id <> OLD.user_id OR OLD.retired_at IS NOT NULL AND NEW.retired_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'signing_keys_frozen');
END;
CREATE TRIGGER signing_keys_never_deleted BEFORE DELETE ON signing_keys
BEGIN
    SELECT RAISE(ABORT, 'signing_keys_never_deleted');
END;
-- A new version of the key wraps anew what stands before the fields.
CREATE TRIGGER addenda_frozen BEFORE UPDATE ON addenda
WHEN substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR NEW.note_id <> OLD.note_id OR NEW.written_at <> OLD.written_at
    OR NEW.written_by <> OLD.written_by
BEGIN
    SELECT RAISE(ABORT, 'addenda_frozen');
END;
CREATE TRIGGER addenda_never_deleted BEFORE DELETE ON addenda
BEGIN
    SELECT RAISE(ABORT, 'addenda_never_deleted');
END;
CREATE TRIGGER signing_keys_key_open_insert BEFORE INSERT ON signing_keys WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER signing_keys_key_open_update BEFORE UPDATE OF sealed ON signing_keys WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
