-- Sets of tests and studies that a doctor orders at once. The heads of laboratory and imaging and administrators keep them.
CREATE TABLE test_sets (
    id          BLOB PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 120),
    purpose     TEXT NOT NULL DEFAULT '' CHECK (length(purpose) <= 500),
    version     INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TEXT NOT NULL,
    updated_by  BLOB NOT NULL REFERENCES users (id),
    retired_at  TEXT
) STRICT;
CREATE UNIQUE INDEX test_sets_name ON test_sets (lower(name));

-- A line is one test, one panel or one procedure of imaging.
CREATE TABLE test_set_lines (
    set_id        BLOB NOT NULL REFERENCES test_sets (id),
    position      INTEGER NOT NULL CHECK (position BETWEEN 1 AND 60),
    test_id       BLOB REFERENCES lab_tests (id),
    panel_id      BLOB REFERENCES lab_panels (id),
    procedure_id  BLOB REFERENCES imaging_procedures (id),
    PRIMARY KEY (set_id, position),
    CONSTRAINT test_set_lines_one CHECK ((test_id IS NOT NULL) + (panel_id IS NOT NULL) + (procedure_id IS NOT NULL) = 1)
) STRICT;
CREATE UNIQUE INDEX test_set_lines_test ON test_set_lines (test_id, set_id) WHERE test_id IS NOT NULL;
CREATE UNIQUE INDEX test_set_lines_panel ON test_set_lines (panel_id, set_id) WHERE panel_id IS NOT NULL;
CREATE UNIQUE INDEX test_set_lines_procedure ON test_set_lines (procedure_id, set_id) WHERE procedure_id IS NOT NULL;

CREATE TRIGGER test_sets_kept BEFORE DELETE ON test_sets
BEGIN
    SELECT RAISE(ABORT, 'test_sets_kept');
END;
