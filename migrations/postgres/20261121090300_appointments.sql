-- When doctors see patients, and who has which slot.
CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE schedules (
    id         UUID PRIMARY KEY NOT NULL,
    doctor_id  UUID NOT NULL REFERENCES staff (id),
    service_id UUID NOT NULL REFERENCES services (id),
    valid_from DATE NOT NULL,
    valid_to   DATE,
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    version    BIGINT NOT NULL DEFAULT 1,
    CHECK (valid_to IS NULL OR valid_from <= valid_to)
);
CREATE INDEX schedules_by_doctor ON schedules (doctor_id);
CREATE INDEX schedules_by_service ON schedules (service_id);

-- A weekly stretch of a schedule, in minutes after midnight on the clinic's wall clock. Monday is 1.
CREATE TABLE availabilities (
    id           UUID PRIMARY KEY NOT NULL,
    schedule_id  UUID NOT NULL REFERENCES schedules (id),
    weekday      BIGINT NOT NULL CHECK (weekday BETWEEN 1 AND 7),
    start_minute BIGINT NOT NULL CHECK (start_minute BETWEEN 0 AND 1439),
    end_minute   BIGINT NOT NULL CHECK (end_minute BETWEEN 1 AND 1440),
    slot_minutes BIGINT NOT NULL CHECK (slot_minutes BETWEEN 5 AND 480),
    capacity     BIGINT NOT NULL DEFAULT 1 CHECK (capacity BETWEEN 1 AND 20),
    CHECK (start_minute < end_minute)
);
CREATE INDEX availabilities_by_schedule ON availabilities (schedule_id);

-- Leave and holidays: no slot that touches the stretch is offered.
CREATE TABLE absences (
    id         UUID PRIMARY KEY NOT NULL,
    doctor_id  UUID NOT NULL REFERENCES staff (id),
    starts_at  TIMESTAMPTZ NOT NULL,
    ends_at    TIMESTAMPTZ NOT NULL,
    reason     TEXT NOT NULL DEFAULT '',
    created_at TIMESTAMPTZ NOT NULL,
    created_by UUID NOT NULL REFERENCES users (id),
    CHECK (starts_at < ends_at)
);
CREATE INDEX absences_by_doctor ON absences (doctor_id, starts_at);

CREATE TABLE appointments (
    id              UUID PRIMARY KEY NOT NULL,
    patient_id      UUID NOT NULL REFERENCES patients (id),
    doctor_id       UUID NOT NULL REFERENCES staff (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    service_id      UUID NOT NULL REFERENCES services (id),
    starts_at       TIMESTAMPTZ NOT NULL,
    ends_at         TIMESTAMPTZ NOT NULL,
    -- 1..capacity of the slot; the overlap guard below is per seat.
    seat            BIGINT NOT NULL CHECK (seat BETWEEN 1 AND 20),
    state           TEXT NOT NULL CHECK (state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled', 'cancelled',
                        'no_show', 'rescheduled', 'entered_in_error')),
    held_until      TIMESTAMPTZ,
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    booked_through  TEXT NOT NULL CHECK (booked_through IN ('portal', 'reception', 'import', 'demo')),
    cancelled_at    TIMESTAMPTZ,
    cancelled_by    UUID REFERENCES users (id),
    cancel_reason   TEXT NOT NULL DEFAULT '' CHECK (length(cancel_reason) <= 500),
    replaced_by     UUID REFERENCES appointments (id),
    idempotency_key UUID NOT NULL UNIQUE,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1,
    CHECK (starts_at < ends_at),
    CHECK ((state = 'held') = (held_until IS NOT NULL)),
    CHECK (state <> 'cancelled' OR cancelled_at IS NOT NULL)
    , CONSTRAINT appointments_slot_taken EXCLUDE USING gist
        (doctor_id WITH =, seat WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'))
    , CONSTRAINT appointments_patient_busy EXCLUDE USING gist
        (patient_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
        WHERE (state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled'))
);
CREATE INDEX appointments_by_doctor ON appointments (doctor_id, starts_at);
CREATE INDEX appointments_by_clinic ON appointments (clinic_id, starts_at);
CREATE INDEX appointments_by_patient ON appointments (patient_id, starts_at);
-- A slot is at most a day long; the SQLite guard's index range rests on it.
ALTER TABLE appointments ADD CONSTRAINT appointments_at_most_a_day CHECK (ends_at <= starts_at + INTERVAL '1 day');
