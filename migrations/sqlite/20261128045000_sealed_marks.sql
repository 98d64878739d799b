-- Marks (src/sealing/marks.rs): short notes of the program's own, sealed with its keys, so that whoever writes to the database alone
-- cannot make one: where the audit log ends, and that the signatures were counted.
CREATE TABLE sealed_marks (
    -- Derived from the name: a mark does not open in the place of another.
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    sealed     BLOB NOT NULL CHECK (length(sealed) > 0),
    changed_at TEXT NOT NULL
) STRICT;
CREATE TRIGGER sealed_marks_never_deleted BEFORE DELETE ON sealed_marks
BEGIN
    SELECT RAISE(ABORT, 'sealed_marks_never_deleted');
END;
CREATE TRIGGER sealed_marks_key_open_insert BEFORE INSERT ON sealed_marks WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER sealed_marks_key_open_update BEFORE UPDATE OF sealed ON sealed_marks WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
