-- What doctors find, decide and sign.

CREATE TABLE encounters (
    id            BLOB PRIMARY KEY NOT NULL,
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    visit_id      BLOB UNIQUE REFERENCES visits (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    department_id BLOB REFERENCES departments (id),
    doctor_id     BLOB REFERENCES staff (id),
    kind          TEXT NOT NULL CHECK (kind IN ('outpatient', 'emergency', 'inpatient')),
    state         TEXT NOT NULL CHECK (state IN ('in_progress', 'finished', 'entered_in_error')),
    reason        TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    started_at    TEXT NOT NULL,
    ended_at      TEXT,
    created_by    BLOB NOT NULL REFERENCES users (id),
    updated_at    TEXT NOT NULL,
    updated_by    BLOB NOT NULL REFERENCES users (id),
    version       INTEGER NOT NULL DEFAULT 1,
    CHECK (ended_at IS NULL OR ended_at >= started_at),
    CHECK ((state = 'finished') <= (ended_at IS NOT NULL))
) STRICT;
CREATE INDEX encounters_by_patient ON encounters (patient_id, started_at);
CREATE INDEX encounters_by_doctor ON encounters (doctor_id, started_at);

CREATE TABLE notes (
    id           BLOB PRIMARY KEY NOT NULL,
    encounter_id BLOB NOT NULL UNIQUE REFERENCES encounters (id),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    author_id    BLOB NOT NULL REFERENCES users (id),
    history      TEXT NOT NULL DEFAULT '' CHECK (length(history) <= 20000),
    examination  TEXT NOT NULL DEFAULT '' CHECK (length(examination) <= 20000),
    assessment   TEXT NOT NULL DEFAULT '' CHECK (length(assessment) <= 20000),
    plan         TEXT NOT NULL DEFAULT '' CHECK (length(plan) <= 20000),
    state        TEXT NOT NULL CHECK (state IN ('draft', 'signed', 'entered_in_error')),
    signed_at    TEXT,
    signed_by    BLOB REFERENCES users (id),
    -- SHA-256 of the signed text, so that a changed row is noticed.
    signed_digest TEXT,
    created_at   TEXT NOT NULL,
    updated_at   TEXT NOT NULL,
    version      INTEGER NOT NULL DEFAULT 1,
    CHECK ((state = 'draft') = (signed_at IS NULL)),
    CHECK ((signed_at IS NULL) = (signed_by IS NULL)),
    CHECK ((signed_at IS NULL) = (signed_digest IS NULL))
) STRICT;
CREATE INDEX notes_by_patient ON notes (patient_id);
CREATE TRIGGER notes_signed_is_frozen BEFORE UPDATE ON notes
WHEN OLD.state = 'signed' AND (NEW.history <> OLD.history OR NEW.examination <> OLD.examination OR NEW.assessment <> OLD.assessment
    OR NEW.plan <> OLD.plan OR NEW.signed_at <> OLD.signed_at OR NEW.signed_by <> OLD.signed_by OR NEW.signed_digest <> OLD.signed_digest OR NEW.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'notes_signed_is_frozen');
END;
CREATE TRIGGER notes_never_deleted BEFORE DELETE ON notes
BEGIN
    SELECT RAISE(ABORT, 'notes_never_deleted');
END;

CREATE TABLE addenda (
    id         BLOB PRIMARY KEY NOT NULL,
    note_id    BLOB NOT NULL REFERENCES notes (id),
    body       TEXT NOT NULL CHECK (length(body) BETWEEN 1 AND 20000),
    written_at TEXT NOT NULL,
    written_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX addenda_by_note ON addenda (note_id, written_at);

CREATE TABLE diagnoses (
    id                  BLOB PRIMARY KEY NOT NULL,
    encounter_id        BLOB NOT NULL REFERENCES encounters (id),
    patient_id          BLOB NOT NULL REFERENCES patients (id),
    code                TEXT NOT NULL,
    description         TEXT NOT NULL,
    certainty           TEXT NOT NULL CHECK (certainty IN ('provisional', 'confirmed')),
    rank                TEXT NOT NULL CHECK (rank IN ('primary', 'secondary')),
    recorded_at         TEXT NOT NULL,
    recorded_by         BLOB NOT NULL REFERENCES users (id),
    entered_in_error_at TEXT,
    entered_in_error_by BLOB REFERENCES users (id),
    error_reason        TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX diagnoses_once ON diagnoses (encounter_id, code) WHERE entered_in_error_at IS NULL;
CREATE UNIQUE INDEX diagnoses_one_primary ON diagnoses (encounter_id) WHERE entered_in_error_at IS NULL AND rank = 'primary';
CREATE INDEX diagnoses_by_patient ON diagnoses (patient_id, recorded_at);

CREATE TABLE drugs (
    id         BLOB PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL UNIQUE,
    rxnorm     TEXT NOT NULL DEFAULT '',
    -- Words an allergy may be recorded under: 'penicillin beta-lactam amoxicillin'.
    allergy_words TEXT NOT NULL DEFAULT '',
    usual_dose TEXT NOT NULL DEFAULT '',
    usual_route TEXT NOT NULL DEFAULT '',
    usual_frequency TEXT NOT NULL DEFAULT '',
    retired_at TEXT
) STRICT;

CREATE TABLE prescriptions (
    id                  BLOB PRIMARY KEY NOT NULL,
    encounter_id        BLOB NOT NULL REFERENCES encounters (id),
    patient_id          BLOB NOT NULL REFERENCES patients (id),
    drug_id             BLOB REFERENCES drugs (id),
    drug                TEXT NOT NULL CHECK (length(drug) BETWEEN 1 AND 200),
    dose                TEXT NOT NULL CHECK (length(dose) <= 100),
    route               TEXT NOT NULL CHECK (length(route) <= 60),
    frequency           TEXT NOT NULL CHECK (length(frequency) <= 100),
    duration_days       INTEGER CHECK (duration_days BETWEEN 1 AND 365),
    as_needed           INTEGER NOT NULL DEFAULT 0,
    max_per_day         INTEGER CHECK (max_per_day BETWEEN 1 AND 48),
    instructions        TEXT NOT NULL DEFAULT '' CHECK (length(instructions) <= 500),
    state               TEXT NOT NULL CHECK (state IN ('draft', 'active', 'stopped', 'completed', 'entered_in_error')),
    allergy_override    TEXT NOT NULL DEFAULT '' CHECK (length(allergy_override) <= 500),
    prescribed_at       TEXT NOT NULL,
    prescribed_by       BLOB NOT NULL REFERENCES users (id),
    stopped_at          TEXT,
    stopped_by          BLOB REFERENCES users (id),
    stop_reason         TEXT NOT NULL DEFAULT '' CHECK (length(stop_reason) <= 500),
    version             INTEGER NOT NULL DEFAULT 1,
    CHECK (as_needed OR max_per_day IS NULL),
    CHECK ((state IN ('stopped', 'entered_in_error')) = (stopped_at IS NOT NULL))
) STRICT;
CREATE INDEX prescriptions_by_patient ON prescriptions (patient_id, prescribed_at);
CREATE INDEX prescriptions_by_encounter ON prescriptions (encounter_id);
