-- Sets of tests and studies that a doctor orders at once. The heads of laboratory and imaging and administrators keep them.
CREATE TABLE test_sets (
    id          UUID PRIMARY KEY NOT NULL,
    name        TEXT NOT NULL CHECK (length(trim(name)) > 0 AND length(name) <= 120),
    purpose     TEXT NOT NULL DEFAULT '' CHECK (length(purpose) <= 500),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    updated_at  TIMESTAMPTZ NOT NULL,
    updated_by  UUID NOT NULL REFERENCES users (id),
    retired_at  TIMESTAMPTZ
);
CREATE UNIQUE INDEX test_sets_name ON test_sets (lower(name));

-- A line is one test, one panel or one procedure of imaging.
CREATE TABLE test_set_lines (
    set_id        UUID NOT NULL REFERENCES test_sets (id),
    position      BIGINT NOT NULL CHECK (position BETWEEN 1 AND 60),
    test_id       UUID REFERENCES lab_tests (id),
    panel_id      UUID REFERENCES lab_panels (id),
    procedure_id  UUID REFERENCES imaging_procedures (id),
    PRIMARY KEY (set_id, position),
    CONSTRAINT test_set_lines_one CHECK (num_nonnulls(test_id, panel_id, procedure_id) = 1)
);
CREATE UNIQUE INDEX test_set_lines_test ON test_set_lines (test_id, set_id) WHERE test_id IS NOT NULL;
CREATE UNIQUE INDEX test_set_lines_panel ON test_set_lines (panel_id, set_id) WHERE panel_id IS NOT NULL;
CREATE UNIQUE INDEX test_set_lines_procedure ON test_set_lines (procedure_id, set_id) WHERE procedure_id IS NOT NULL;

REVOKE DELETE, TRUNCATE ON test_sets FROM infirmary_app;
CREATE TRIGGER test_sets_kept BEFORE DELETE ON test_sets FOR EACH ROW EXECUTE FUNCTION row_fixed('test_sets_kept');
