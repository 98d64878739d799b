-- When doctors see patients, and who has which slot.

CREATE TABLE schedules (
    id         BLOB PRIMARY KEY NOT NULL,
    doctor_id  BLOB NOT NULL REFERENCES staff (id),
    service_id BLOB NOT NULL REFERENCES services (id),
    valid_from TEXT NOT NULL,
    valid_to   TEXT,
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    version    INTEGER NOT NULL DEFAULT 1,
    CHECK (valid_to IS NULL OR valid_from <= valid_to)
) STRICT;
CREATE INDEX schedules_by_doctor ON schedules (doctor_id);
CREATE INDEX schedules_by_service ON schedules (service_id);

-- A weekly stretch of a schedule, in minutes after midnight on the clinic's wall clock. Monday is 1.
CREATE TABLE availabilities (
    id           BLOB PRIMARY KEY NOT NULL,
    schedule_id  BLOB NOT NULL REFERENCES schedules (id),
    weekday      INTEGER NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_minute INTEGER NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
    end_minute   INTEGER NOT NULL CHECK (end_minute BETWEEN 1 AND 1440),
    slot_minutes INTEGER NOT NULL CHECK (slot_minutes BETWEEN 5 AND 480),
    capacity     INTEGER NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 20),
    CHECK (start_minute < end_minute)
) STRICT;
CREATE INDEX availabilities_by_schedule ON availabilities (schedule_id);

-- Leave and holidays: no slot that touches the stretch is offered.
CREATE TABLE absences (
    id         BLOB PRIMARY KEY NOT NULL,
    doctor_id  BLOB NOT NULL REFERENCES staff (id),
    starts_at  TEXT NOT NULL,
    ends_at    TEXT NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    created_by BLOB NOT NULL REFERENCES users (id),
    CHECK (starts_at < ends_at)
) STRICT;
CREATE INDEX absences_by_doctor ON absences (doctor_id, starts_at);

CREATE TABLE appointments (
    id              BLOB PRIMARY KEY NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    doctor_id       BLOB NOT NULL REFERENCES staff (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    service_id      BLOB NOT NULL REFERENCES services (id),
    starts_at       TEXT NOT NULL,
    ends_at         TEXT NOT NULL,
    -- 1..capacity of the slot; the overlap guard below is per seat.
    seat            INTEGER NOT NULL CHECK (seat BETWEEN 1 AND 20),
    state           TEXT NOT NULL CHECK (state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled', 'cancelled',
                        'no_show', 'rescheduled', 'entered_in_error')),
    held_until      TEXT,
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    booked_through  TEXT NOT NULL CHECK (booked_through IN ('portal', 'reception', 'import', 'demo')),
    cancelled_at    TEXT,
    cancelled_by    BLOB REFERENCES users (id),
    cancel_reason   TEXT NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 500),
    replaced_by     BLOB REFERENCES appointments (id),
    idempotency_key BLOB NOT NULL UNIQUE,
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1,
    CHECK (starts_at < ends_at),
    CHECK ((state = 'held') = (held_until IS NOT NULL)),
    CHECK (state <> 'cancelled' OR cancelled_at IS NOT NULL)
) STRICT;
CREATE INDEX appointments_by_doctor ON appointments (doctor_id, starts_at);
CREATE INDEX appointments_by_clinic ON appointments (clinic_id, starts_at);
CREATE INDEX appointments_by_patient ON appointments (patient_id, starts_at);
-- Writers take turns in SQLite, so a trigger that looks first is a guard.
CREATE TRIGGER appointments_guard_insert BEFORE INSERT ON appointments
WHEN NEW.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
BEGIN
    SELECT RAISE(ABORT, 'appointments_slot_taken') WHERE EXISTS (
        SELECT 1 FROM appointments a
        WHERE a.doctor_id = NEW.doctor_id AND a.seat = NEW.seat AND a.id <> NEW.id
          AND a.starts_at < NEW.ends_at AND a.ends_at > NEW.starts_at
          AND a.starts_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.starts_at, '-1 day')
          AND a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'));
    SELECT RAISE(ABORT, 'appointments_patient_busy') WHERE EXISTS (
        SELECT 1 FROM appointments a
        WHERE a.patient_id = NEW.patient_id AND a.id <> NEW.id
          AND a.starts_at < NEW.ends_at AND a.ends_at > NEW.starts_at
          AND a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'));
END;
CREATE TRIGGER appointments_guard_update BEFORE UPDATE OF state, starts_at, ends_at, doctor_id, patient_id, seat ON appointments
WHEN NEW.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
BEGIN
    SELECT RAISE(ABORT, 'appointments_slot_taken') WHERE EXISTS (
        SELECT 1 FROM appointments a
        WHERE a.doctor_id = NEW.doctor_id AND a.seat = NEW.seat AND a.id <> NEW.id
          AND a.starts_at < NEW.ends_at AND a.ends_at > NEW.starts_at
          AND a.starts_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.starts_at, '-1 day')
          AND a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'));
    SELECT RAISE(ABORT, 'appointments_patient_busy') WHERE EXISTS (
        SELECT 1 FROM appointments a
        WHERE a.patient_id = NEW.patient_id AND a.id <> NEW.id
          AND a.starts_at < NEW.ends_at AND a.ends_at > NEW.starts_at
          AND a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'));
END;
-- A slot is at most a day long; the SQLite guard's index range rests on it.
CREATE TRIGGER appointments_at_most_a_day BEFORE INSERT ON appointments
WHEN NEW.ends_at > strftime('%Y-%m-%dT%H:%M:%SZ', NEW.starts_at, '+1 day')
BEGIN
    SELECT RAISE(ABORT, 'appointments_at_most_a_day');
END;
