-- Shifts of staff: who works where, from when to when. Doctors have weekly hours.
CREATE TABLE shifts (
    id               BLOB PRIMARY KEY NOT NULL,
    staff_id         BLOB NOT NULL REFERENCES staff (id),
    clinic_id        BLOB NOT NULL REFERENCES clinics (id),
    -- The room or counter; NULL leaves it open.
    service_point_id BLOB REFERENCES service_points (id),
    starts_at        TEXT NOT NULL,
    ends_at          TEXT NOT NULL,
    removed_at       TEXT,
    created_at       TEXT NOT NULL,
    created_by       BLOB NOT NULL REFERENCES users (id),
    updated_at       TEXT NOT NULL,
    updated_by       BLOB NOT NULL REFERENCES users (id),
    version          INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT shifts_length CHECK (starts_at < ends_at AND ends_at <= strftime('%Y-%m-%dT%H:%M:%S', starts_at, '+1 day') || '.000000Z')
) STRICT;
CREATE INDEX shifts_by_clinic ON shifts (clinic_id, starts_at) WHERE removed_at IS NULL;
CREATE INDEX shifts_by_staff ON shifts (staff_id, starts_at) WHERE removed_at IS NULL;

-- A person is at one place at a time. Writers take turns in SQLite, so a trigger that looks first is a guard.
CREATE TRIGGER shifts_overlap BEFORE INSERT ON shifts
WHEN NEW.removed_at IS NULL AND EXISTS (SELECT 1 FROM shifts o WHERE o.staff_id = NEW.staff_id AND o.removed_at IS NULL AND o.id <> NEW.id
    AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at)
BEGIN
    SELECT RAISE(ABORT, 'shifts_overlap');
END;
CREATE TRIGGER shifts_overlap_update BEFORE UPDATE OF staff_id, starts_at, ends_at, removed_at ON shifts
WHEN NEW.removed_at IS NULL AND EXISTS (SELECT 1 FROM shifts o WHERE o.staff_id = NEW.staff_id AND o.removed_at IS NULL AND o.id <> NEW.id
    AND o.starts_at < NEW.ends_at AND o.ends_at > NEW.starts_at)
BEGIN
    SELECT RAISE(ABORT, 'shifts_overlap');
END;
CREATE TRIGGER shifts_place BEFORE INSERT ON shifts
WHEN NEW.service_point_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM service_points p WHERE p.id = NEW.service_point_id AND p.clinic_id = NEW.clinic_id AND p.retired_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'shifts_place');
END;
CREATE TRIGGER shifts_staff_open AFTER INSERT ON shifts
WHEN EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.staff_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'shifts_staff_open');
END;
