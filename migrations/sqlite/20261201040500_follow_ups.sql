-- A follow-up that a doctor proposes: it stands until somebody books it, declines it, or its time is over.

CREATE TABLE follow_ups (
    -- Made with the form.
    id            BLOB PRIMARY KEY NOT NULL,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    -- The stay that it follows; none after a visit.
    admission_id  BLOB REFERENCES admissions (id),
    service_id    BLOB NOT NULL REFERENCES services (id),
    doctor_id     BLOB REFERENCES staff (id),
    weeks         INTEGER NOT NULL CHECK (weeks BETWEEN 0 AND 104),
    due_on        TEXT NOT NULL,
    -- The last day on which it can be booked.
    until_on      TEXT NOT NULL,
    -- The reason, as the patient reads it.
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    state         TEXT NOT NULL CHECK (state IN ('proposed', 'booked', 'declined', 'expired')),
    proposed_at   TEXT NOT NULL,
    proposed_by   BLOB NOT NULL REFERENCES users (id),
    settled_at    TEXT,
    settled_by    BLOB REFERENCES users (id),
    appointment_id BLOB CONSTRAINT follow_ups_one_booking UNIQUE REFERENCES appointments (id),
    CONSTRAINT follow_ups_times CHECK (until_on > due_on AND (settled_at IS NULL OR settled_at >= proposed_at)),
    CONSTRAINT follow_ups_settled CHECK ((state = 'proposed') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)),
    CONSTRAINT follow_ups_booked CHECK ((state = 'booked') = (appointment_id IS NOT NULL))
) STRICT;
CREATE INDEX follow_ups_open ON follow_ups (clinic_id, due_on) WHERE state = 'proposed';
CREATE INDEX follow_ups_ending ON follow_ups (until_on) WHERE state = 'proposed';
CREATE INDEX follow_ups_by_patient ON follow_ups (patient_id, due_on);
CREATE INDEX follow_ups_by_admission ON follow_ups (admission_id) WHERE admission_id IS NOT NULL;
-- The appointment is of the same patient and service.
CREATE TRIGGER follow_ups_same_patient BEFORE UPDATE ON follow_ups
WHEN NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.patient_id = NEW.patient_id
    AND a.service_id = NEW.service_id)
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_same_patient');
END;
CREATE TRIGGER follow_ups_start BEFORE INSERT ON follow_ups
WHEN NEW.state <> 'proposed' OR NEW.appointment_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_moves');
END;
-- A follow-up is settled once.
CREATE TRIGGER follow_ups_moves BEFORE UPDATE ON follow_ups
WHEN OLD.state <> 'proposed' AND (NEW.state, NEW.settled_at, NEW.settled_by) IS NOT (OLD.state, OLD.settled_at, OLD.settled_by)
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_moves');
END;
CREATE TRIGGER follow_ups_frozen BEFORE UPDATE ON follow_ups
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.admission_id, NEW.service_id, NEW.doctor_id, NEW.weeks, NEW.due_on, NEW.until_on, NEW.proposed_at, NEW.proposed_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.admission_id, OLD.service_id, OLD.doctor_id, OLD.weeks, OLD.due_on, OLD.until_on, OLD.proposed_at, OLD.proposed_by) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR (OLD.appointment_id IS NOT NULL AND NEW.appointment_id <> OLD.appointment_id)
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_frozen');
END;
CREATE TRIGGER follow_ups_kept BEFORE DELETE ON follow_ups
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_frozen');
END;
CREATE TRIGGER follow_ups_key_open_insert BEFORE INSERT ON follow_ups
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER follow_ups_key_open_update BEFORE UPDATE OF sealed ON follow_ups WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
