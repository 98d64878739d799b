-- Doctors' hours, leave, closed days and extra sessions are kept in pages. Hours are closed and not rewritten; an appointment that loses
-- its hours stands on the list "To settle" until somebody keeps, moves or cancels it.

ALTER TABLE schedules ADD COLUMN kind TEXT NOT NULL DEFAULT 'weekly' CHECK (kind IN ('weekly', 'extra'));
-- Why there is an extra session; for staff alone.
ALTER TABLE schedules ADD COLUMN reason TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500);
-- Hours that were replaced or given up before they began.
ALTER TABLE schedules ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE schedules ADD COLUMN updated_at TIMESTAMPTZ;
ALTER TABLE schedules ADD COLUMN updated_by UUID REFERENCES users (id);
ALTER TABLE availabilities ADD COLUMN gap_minutes BIGINT NOT NULL DEFAULT 0 CONSTRAINT availabilities_gap CHECK (gap_minutes BETWEEN 0 AND 240);
ALTER TABLE availabilities ADD CONSTRAINT availabilities_slot_fits CHECK (end_minute - start_minute >= slot_minutes);

CREATE TRIGGER schedules_fixed BEFORE UPDATE OF doctor_id, service_id, valid_from, valid_to, kind ON schedules FOR EACH ROW
WHEN (NEW.doctor_id <> OLD.doctor_id OR NEW.service_id <> OLD.service_id OR NEW.valid_from <> OLD.valid_from OR NEW.kind <> OLD.kind
    OR (OLD.valid_to IS NOT NULL AND (NEW.valid_to IS NULL OR NEW.valid_to > OLD.valid_to)))
EXECUTE FUNCTION master_data_fixed();
CREATE TRIGGER availabilities_fixed BEFORE UPDATE ON availabilities FOR EACH ROW EXECUTE FUNCTION master_data_fixed();

-- The hours of the coming years as instants: in the weeks from first_week to last_week (counted from 1970, in UTC), from start_minute to
-- end_minute of the week. The offset of a clinic's clock is worked out already, so that hours in two time zones can be compared.
CREATE TABLE hour_times (
    schedule_id  UUID NOT NULL REFERENCES schedules (id),
    doctor_id    UUID NOT NULL REFERENCES staff (id),
    first_week   BIGINT NOT NULL,
    last_week    BIGINT NOT NULL,
    start_minute BIGINT NOT NULL CHECK (start_minute BETWEEN 0 AND 10079),
    end_minute   BIGINT NOT NULL CHECK (end_minute BETWEEN 1 AND 10080),
    CHECK (first_week <= last_week),
    CHECK (start_minute < end_minute),
    CONSTRAINT hour_times_overlap EXCLUDE USING gist
        (doctor_id WITH =, int8range(first_week, last_week, '[]') WITH &&, int8range(start_minute, end_minute) WITH &&)
);
CREATE INDEX hour_times_by_doctor ON hour_times (doctor_id, first_week);
CREATE INDEX hour_times_by_schedule ON hour_times (schedule_id);

-- Leave of a doctor: where it was entered, and whether whole days were meant.
ALTER TABLE absences ADD COLUMN clinic_id UUID REFERENCES clinics (id);
ALTER TABLE absences ADD COLUMN whole_days BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE absences ADD COLUMN withdrawn_at TIMESTAMPTZ;
ALTER TABLE absences ADD COLUMN withdrawn_by UUID REFERENCES users (id);

-- A clinic that is closed for all.
CREATE TABLE closures (
    id           UUID PRIMARY KEY NOT NULL,
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    starts_at    TIMESTAMPTZ NOT NULL,
    ends_at      TIMESTAMPTZ NOT NULL,
    whole_days   BOOLEAN NOT NULL,
    reason       TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    created_at   TIMESTAMPTZ NOT NULL,
    created_by   UUID NOT NULL REFERENCES users (id),
    withdrawn_at TIMESTAMPTZ,
    withdrawn_by UUID REFERENCES users (id),
    CONSTRAINT closures_time CHECK (starts_at < ends_at)
);
CREATE INDEX closures_by_clinic ON closures (clinic_id, ends_at);

