-- The record of changes of sealed rows (src/keys/changes.rs): a chain of digests whose end is sealed. An older copy of a row that is put
-- back is not what the row's last change says.

CREATE TABLE sealed_changes (
    number     INTEGER PRIMARY KEY NOT NULL CHECK (number >= 1),
    table_name TEXT NOT NULL,
    row_id     BLOB NOT NULL,
    -- SHA-256 of the sealed fields; NULL when the row was removed.
    digest     BLOB CHECK (length(digest) = 32)
) STRICT;
CREATE INDEX sealed_changes_by_row ON sealed_changes (table_name, row_id, number);

CREATE TRIGGER sealed_changes_no_update BEFORE UPDATE ON sealed_changes
BEGIN
    SELECT RAISE(ABORT, 'sealed_changes_append_only');
END;
CREATE TRIGGER sealed_changes_no_delete BEFORE DELETE ON sealed_changes
BEGIN
    SELECT RAISE(ABORT, 'sealed_changes_append_only');
END;
-- INSERT OR REPLACE takes a row away without asking the triggers above.
CREATE TRIGGER sealed_changes_no_replace BEFORE INSERT ON sealed_changes WHEN EXISTS (SELECT 1 FROM sealed_changes WHERE number = NEW.number)
BEGIN
    SELECT RAISE(ABORT, 'sealed_changes_append_only');
END;

-- One row: the number of the last change and the hash over all of them. The program makes it, because SQL cannot seal.
CREATE TABLE sealed_changes_end (
    id     BLOB PRIMARY KEY NOT NULL,
    sealed BLOB NOT NULL
) STRICT;
CREATE TRIGGER sealed_changes_end_no_delete BEFORE DELETE ON sealed_changes_end
BEGIN
    SELECT RAISE(ABORT, 'sealed_changes_append_only');
END;
CREATE TRIGGER sealed_changes_end_key_open_insert BEFORE INSERT ON sealed_changes_end WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER sealed_changes_end_key_open_update BEFORE UPDATE OF sealed ON sealed_changes_end WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
