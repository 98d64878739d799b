-- Symptoms that belong to an appointment, beside its reason: sealed, for the doctor.
CREATE TABLE appointment_symptoms (
    id             BLOB PRIMARY KEY NOT NULL,
    appointment_id BLOB NOT NULL CONSTRAINT appointment_symptoms_once UNIQUE REFERENCES appointments (id),
    patient_id     BLOB NOT NULL REFERENCES patients (id),
    sealed         BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 20000),
    told_at        TEXT NOT NULL,
    told_by        BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX appointment_symptoms_by_patient ON appointment_symptoms (patient_id);
CREATE TRIGGER appointment_symptoms_fixed BEFORE UPDATE ON appointment_symptoms
WHEN (NEW.id, NEW.appointment_id, NEW.patient_id, NEW.told_at, NEW.told_by) IS NOT (OLD.id, OLD.appointment_id, OLD.patient_id, OLD.told_at, OLD.told_by)
BEGIN
    SELECT RAISE(ABORT, 'appointment_symptoms_fixed');
END;
CREATE TRIGGER appointment_symptoms_kept BEFORE DELETE ON appointment_symptoms
BEGIN
    SELECT RAISE(ABORT, 'appointment_symptoms_fixed');
END;
CREATE TRIGGER appointment_symptoms_key_open_insert BEFORE INSERT ON appointment_symptoms
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER appointment_symptoms_key_open_update BEFORE UPDATE OF sealed ON appointment_symptoms
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