-- How an appointment stands to its doctor's hours: booked in them, or outside of them by a decision. `unchecked` are imported and older ones.
ALTER TABLE appointments ADD COLUMN placed TEXT NOT NULL DEFAULT 'unchecked'
    CHECK (placed IN ('unchecked', 'in_hours', 'outside_hours', 'overbooked', 'kept'));

-- Appointments that lost their hours, until each is kept, moved or cancelled.
CREATE TABLE settlements (
    id             UUID PRIMARY KEY NOT NULL,
    appointment_id UUID NOT NULL REFERENCES appointments (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    doctor_id      UUID NOT NULL REFERENCES staff (id),
    because        TEXT NOT NULL CHECK (because IN ('absence', 'closure', 'hours', 'leaving')),
    opened_at      TIMESTAMPTZ NOT NULL,
    opened_by      UUID NOT NULL REFERENCES users (id),
    outcome        TEXT CHECK (outcome IN ('kept', 'moved', 'cancelled', 'restored', 'seen', 'missed')),
    closed_at      TIMESTAMPTZ,
    closed_by      UUID REFERENCES users (id),
    CHECK ((outcome IS NULL) = (closed_at IS NULL))
);
CREATE UNIQUE INDEX settlements_one_open ON settlements (appointment_id) WHERE closed_at IS NULL;
CREATE INDEX settlements_open ON settlements (clinic_id) WHERE closed_at IS NULL;
CREATE INDEX settlements_by_clinic ON settlements (clinic_id, closed_at);
REVOKE DELETE ON settlements FROM infirmary_app;

CREATE FUNCTION settlements_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE settlements SET closed_at = NEW.updated_at, closed_by = NEW.updated_by,
        outcome = CASE NEW.state WHEN 'rescheduled' THEN 'moved' WHEN 'fulfilled' THEN 'seen' WHEN 'no_show' THEN 'missed' ELSE 'cancelled' END
    WHERE appointment_id = NEW.id AND closed_at IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER settlements_follow AFTER UPDATE OF state ON appointments FOR EACH ROW
WHEN (NEW.state <> OLD.state AND NEW.state IN ('cancelled', 'rescheduled', 'fulfilled', 'no_show', 'entered_in_error'))
EXECUTE FUNCTION settlements_follow();

-- An appointment is not booked in hours that a doctor's leave or a closed clinic takes away. Entering them locks the doctors first, as a booking does.
CREATE FUNCTION appointments_doctor_away() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM absences x WHERE x.doctor_id = NEW.doctor_id AND x.withdrawn_at IS NULL
            AND x.starts_at < NEW.ends_at AND x.ends_at > NEW.starts_at)
        OR EXISTS (SELECT 1 FROM closures x WHERE x.clinic_id = NEW.clinic_id AND x.withdrawn_at IS NULL
            AND x.starts_at < NEW.ends_at AND x.ends_at > NEW.starts_at) THEN
        PERFORM refuse('appointments_doctor_away');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_doctor_away BEFORE INSERT ON appointments FOR EACH ROW
WHEN (NEW.placed = 'in_hours' AND NEW.state IN ('held', 'booked')) EXECUTE FUNCTION appointments_doctor_away();

-- Coming appointments, without their patients.
CREATE VIEW coming_appointments AS
SELECT id, clinic_id, service_id, doctor_id, starts_at, ends_at, state, placed FROM appointments
WHERE state IN ('held', 'booked', 'checked_in');
CREATE VIEW to_settle AS
SELECT s.id, s.appointment_id, s.clinic_id, s.doctor_id, s.because, s.opened_at, a.service_id, a.starts_at, a.ends_at
FROM settlements s JOIN appointments a ON a.id = s.appointment_id
WHERE s.closed_at IS NULL AND a.state = 'booked';
REVOKE INSERT, UPDATE, DELETE ON coming_appointments, to_settle FROM infirmary_app;
