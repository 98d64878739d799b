-- Patients who wait for an earlier time. A freed seat is held for the first of them who fits, in the transaction that freed it.

CREATE TABLE waitlist (
    id                BLOB PRIMARY KEY NOT NULL,
    patient_id        BLOB NOT NULL REFERENCES patients (id),
    clinic_id         BLOB NOT NULL REFERENCES clinics (id),
    service_id        BLOB NOT NULL REFERENCES services (id),
    -- NULL is any doctor of the service.
    doctor_id         BLOB REFERENCES staff (id),
    visit_type_id     BLOB REFERENCES visit_types (id),
    urgent            INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    -- Days that suit: Monday is 1, Tuesday 2, Wednesday 4.
    weekdays          INTEGER NOT NULL DEFAULT 127 CONSTRAINT waitlist_weekdays CHECK (weekdays BETWEEN 1 AND 127),
    -- Hours that suit, in minutes after midnight on the clinic's wall clock.
    from_minute       INTEGER NOT NULL DEFAULT 0 CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute         INTEGER NOT NULL DEFAULT 1440 CHECK (to_minute BETWEEN 1 AND 1440),
    until_day         TEXT NOT NULL,
    note              TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    state             TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'taken', 'passed', 'expired', 'withdrawn')),
    -- The appointment that is held for the patient, or was.
    appointment_id    BLOB REFERENCES appointments (id),
    offered_until     TEXT,
    -- When the patient's bell rang.
    told_at           TEXT,
    withdrawn_because TEXT NOT NULL DEFAULT '' CHECK (length(withdrawn_because) <= 500),
    created_at        TEXT NOT NULL,
    created_by        BLOB NOT NULL REFERENCES users (id),
    updated_at        TEXT NOT NULL,
    updated_by        BLOB NOT NULL REFERENCES users (id),
    version           INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT waitlist_hours CHECK (from_minute < to_minute),
    CONSTRAINT waitlist_offer CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    CONSTRAINT waitlist_offer_of CHECK (state NOT IN ('offered', 'taken', 'passed') OR appointment_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX waitlist_once ON waitlist (patient_id, service_id) WHERE state IN ('waiting', 'offered');
CREATE UNIQUE INDEX waitlist_one_offer ON waitlist (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX waitlist_in_order ON waitlist (service_id, urgent, created_at) WHERE state = 'waiting';
CREATE INDEX waitlist_offers ON waitlist (offered_until) WHERE state = 'offered';
CREATE INDEX waitlist_until ON waitlist (until_day) WHERE state = 'waiting';
CREATE INDEX waitlist_of_clinic ON waitlist (clinic_id, created_at) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_of_patient ON waitlist (patient_id, created_at);

CREATE TRIGGER waitlist_states BEFORE UPDATE OF state ON waitlist
WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'waiting' AND NEW.state IN ('offered', 'expired', 'withdrawn'))
    OR (OLD.state = 'offered' AND NEW.state IN ('taken', 'passed', 'expired', 'withdrawn')))
BEGIN
    SELECT RAISE(ABORT, 'waitlist_states');
END;
CREATE TRIGGER waitlist_offer_held BEFORE UPDATE OF state ON waitlist
WHEN NEW.state = 'offered' AND OLD.state <> 'offered'
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.patient_id = NEW.patient_id AND a.state = 'held')
BEGIN
    SELECT RAISE(ABORT, 'waitlist_offer_held');
END;

CREATE VIEW waiting_in_line AS
SELECT id, patient_id, clinic_id, service_id, doctor_id, visit_type_id, urgent, weekdays, from_minute, to_minute, until_day, state,
    appointment_id, offered_until, created_at, updated_at, updated_by, version
FROM waitlist WHERE state IN ('waiting', 'offered');

-- When those who wait are busy, not where.
CREATE VIEW busy_waiting AS
SELECT a.patient_id, a.starts_at, a.ends_at FROM appointments a
WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
    AND EXISTS (SELECT 1 FROM waitlist w WHERE w.patient_id = a.patient_id AND w.state = 'waiting');

-- Times that were held too long, which the next booking frees.
CREATE VIEW stale_seats AS
SELECT id, doctor_id, clinic_id, service_id, starts_at, ends_at, held_until FROM appointments WHERE state = 'held';

-- A clinic cares for those who wait there for an appointment.
CREATE TRIGGER care_by_waitlist AFTER INSERT ON waitlist
WHEN NOT EXISTS (SELECT 1 FROM care WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
BEGIN
    INSERT INTO care (patient_id, clinic_id, since, because) VALUES (NEW.patient_id, NEW.clinic_id, NEW.created_at, 'appointment');
END;
