-- The record of changes of sealed rows (src/keys/changes.rs): a chain of digests whose end is sealed. An older copy of a row that is put
-- back is not what the row's last change says.

CREATE TABLE sealed_changes (
    number     BIGINT PRIMARY KEY CHECK (number >= 1),
    table_name TEXT NOT NULL,
    row_id     UUID NOT NULL,
    -- SHA-256 of the sealed fields; NULL when the row was removed.
    digest     BYTEA CHECK (length(digest) = 32)
);
CREATE INDEX sealed_changes_by_row ON sealed_changes (table_name, row_id, number);

CREATE FUNCTION refuse_sealed_changes_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'sealed_changes is append-only' USING ERRCODE = 'check_violation', CONSTRAINT = 'sealed_changes_append_only';
END $$;
CREATE TRIGGER sealed_changes_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON sealed_changes
FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed_changes_change();

-- One row: the number of the last change and the hash over all of them. The program makes it, because SQL cannot seal.
CREATE TABLE sealed_changes_end (
    id     UUID PRIMARY KEY,
    sealed BYTEA NOT NULL
);
CREATE TRIGGER sealed_changes_end_no_delete BEFORE DELETE OR TRUNCATE ON sealed_changes_end
FOR EACH STATEMENT EXECUTE FUNCTION refuse_sealed_changes_change();
CREATE TRIGGER sealed_changes_end_key_open_insert AFTER INSERT ON sealed_changes_end REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER sealed_changes_end_key_open_update BEFORE UPDATE OF sealed ON sealed_changes_end
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

REVOKE UPDATE, DELETE, TRUNCATE ON sealed_changes FROM infirmary_app;
REVOKE INSERT, DELETE, TRUNCATE ON sealed_changes_end FROM infirmary_app;
