-- Doctors' hours, leave, closed days and extra sessions are kept in pages. Hours are closed and not rewritten; an appointment that loses
-- its hours stands on the list "To settle" until somebody keeps, moves or cancels it.

ALTER TABLE schedules ADD COLUMN kind TEXT NOT NULL DEFAULT 'weekly' CHECK (kind IN ('weekly', 'extra'));
-- Why there is an extra session; for staff alone.
ALTER TABLE schedules ADD COLUMN reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500);
-- Hours that were replaced or given up before they began.
ALTER TABLE schedules ADD COLUMN withdrawn_at TEXT;
ALTER TABLE schedules ADD COLUMN updated_at TEXT;
ALTER TABLE schedules ADD COLUMN updated_by BLOB REFERENCES users (id);
ALTER TABLE availabilities ADD COLUMN gap_minutes INTEGER NOT NULL DEFAULT 0
    CONSTRAINT availabilities_gap CHECK (gap_minutes BETWEEN 0 AND 240)
    CONSTRAINT availabilities_slot_fits CHECK (end_minute - start_minute >= slot_minutes);

CREATE TRIGGER schedules_fixed BEFORE UPDATE OF doctor_id, service_id, valid_from, valid_to, kind ON schedules
WHEN NEW.doctor_id <> OLD.doctor_id OR NEW.service_id <> OLD.service_id OR NEW.valid_from <> OLD.valid_from OR NEW.kind <> OLD.kind
    OR (OLD.valid_to IS NOT NULL AND (NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to))
BEGIN
    SELECT RAISE(ABORT, 'schedules_fixed');
END;
CREATE TRIGGER availabilities_fixed BEFORE UPDATE ON availabilities
BEGIN
    SELECT RAISE(ABORT, 'availabilities_fixed');
END;

-- The hours of the coming years as instants: in the weeks from first_week to last_week (counted from 1970, in UTC), from start_minute to
-- end_minute of the week. The offset of a clinic's clock is worked out already, so that hours in two time zones can be compared.
CREATE TABLE hour_times (
    schedule_id  BLOB NOT NULL REFERENCES schedules (id),
    doctor_id    BLOB NOT NULL REFERENCES staff (id),
    first_week   INTEGER NOT NULL,
    last_week    INTEGER NOT NULL,
    start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 10079),
    end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN 1 AND 10080),
    CHECK (first_week <= last_week),
    CHECK (start_minute < end_minute)
) STRICT;
CREATE INDEX hour_times_by_doctor ON hour_times (doctor_id, first_week);
CREATE INDEX hour_times_by_schedule ON hour_times (schedule_id);
CREATE TRIGGER hour_times_overlap BEFORE INSERT ON hour_times
WHEN EXISTS (SELECT 1 FROM hour_times t WHERE t.doctor_id = NEW.doctor_id AND t.first_week <= NEW.last_week AND t.last_week >= NEW.first_week
    AND t.start_minute < NEW.end_minute AND t.end_minute > NEW.start_minute)
BEGIN
    SELECT RAISE(ABORT, 'hour_times_overlap');
END;

-- Leave of a doctor: where it was entered, and whether whole days were meant.
ALTER TABLE absences ADD COLUMN clinic_id BLOB REFERENCES clinics (id);
ALTER TABLE absences ADD COLUMN whole_days INTEGER NOT NULL DEFAULT 0 CHECK (whole_days IN (0, 1));
ALTER TABLE absences ADD COLUMN withdrawn_at TEXT;
ALTER TABLE absences ADD COLUMN withdrawn_by BLOB REFERENCES users (id);

-- A clinic that is closed for all.
CREATE TABLE closures (
    id           BLOB PRIMARY KEY NOT NULL,
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    starts_at    TEXT NOT NULL,
    ends_at      TEXT NOT NULL,
    whole_days   INTEGER NOT NULL CHECK (whole_days IN (0, 1)),
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    created_at   TEXT NOT NULL,
    created_by   BLOB NOT NULL REFERENCES users (id),
    withdrawn_at TEXT,
    withdrawn_by BLOB REFERENCES users (id),
    CONSTRAINT closures_time CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX closures_by_clinic ON closures (clinic_id, ends_at);

-- How an appointment stands to its doctor's hours: booked in them, or outside of them by a decision. `unchecked` are imported and older ones.
ALTER TABLE appointments ADD COLUMN placed TEXT NOT NULL DEFAULT 'unchecked'
    CHECK (placed IN ('unchecked', 'in_hours', 'outside_hours', 'overbooked', 'kept'));

-- Appointments that lost their hours, until each is kept, moved or cancelled.
CREATE TABLE settlements (
    id             BLOB PRIMARY KEY NOT NULL,
    appointment_id BLOB NOT NULL REFERENCES appointments (id),
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    doctor_id      BLOB NOT NULL REFERENCES staff (id),
    because        TEXT NOT NULL CHECK (because IN ('absence', 'closure', 'hours', 'leaving')),
    opened_at      TEXT NOT NULL,
    opened_by      BLOB NOT NULL REFERENCES users (id),
    outcome        TEXT CHECK (outcome IN ('kept', 'moved', 'cancelled', 'restored', 'seen', 'missed')),
    closed_at      TEXT,
    closed_by      BLOB REFERENCES users (id),
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
) STRICT;
CREATE UNIQUE INDEX settlements_one_open ON settlements (appointment_id) WHERE closed_at IS NULL;
CREATE INDEX settlements_open ON settlements (clinic_id) WHERE closed_at IS NULL;
CREATE INDEX settlements_by_clinic ON settlements (clinic_id, closed_at);

CREATE TRIGGER settlements_follow AFTER UPDATE OF state ON appointments
WHEN NEW.state <> OLD.state AND NEW.state IN ('cancelled', 'rescheduled', 'fulfilled', 'no_show', 'entered_in_error')
BEGIN
    UPDATE settlements SET closed_at = NEW.updated_at, closed_by = NEW.updated_by,
        outcome = CASE NEW.state WHEN 'rescheduled' THEN 'moved' WHEN 'fulfilled' THEN 'seen' WHEN 'no_show' THEN 'missed' ELSE 'cancelled' END
    WHERE appointment_id = NEW.id AND closed_at IS NULL;
END;

-- An appointment is not booked in hours that a doctor's leave or a closed clinic takes away.
CREATE TRIGGER appointments_doctor_away BEFORE INSERT ON appointments
WHEN NEW.placed = 'in_hours' AND NEW.state IN ('held', 'booked')
BEGIN
    SELECT RAISE(ABORT, 'appointments_doctor_away') WHERE EXISTS (
        SELECT 1 FROM absences x WHERE x.doctor_id = NEW.doctor_id AND x.withdrawn_at IS NULL
            AND x.starts_at < NEW.ends_at AND x.ends_at > NEW.starts_at)
        OR EXISTS (SELECT 1 FROM closures x WHERE x.clinic_id = NEW.clinic_id AND x.withdrawn_at IS NULL
            AND x.starts_at < NEW.ends_at AND x.ends_at > NEW.starts_at);
END;

-- Coming appointments, without their patients.
CREATE VIEW coming_appointments AS
SELECT id, clinic_id, service_id, doctor_id, starts_at, ends_at, state, placed FROM appointments
WHERE state IN ('held', 'booked', 'checked_in');
CREATE VIEW to_settle AS
SELECT s.id, s.appointment_id, s.clinic_id, s.doctor_id, s.because, s.opened_at, a.service_id, a.starts_at, a.ends_at
FROM settlements s JOIN appointments a ON a.id = s.appointment_id
WHERE s.closed_at IS NULL AND a.state = 'booked';
