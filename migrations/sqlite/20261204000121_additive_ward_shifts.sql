-- When the shifts of a ward begin, and its usual dose times. A row of shifts holds from its day on; a later one does not move what is scheduled.
CREATE TABLE ward_shifts (
    id             BLOB PRIMARY KEY NOT NULL,
    ward_id        BLOB NOT NULL REFERENCES wards (id),
    from_day       TEXT NOT NULL,
    -- Minutes after midnight; a shift ends when the next one begins. A ward without an evening shift has two shifts.
    day_begins     INTEGER NOT NULL CHECK (day_begins BETWEEN 0 AND 1439),
    evening_begins INTEGER CHECK (evening_begins BETWEEN 0 AND 1439),
    night_begins   INTEGER NOT NULL CHECK (night_begins BETWEEN 0 AND 1439),
    -- The ward's own names; empty for the usual words.
    day_name       TEXT NOT NULL DEFAULT '' CHECK (length(day_name) <= 40),
    evening_name   TEXT NOT NULL DEFAULT '' CHECK (length(evening_name) <= 40),
    night_name     TEXT NOT NULL DEFAULT '' CHECK (length(night_name) <= 40),
    set_at         TEXT NOT NULL,
    set_by         BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT ward_shifts_differ CHECK (day_begins <> night_begins
        AND (evening_begins IS NULL OR (evening_begins > day_begins AND evening_begins <> night_begins)))
) STRICT;
CREATE INDEX ward_shifts_of_ward ON ward_shifts (ward_id, from_day, set_at);
CREATE TRIGGER ward_shifts_frozen BEFORE UPDATE ON ward_shifts
BEGIN
    SELECT RAISE(ABORT, 'ward_shifts_frozen');
END;
CREATE TRIGGER ward_shifts_kept BEFORE DELETE ON ward_shifts
BEGIN
    SELECT RAISE(ABORT, 'ward_shifts_frozen');
END;

CREATE TABLE ward_dose_lists (
    ward_id BLOB PRIMARY KEY NOT NULL REFERENCES wards (id),
    set_at  TEXT NOT NULL,
    set_by  BLOB NOT NULL REFERENCES users (id),
    version INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1)
) STRICT;
-- The times of a timing that the ward gives otherwise than usual: `08:00 14:00 20:00`.
CREATE TABLE ward_dose_times (
    ward_id BLOB NOT NULL REFERENCES ward_dose_lists (ward_id),
    timing  TEXT NOT NULL CHECK (timing IN ('stat', 'once', 'daily', 'morning', 'bedtime', 'twice', 'three', 'four', 'five', 'meals', 'q12h', 'q8h', 'q6h', 'q4h', 'q3h', 'q2h', 'q1h', 'alternate', 'weekly', 'as_needed')),
    times   TEXT NOT NULL CHECK (length(times) BETWEEN 5 AND 40),
    PRIMARY KEY (ward_id, timing)
) STRICT;
CREATE TRIGGER ward_dose_lists_versions BEFORE UPDATE ON ward_dose_lists
WHEN NEW.version <> OLD.version + 1 OR NEW.ward_id <> OLD.ward_id
BEGIN
    SELECT RAISE(ABORT, 'ward_dose_lists_versions');
END;
CREATE TRIGGER ward_dose_lists_kept BEFORE DELETE ON ward_dose_lists
BEGIN
    SELECT RAISE(ABORT, 'ward_dose_lists_versions');
END;
