-- Patients who wait for an earlier time. A freed seat is held for the first of them who fits, in the transaction that freed it.

CREATE TABLE waitlist (
    id                UUID PRIMARY KEY NOT NULL,
    patient_id        UUID NOT NULL REFERENCES patients (id),
    clinic_id         UUID NOT NULL REFERENCES clinics (id),
    service_id        UUID NOT NULL REFERENCES services (id),
    -- NULL is any doctor of the service.
    doctor_id         UUID REFERENCES staff (id),
    visit_type_id     UUID REFERENCES visit_types (id),
    urgent            BOOLEAN NOT NULL,
    -- Days that suit: Monday is 1, Tuesday 2, Wednesday 4.
    weekdays          BIGINT NOT NULL DEFAULT 127 CONSTRAINT waitlist_weekdays CHECK (weekdays BETWEEN 1 AND 127),
    -- Hours that suit, in minutes after midnight on the clinic's wall clock.
    from_minute       BIGINT NOT NULL DEFAULT 0 CHECK (from_minute BETWEEN 0 AND 1439),
    to_minute         BIGINT NOT NULL DEFAULT 1440 CHECK (to_minute BETWEEN 1 AND 1440),
    until_day         DATE NOT NULL,
    note              TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    state             TEXT NOT NULL CHECK (state IN ('waiting', 'offered', 'taken', 'passed', 'expired', 'withdrawn')),
    -- The appointment that is held for the patient, or was.
    appointment_id    UUID REFERENCES appointments (id),
    offered_until     TIMESTAMPTZ,
    -- When the patient's bell rang.
    told_at           TIMESTAMPTZ,
    withdrawn_because TEXT NOT NULL DEFAULT '' CHECK (length(withdrawn_because) <= 500),
    created_at        TIMESTAMPTZ NOT NULL,
    created_by        UUID NOT NULL REFERENCES users (id),
    updated_at        TIMESTAMPTZ NOT NULL,
    updated_by        UUID NOT NULL REFERENCES users (id),
    version           BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT waitlist_hours CHECK (from_minute < to_minute),
    CONSTRAINT waitlist_offer CHECK ((state = 'offered') = (offered_until IS NOT NULL)),
    CONSTRAINT waitlist_offer_of CHECK (state NOT IN ('offered', 'taken', 'passed') OR appointment_id IS NOT NULL)
);
CREATE UNIQUE INDEX waitlist_once ON waitlist (patient_id, service_id) WHERE state IN ('waiting', 'offered');
CREATE UNIQUE INDEX waitlist_one_offer ON waitlist (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX waitlist_in_order ON waitlist (service_id, urgent, created_at) WHERE state = 'waiting';
CREATE INDEX waitlist_offers ON waitlist (offered_until) WHERE state = 'offered';
CREATE INDEX waitlist_until ON waitlist (until_day) WHERE state = 'waiting';
CREATE INDEX waitlist_of_clinic ON waitlist (clinic_id, created_at) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_of_patient ON waitlist (patient_id, created_at);

CREATE FUNCTION waitlist_states() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'waitlist_states' USING ERRCODE = 'check_violation', CONSTRAINT = 'waitlist_states';
END $$;
CREATE TRIGGER waitlist_states BEFORE UPDATE OF state ON waitlist FOR EACH ROW
WHEN (NEW.state <> OLD.state AND NOT (
    (OLD.state = 'waiting' AND NEW.state IN ('offered', 'expired', 'withdrawn'))
    OR (OLD.state = 'offered' AND NEW.state IN ('taken', 'passed', 'expired', 'withdrawn'))))
EXECUTE FUNCTION waitlist_states();
-- As the owner: whoever frees a seat is not shown the appointments of the patient to whom it is offered.
CREATE FUNCTION waitlist_offer_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.patient_id = NEW.patient_id AND a.state = 'held') THEN
        RAISE EXCEPTION 'waitlist_offer_held' USING ERRCODE = 'check_violation', CONSTRAINT = 'waitlist_offer_held';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER waitlist_offer_held BEFORE UPDATE OF state ON waitlist FOR EACH ROW
WHEN (NEW.state = 'offered' AND OLD.state <> 'offered') EXECUTE FUNCTION waitlist_offer_held();

SELECT guard_rows('waitlist', 'patient_id', 'waitlist.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');

-- The act that frees a seat offers it to the first in order and shows no names: ids, and the times that suit.
CREATE VIEW waiting_in_line AS
SELECT id, patient_id, clinic_id, service_id, doctor_id, visit_type_id, urgent, weekdays, from_minute, to_minute, until_day, state,
    appointment_id, offered_until, created_at, updated_at, updated_by, version
FROM waitlist WHERE state IN ('waiting', 'offered');
REVOKE INSERT, UPDATE, DELETE ON waiting_in_line FROM infirmary_app;
GRANT UPDATE (state, appointment_id, offered_until, updated_at, updated_by, version) ON waiting_in_line TO infirmary_app;

-- When those who wait are busy, not where.
CREATE VIEW busy_waiting AS
SELECT a.patient_id, a.starts_at, a.ends_at FROM appointments a
WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
    AND EXISTS (SELECT 1 FROM waitlist w WHERE w.patient_id = a.patient_id AND w.state = 'waiting');
REVOKE INSERT, UPDATE, DELETE ON busy_waiting FROM infirmary_app;

-- The hold that an offer is: for somebody who waits, and for nobody else.
CREATE VIEW offered_seats AS
SELECT id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, held_until, booked_through, idempotency_key,
    cancelled_at, cancelled_by, visit_type_id, created_at, created_by, updated_at, updated_by, version, placed
FROM appointments
WHERE state IN ('held', 'cancelled') AND EXISTS (SELECT 1 FROM waitlist w WHERE w.patient_id = appointments.patient_id AND w.state IN ('waiting', 'offered'))
WITH LOCAL CHECK OPTION;
REVOKE SELECT, UPDATE, DELETE ON offered_seats FROM infirmary_app;
GRANT SELECT (id, state, version), UPDATE (state, held_until, cancelled_at, cancelled_by, updated_at, updated_by, version) ON offered_seats TO infirmary_app;

-- Times that were held too long, which the next booking frees.
CREATE VIEW stale_seats AS
SELECT id, doctor_id, clinic_id, service_id, starts_at, ends_at, held_until, state, cancelled_at, cancelled_by, updated_at, updated_by, version
FROM appointments WHERE state = 'held' AND held_until <= coalesce(reader_now(), 'infinity');
REVOKE INSERT, UPDATE, DELETE ON stale_seats FROM infirmary_app;
GRANT UPDATE (state, held_until, cancelled_at, cancelled_by, updated_at, updated_by, version) ON stale_seats TO infirmary_app;

-- A clinic cares for those who wait there for an appointment.
CREATE TRIGGER care_by_waitlist AFTER INSERT ON waitlist
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care_begins('appointment');
