-- The rules of a clinic for bookings that patients make themselves. A row of booking_rules replaces some of them for one visit type.

ALTER TABLE clinics ADD COLUMN booking_notice_minutes INTEGER NOT NULL DEFAULT 30
    CONSTRAINT clinics_booking_notice CHECK (booking_notice_minutes BETWEEN 0 AND 20160);
ALTER TABLE clinics ADD COLUMN booking_days INTEGER NOT NULL DEFAULT 60 CONSTRAINT clinics_booking_days CHECK (booking_days BETWEEN 1 AND 400);
ALTER TABLE clinics ADD COLUMN booking_most INTEGER NOT NULL DEFAULT 5 CONSTRAINT clinics_booking_most CHECK (booking_most BETWEEN 1 AND 50);
ALTER TABLE clinics ADD COLUMN hold_minutes INTEGER NOT NULL DEFAULT 10 CONSTRAINT clinics_hold_minutes CHECK (hold_minutes BETWEEN 2 AND 60);
ALTER TABLE clinics ADD COLUMN cancel_minutes INTEGER NOT NULL DEFAULT 30 CONSTRAINT clinics_cancel_minutes CHECK (cancel_minutes BETWEEN 0 AND 20160);
ALTER TABLE clinics ADD COLUMN move_minutes INTEGER NOT NULL DEFAULT 30 CONSTRAINT clinics_move_minutes CHECK (move_minutes BETWEEN 0 AND 20160);
-- From so many missed appointments within a year on, the desk alone books. NULL is never.
ALTER TABLE clinics ADD COLUMN no_show_limit INTEGER CONSTRAINT clinics_no_show_limit CHECK (no_show_limit BETWEEN 1 AND 20);
-- Appointments that may be added to a full session of a doctor.
ALTER TABLE clinics ADD COLUMN overbook_limit INTEGER NOT NULL DEFAULT 2 CONSTRAINT clinics_overbook_limit CHECK (overbook_limit BETWEEN 0 AND 10);
-- How long a freed time is kept for the patient on the waitlist to whom it is offered.
ALTER TABLE clinics ADD COLUMN offer_minutes INTEGER NOT NULL DEFAULT 120 CONSTRAINT clinics_offer_minutes CHECK (offer_minutes BETWEEN 10 AND 1440);

CREATE TABLE booking_rules (
    id             BLOB PRIMARY KEY NOT NULL,
    name           TEXT NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    visit_type_id  BLOB NOT NULL REFERENCES visit_types (id),
    -- NULL is the clinic's value.
    notice_minutes INTEGER CONSTRAINT booking_rules_notice CHECK (notice_minutes BETWEEN 0 AND 20160),
    days           INTEGER CONSTRAINT booking_rules_days CHECK (days BETWEEN 1 AND 400),
    -- Coming appointments of this visit type; the clinic's number counts those of all types.
    most           INTEGER CONSTRAINT booking_rules_most CHECK (most BETWEEN 1 AND 50),
    hold_minutes   INTEGER CONSTRAINT booking_rules_hold CHECK (hold_minutes BETWEEN 2 AND 60),
    cancel_minutes INTEGER CONSTRAINT booking_rules_cancel CHECK (cancel_minutes BETWEEN 0 AND 20160),
    move_minutes   INTEGER CONSTRAINT booking_rules_move CHECK (move_minutes BETWEEN 0 AND 20160),
    retired_at     TEXT,
    created_at     TEXT NOT NULL,
    created_by     BLOB NOT NULL REFERENCES users (id),
    updated_at     TEXT NOT NULL,
    updated_by     BLOB NOT NULL REFERENCES users (id),
    version        INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX booking_rules_once ON booking_rules (clinic_id, visit_type_id);

ALTER TABLE appointments ADD COLUMN visit_type_id BLOB REFERENCES visit_types (id);
-- A moved appointment stays one entry in the patient's calendar: the id of the first of the row, and how often it changed before this one.
ALTER TABLE appointments ADD COLUMN calendar_id BLOB;
ALTER TABLE appointments ADD COLUMN calendar_changes INTEGER NOT NULL DEFAULT 0 CHECK (calendar_changes >= 0);
CREATE INDEX appointments_by_visit_type ON appointments (visit_type_id) WHERE visit_type_id IS NOT NULL;
CREATE INDEX appointments_missed ON appointments (clinic_id, starts_at) WHERE state = 'no_show';
CREATE INDEX appointments_past_booked ON appointments (clinic_id, starts_at) WHERE state = 'booked';

-- Nothing is booked for somebody who died.
CREATE TRIGGER appointments_patient_alive BEFORE INSERT ON appointments
WHEN NEW.state IN ('held', 'booked') AND EXISTS (SELECT 1 FROM patients p WHERE p.id = NEW.patient_id AND p.deceased_on < substr(NEW.starts_at, 1, 10))
BEGIN
    SELECT RAISE(ABORT, 'appointments_patient_alive');
END;

-- The coming bookings of a visit type, without their patients.
CREATE VIEW typed_bookings AS
SELECT visit_type_id, starts_at, ends_at FROM appointments
WHERE visit_type_id IS NOT NULL AND state IN ('held', 'booked', 'checked_in', 'in_consultation');
