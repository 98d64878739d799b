-- The rules of a clinic for bookings that patients make themselves. A row of booking_rules replaces some of them for one visit type.

ALTER TABLE clinics ADD COLUMN booking_notice_minutes BIGINT NOT NULL DEFAULT 30
    CONSTRAINT clinics_booking_notice CHECK (booking_notice_minutes BETWEEN 0 AND 20160);
ALTER TABLE clinics ADD COLUMN booking_days BIGINT NOT NULL DEFAULT 60 CONSTRAINT clinics_booking_days CHECK (booking_days BETWEEN 1 AND 400);
ALTER TABLE clinics ADD COLUMN booking_most BIGINT NOT NULL DEFAULT 5 CONSTRAINT clinics_booking_most CHECK (booking_most BETWEEN 1 AND 50);
ALTER TABLE clinics ADD COLUMN hold_minutes BIGINT NOT NULL DEFAULT 10 CONSTRAINT clinics_hold_minutes CHECK (hold_minutes BETWEEN 2 AND 60);
ALTER TABLE clinics ADD COLUMN cancel_minutes BIGINT NOT NULL DEFAULT 30 CONSTRAINT clinics_cancel_minutes CHECK (cancel_minutes BETWEEN 0 AND 20160);
ALTER TABLE clinics ADD COLUMN move_minutes BIGINT NOT NULL DEFAULT 30 CONSTRAINT clinics_move_minutes CHECK (move_minutes BETWEEN 0 AND 20160);
-- From so many missed appointments within a year on, the desk alone books. NULL is never.
ALTER TABLE clinics ADD COLUMN no_show_limit BIGINT CONSTRAINT clinics_no_show_limit CHECK (no_show_limit BETWEEN 1 AND 20);
-- Appointments that may be added to a full session of a doctor.
ALTER TABLE clinics ADD COLUMN overbook_limit BIGINT NOT NULL DEFAULT 2 CONSTRAINT clinics_overbook_limit CHECK (overbook_limit BETWEEN 0 AND 10);
-- How long a freed time is kept for the patient on the waitlist to whom it is offered.
ALTER TABLE clinics ADD COLUMN offer_minutes BIGINT NOT NULL DEFAULT 120 CONSTRAINT clinics_offer_minutes CHECK (offer_minutes BETWEEN 10 AND 1440);

CREATE TABLE booking_rules (
    id             UUID PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL,
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    visit_type_id  UUID NOT NULL REFERENCES visit_types (id),
    -- NULL is the clinic's value.
    notice_minutes BIGINT CONSTRAINT booking_rules_notice CHECK (notice_minutes BETWEEN 0 AND 20160),
    days           BIGINT CONSTRAINT booking_rules_days CHECK (days BETWEEN 1 AND 400),
    -- Coming appointments of this visit type; the clinic's number counts those of all types.
    most           BIGINT CONSTRAINT booking_rules_most CHECK (most BETWEEN 1 AND 50),
    hold_minutes   BIGINT CONSTRAINT booking_rules_hold CHECK (hold_minutes BETWEEN 2 AND 60),
    cancel_minutes BIGINT CONSTRAINT booking_rules_cancel CHECK (cancel_minutes BETWEEN 0 AND 20160),
    move_minutes   BIGINT CONSTRAINT booking_rules_move CHECK (move_minutes BETWEEN 0 AND 20160),
    retired_at     TIMESTAMPTZ,
    created_at     TIMESTAMPTZ NOT NULL,
    created_by     UUID NOT NULL REFERENCES users (id),
    updated_at     TIMESTAMPTZ NOT NULL,
    updated_by     UUID NOT NULL REFERENCES users (id),
    version        BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX booking_rules_once ON booking_rules (clinic_id, visit_type_id);

ALTER TABLE appointments ADD COLUMN visit_type_id UUID REFERENCES visit_types (id);
-- A moved appointment stays one entry in the patient's calendar: the id of the first of the row, and how often it changed before this one.
ALTER TABLE appointments ADD COLUMN calendar_id UUID;
ALTER TABLE appointments ADD COLUMN calendar_changes BIGINT NOT NULL DEFAULT 0 CHECK (calendar_changes >= 0);
CREATE INDEX appointments_by_visit_type ON appointments (visit_type_id) WHERE visit_type_id IS NOT NULL;
CREATE INDEX appointments_missed ON appointments (clinic_id, starts_at) WHERE state = 'no_show';
CREATE INDEX appointments_past_booked ON appointments (clinic_id, starts_at) WHERE state = 'booked';

-- Nothing is booked for somebody who died. As the owner: whoever makes the appointment may not be shown the record.
CREATE FUNCTION appointments_patient_alive() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM patients p WHERE p.id = NEW.patient_id AND p.deceased_on < (NEW.starts_at AT TIME ZONE 'UTC')::date) THEN
        RAISE EXCEPTION 'appointments_patient_alive' USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_patient_alive';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_patient_alive BEFORE INSERT ON appointments FOR EACH ROW
WHEN (NEW.state IN ('held', 'booked')) EXECUTE FUNCTION appointments_patient_alive();

-- The coming bookings of a visit type, without their patients.
CREATE VIEW typed_bookings AS
SELECT visit_type_id, starts_at, ends_at FROM appointments
WHERE visit_type_id IS NOT NULL AND state IN ('held', 'booked', 'checked_in', 'in_consultation');
REVOKE INSERT, UPDATE, DELETE ON typed_bookings FROM infirmary_app;
