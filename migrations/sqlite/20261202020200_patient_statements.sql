-- Statements of patients before a visit: allergies, medicines and history in the own words, until staff takes them over.
CREATE TABLE patient_statements (
    id             BLOB PRIMARY KEY NOT NULL,
    patient_id     BLOB NOT NULL REFERENCES patients (id),
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    -- The appointment for which it was written.
    appointment_id BLOB REFERENCES appointments (id),
    -- Whether a person who acts for the patient wrote it.
    by_guardian    INTEGER NOT NULL CHECK (by_guardian IN (0, 1)),
    -- Allergies, medicines, history.
    sealed         BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 40000),
    state          TEXT NOT NULL CHECK (state IN ('told', 'taken_over', 'set_aside', 'replaced')),
    told_at        TEXT NOT NULL,
    told_by        BLOB NOT NULL REFERENCES users (id),
    ended_at       TEXT,
    ended_by       BLOB REFERENCES users (id),
    CONSTRAINT statements_ended CHECK ((state = 'told') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX statements_one_open ON patient_statements (patient_id) WHERE state = 'told';
CREATE INDEX patient_statements_by_patient ON patient_statements (patient_id, told_at);
CREATE INDEX patient_statements_by_appointment ON patient_statements (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX patient_statements_by_clinic ON patient_statements (clinic_id);
CREATE TRIGGER statements_fixed BEFORE UPDATE ON patient_statements
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.appointment_id, NEW.by_guardian, NEW.told_at, NEW.told_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.appointment_id, OLD.by_guardian, OLD.told_at, OLD.told_by)
    OR (OLD.state <> 'told' AND (NEW.state, NEW.ended_at, NEW.ended_by) IS NOT (OLD.state, OLD.ended_at, OLD.ended_by))
BEGIN
    SELECT RAISE(ABORT, 'statements_fixed');
END;
CREATE TRIGGER statements_kept BEFORE DELETE ON patient_statements
BEGIN
    SELECT RAISE(ABORT, 'statements_fixed');
END;
CREATE TRIGGER patient_statements_key_open_insert BEFORE INSERT ON patient_statements
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_statements_key_open_update BEFORE UPDATE OF sealed ON patient_statements WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
