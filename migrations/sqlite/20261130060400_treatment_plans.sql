-- The treatment plan of an encounter: goals, instructions, follow-up and the day of its review, in versions.

CREATE TABLE treatment_plans (
    id             BLOB PRIMARY KEY NOT NULL,
    encounter_id   BLOB NOT NULL REFERENCES encounters (id),
    patient_id     BLOB NOT NULL REFERENCES patients (id),
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    version        INTEGER NOT NULL CHECK (version >= 1),
    -- The goals, the instructions for the patient, and the follow-up.
    sealed         BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000),
    review_on      TEXT,
    written_at     TEXT NOT NULL,
    written_by     BLOB NOT NULL REFERENCES users (id),
    superseded_at  TEXT,
    CONSTRAINT treatment_plans_versions UNIQUE (encounter_id, version)
) STRICT;
CREATE UNIQUE INDEX treatment_plans_one_current ON treatment_plans (encounter_id) WHERE superseded_at IS NULL;
CREATE INDEX treatment_plans_by_patient ON treatment_plans (patient_id, written_at) WHERE superseded_at IS NULL;

CREATE TRIGGER treatment_plans_same_patient BEFORE INSERT ON treatment_plans
WHEN NOT EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND e.patient_id = NEW.patient_id AND e.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'treatment_plans_same_patient');
END;
-- A version stays what it is; a later one replaces it once.
CREATE TRIGGER treatment_plans_frozen BEFORE UPDATE ON treatment_plans
WHEN (NEW.id, NEW.encounter_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.review_on, NEW.written_at, NEW.written_by)
        IS NOT (OLD.id, OLD.encounter_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.review_on, OLD.written_at, OLD.written_by)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NOT OLD.superseded_at)
BEGIN
    SELECT RAISE(ABORT, 'treatment_plans_frozen');
END;
CREATE TRIGGER treatment_plans_kept BEFORE DELETE ON treatment_plans
BEGIN
    SELECT RAISE(ABORT, 'treatment_plans_frozen');
END;
CREATE TRIGGER treatment_plans_key_open_insert BEFORE INSERT ON treatment_plans
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER treatment_plans_key_open_update BEFORE UPDATE OF sealed ON treatment_plans WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
