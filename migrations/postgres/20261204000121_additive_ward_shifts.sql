-- When the shifts of a ward begin, and its usual dose times. A row of shifts holds from its day on; a later one does not move what is scheduled.
CREATE TABLE ward_shifts (
    id             UUID PRIMARY KEY NOT NULL,
    ward_id        UUID NOT NULL REFERENCES wards (id),
    from_day       DATE NOT NULL,
    -- Minutes after midnight; a shift ends when the next one begins. A ward without an evening shift has two shifts.
    day_begins     BIGINT NOT NULL CHECK (day_begins BETWEEN 0 AND 1439),
    evening_begins BIGINT CHECK (evening_begins BETWEEN 0 AND 1439),
    night_begins   BIGINT NOT NULL CHECK (night_begins BETWEEN 0 AND 1439),
    -- The ward's own names; empty for the usual words.
    day_name       TEXT NOT NULL DEFAULT '' CHECK (length(day_name) <= 40),
    evening_name   TEXT NOT NULL DEFAULT '' CHECK (length(evening_name) <= 40),
    night_name     TEXT NOT NULL DEFAULT '' CHECK (length(night_name) <= 40),
    set_at         TIMESTAMPTZ NOT NULL,
    set_by         UUID NOT NULL REFERENCES users (id),
    CONSTRAINT ward_shifts_differ CHECK (day_begins <> night_begins
        AND (evening_begins IS NULL OR (evening_begins > day_begins AND evening_begins <> night_begins)))
);
CREATE INDEX ward_shifts_of_ward ON ward_shifts (ward_id, from_day, set_at);
REVOKE UPDATE, DELETE, TRUNCATE ON ward_shifts FROM infirmary_app;
CREATE TRIGGER ward_shifts_frozen BEFORE UPDATE OR DELETE ON ward_shifts FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_shifts_frozen');

CREATE TABLE ward_dose_lists (
    ward_id UUID PRIMARY KEY NOT NULL REFERENCES wards (id),
    set_at  TIMESTAMPTZ NOT NULL,
    set_by  UUID NOT NULL REFERENCES users (id),
    version BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1)
);
-- The times of a timing that the ward gives otherwise than usual: `08:00 14:00 20:00`.
CREATE TABLE ward_dose_times (
    ward_id UUID NOT NULL REFERENCES ward_dose_lists (ward_id),
    timing  TEXT NOT NULL CHECK (timing IN ('stat', 'once', 'daily', 'morning', 'bedtime', 'twice', 'three', 'four', 'five', 'meals', 'q12h', 'q8h', 'q6h', 'q4h', 'q3h', 'q2h', 'q1h', 'alternate', 'weekly', 'as_needed')),
    times   TEXT NOT NULL CHECK (length(times) BETWEEN 5 AND 40),
    PRIMARY KEY (ward_id, timing)
);
REVOKE DELETE, TRUNCATE ON ward_dose_lists FROM infirmary_app;
CREATE TRIGGER ward_dose_lists_versions BEFORE UPDATE ON ward_dose_lists FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR NEW.ward_id <> OLD.ward_id) EXECUTE FUNCTION row_fixed('ward_dose_lists_versions');
CREATE TRIGGER ward_dose_lists_kept BEFORE DELETE ON ward_dose_lists FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_dose_lists_versions');
