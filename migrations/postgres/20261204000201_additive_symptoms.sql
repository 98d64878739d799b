-- Symptoms that belong to an appointment, beside its reason: sealed, for the doctor.
CREATE TABLE appointment_symptoms (
    id             UUID PRIMARY KEY NOT NULL,
    appointment_id UUID NOT NULL CONSTRAINT appointment_symptoms_once UNIQUE REFERENCES appointments (id),
    patient_id     UUID NOT NULL REFERENCES patients (id),
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    told_at        TIMESTAMPTZ NOT NULL,
    told_by        UUID NOT NULL REFERENCES users (id)
);
CREATE INDEX appointment_symptoms_by_patient ON appointment_symptoms (patient_id);
CREATE TRIGGER appointment_symptoms_fixed BEFORE UPDATE ON appointment_symptoms FOR EACH ROW
WHEN ((NEW.id, NEW.appointment_id, NEW.patient_id, NEW.told_at, NEW.told_by)
    IS DISTINCT FROM (OLD.id, OLD.appointment_id, OLD.patient_id, OLD.told_at, OLD.told_by))
EXECUTE FUNCTION row_fixed('appointment_symptoms_fixed');
CREATE TRIGGER appointment_symptoms_kept BEFORE DELETE ON appointment_symptoms FOR EACH ROW EXECUTE FUNCTION row_fixed('appointment_symptoms_fixed');
CREATE TRIGGER appointment_symptoms_key_open_insert AFTER INSERT ON appointment_symptoms REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER appointment_symptoms_key_open_update BEFORE UPDATE OF sealed ON appointment_symptoms
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('appointment_symptoms');
REVOKE DELETE, TRUNCATE ON appointment_symptoms FROM infirmary_app;
