-- Four sections of 20,000 letters, of up to four bytes each: the limit in bytes agrees with the limit in letters, in any script.
DROP TRIGGER notes_signed_is_frozen;
DROP TRIGGER notes_key_open_insert;
DROP TRIGGER notes_key_open_update;
ALTER TABLE notes ADD COLUMN sealed_longer BLOB NOT NULL DEFAULT x'' CHECK (length(sealed_longer) <= 400000);
UPDATE notes SET sealed_longer = sealed;
ALTER TABLE notes DROP COLUMN sealed;
ALTER TABLE notes RENAME COLUMN sealed_longer TO sealed;
CREATE TRIGGER notes_signed_is_frozen BEFORE UPDATE ON notes
WHEN OLD.state = 'signed' AND (substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR NEW.signed_at <> OLD.signed_at
    OR NEW.signed_by <> OLD.signed_by OR NEW.signed_digest <> OLD.signed_digest OR NEW.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'notes_signed_is_frozen');
END;
CREATE TRIGGER notes_key_open_insert BEFORE INSERT ON notes WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER notes_key_open_update BEFORE UPDATE OF sealed ON notes WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
