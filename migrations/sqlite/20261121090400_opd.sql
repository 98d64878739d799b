-- The outpatient day: visits, tokens, the queue, vital signs.

CREATE TABLE token_series (
    service_id BLOB NOT NULL REFERENCES services (id),
    day        TEXT NOT NULL,
    last       INTEGER NOT NULL CHECK (last >= 1),
    PRIMARY KEY (service_id, day)
) STRICT;

CREATE TABLE visits (
    id              BLOB PRIMARY KEY NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    service_id      BLOB NOT NULL REFERENCES services (id),
    appointment_id  BLOB UNIQUE REFERENCES appointments (id),
    doctor_id       BLOB REFERENCES staff (id),
    day             TEXT NOT NULL,
    token_number    INTEGER NOT NULL CHECK (token_number >= 1),
    token           TEXT NOT NULL,
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    outcome         TEXT CHECK (outcome IN ('done', 'left', 'entered_in_error')),
    arrived_at      TEXT NOT NULL,
    ended_at        TEXT,
    idempotency_key BLOB NOT NULL UNIQUE,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1,
    UNIQUE (service_id, day, token_number),
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
) STRICT;
-- A patient is in one queue of a service at a time.
CREATE UNIQUE INDEX visits_one_open ON visits (patient_id, service_id) WHERE ended_at IS NULL;
CREATE INDEX visits_by_patient ON visits (patient_id, arrived_at);
CREATE INDEX visits_by_day ON visits (clinic_id, day);

-- A transition closes the entry and opens the next, so that waiting times and undo are facts.
CREATE TABLE queue_entries (
    id               BLOB PRIMARY KEY NOT NULL,
    visit_id         BLOB NOT NULL REFERENCES visits (id),
    clinic_id        BLOB NOT NULL REFERENCES clinics (id),
    service_id       BLOB NOT NULL REFERENCES services (id),
    step             TEXT NOT NULL CHECK (step IN ('triage', 'doctor', 'cashier')),
    state            TEXT NOT NULL CHECK (state IN ('waiting', 'called', 'serving')),
    priority         INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 3),
    priority_reason  TEXT NOT NULL DEFAULT '' CHECK (length(priority_reason) <= 200),
    service_point_id BLOB REFERENCES service_points (id),
    doctor_id        BLOB REFERENCES staff (id),
    previous_id      BLOB REFERENCES queue_entries (id),
    -- When this wait began: kept by a call, a skip and an undo, so that nobody loses the place by a mistake.
    waiting_since    TEXT NOT NULL,
    opened_at        TEXT NOT NULL,
    opened_by        BLOB NOT NULL REFERENCES users (id),
    closed_at        TEXT,
    closed_by        BLOB REFERENCES users (id),
    closed_because   TEXT CHECK (closed_because IN ('called', 'called_again', 'started', 'skipped', 'returned', 'transferred', 'moved_on', 'done', 'left', 'undone', 'entered_in_error')),
    CHECK ((closed_at IS NULL) = (closed_because IS NULL)),
    CHECK (closed_at IS NULL OR closed_at >= opened_at)
) STRICT;
CREATE UNIQUE INDEX queue_entries_one_open ON queue_entries (visit_id) WHERE closed_at IS NULL;
CREATE INDEX queue_entries_open ON queue_entries (clinic_id, service_id, step, priority, waiting_since) WHERE closed_at IS NULL;
CREATE INDEX queue_entries_by_visit ON queue_entries (visit_id, opened_at);
CREATE INDEX queue_entries_closed ON queue_entries (service_id, step, closed_at) WHERE closed_at IS NOT NULL;

-- Quantities are whole numbers of the unit in the name (deci = tenth): nothing is rounded on the way.
CREATE TABLE vitals (
    id                  BLOB PRIMARY KEY NOT NULL,
    patient_id          BLOB NOT NULL REFERENCES patients (id),
    visit_id            BLOB REFERENCES visits (id),
    encounter_id        BLOB,
    taken_at            TEXT NOT NULL,
    taken_by            BLOB NOT NULL REFERENCES users (id),
    temperature_decicelsius INTEGER CHECK (temperature_decicelsius BETWEEN 250 AND 450),
    pulse_bpm           INTEGER CHECK (pulse_bpm BETWEEN 0 AND 300),
    respiration_rpm     INTEGER CHECK (respiration_rpm BETWEEN 0 AND 100),
    systolic_mmhg       INTEGER CHECK (systolic_mmhg BETWEEN 30 AND 300),
    diastolic_mmhg      INTEGER CHECK (diastolic_mmhg BETWEEN 10 AND 200),
    spo2_percent        INTEGER CHECK (spo2_percent BETWEEN 30 AND 100),
    oxygen_decilitres_min INTEGER CHECK (oxygen_decilitres_min BETWEEN 0 AND 1000),
    consciousness       TEXT CHECK (consciousness IN ('alert', 'confusion', 'voice', 'pain', 'unresponsive')),
    weight_g            INTEGER CHECK (weight_g BETWEEN 200 AND 650000),
    height_mm           INTEGER CHECK (height_mm BETWEEN 200 AND 2800),
    pain_score          INTEGER CHECK (pain_score BETWEEN 0 AND 10),
    glucose_decimmol    INTEGER CHECK (glucose_decimmol BETWEEN 1 AND 1000),
    head_mm             INTEGER CHECK (head_mm BETWEEN 100 AND 1000),
    news2               INTEGER CHECK (news2 BETWEEN 0 AND 20),
    note                TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    entered_in_error_at TEXT,
    entered_in_error_by BLOB REFERENCES users (id),
    error_reason        TEXT NOT NULL DEFAULT '',
    CHECK ((systolic_mmhg IS NULL) = (diastolic_mmhg IS NULL)),
    CHECK (systolic_mmhg IS NULL OR systolic_mmhg > diastolic_mmhg)
) STRICT;
CREATE INDEX vitals_by_patient ON vitals (patient_id, taken_at);
CREATE INDEX vitals_by_visit ON vitals (visit_id) WHERE visit_id IS NOT NULL;
