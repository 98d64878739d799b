-- The tasks that a ward begins an admission with. A ward without a list begins with none.
CREATE TABLE ward_start_lists (
    ward_id UUID PRIMARY KEY NOT NULL REFERENCES wards (id),
    set_at  TIMESTAMPTZ NOT NULL,
    set_by  UUID NOT NULL REFERENCES users (id),
    version BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
CREATE TABLE ward_start_tasks (
    ward_id     UUID NOT NULL REFERENCES ward_start_lists (ward_id),
    nth         BIGINT NOT NULL CHECK (nth BETWEEN 1 AND 20),
    name        TEXT NOT NULL CHECK (length(trim(name)) BETWEEN 1 AND 200),
    -- Minutes after the admission.
    due_minutes BIGINT NOT NULL CHECK (due_minutes BETWEEN 0 AND 10080),
    -- A set of observations, or an assessment with the tool, settles the task by itself.
    done_by     TEXT NOT NULL CHECK (done_by IN ('hand', 'observations', 'assessment')),
    tool_code   TEXT NOT NULL DEFAULT '' CHECK (length(tool_code) <= 40),
    PRIMARY KEY (ward_id, nth),
    CONSTRAINT ward_start_tasks_tool CHECK ((done_by = 'assessment') = (length(tool_code) > 0))
);
-- The act that settles the task of a start list: empty by hand, `observations`, or the code of a tool.
ALTER TABLE nursing_task_plans ADD COLUMN settled_with TEXT NOT NULL DEFAULT '' CHECK (length(settled_with) <= 40);

REVOKE DELETE, TRUNCATE ON ward_start_lists FROM infirmary_app;
CREATE TRIGGER ward_start_lists_versions BEFORE UPDATE ON ward_start_lists FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR NEW.ward_id <> OLD.ward_id) EXECUTE FUNCTION row_fixed('ward_start_lists_versions');
CREATE TRIGGER ward_start_lists_kept BEFORE DELETE ON ward_start_lists FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_start_lists_versions');
