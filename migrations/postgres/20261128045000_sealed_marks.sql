-- Marks (src/sealing/marks.rs): short notes of the program's own, sealed with its keys, so that whoever writes to the database alone
-- cannot make one: where the audit log ends, and that the signatures were counted.
CREATE TABLE sealed_marks (
    -- Derived from the name: a mark does not open in the place of another.
    id         UUID PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    sealed     BYTEA NOT NULL CHECK (length(sealed) > 0),
    changed_at TIMESTAMPTZ NOT NULL
);
CREATE TRIGGER sealed_marks_never_deleted BEFORE DELETE ON sealed_marks FOR EACH ROW
EXECUTE FUNCTION refuse_change();
CREATE TRIGGER sealed_marks_key_open_insert AFTER INSERT ON sealed_marks REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER sealed_marks_key_open_update BEFORE UPDATE OF sealed ON sealed_marks
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
-- No request reads or writes them.
REVOKE ALL ON sealed_marks FROM infirmary_app;
