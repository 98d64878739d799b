-- Statements of patients before a visit: allergies, medicines and history in the own words, until staff takes them over.
CREATE TABLE patient_statements (
    id             UUID PRIMARY KEY NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    -- The appointment for which it was written.
    appointment_id UUID REFERENCES appointments (id),
    -- Whether a person who acts for the patient wrote it.
    by_guardian    BOOLEAN NOT NULL,
    -- Allergies, medicines, history.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 40000),
    state          TEXT NOT NULL CHECK (state IN ('told', 'taken_over', 'set_aside', 'replaced')),
    told_at        TIMESTAMPTZ NOT NULL,
    told_by        UUID NOT NULL REFERENCES users (id),
    ended_at       TIMESTAMPTZ,
    ended_by       UUID REFERENCES users (id),
    CONSTRAINT statements_ended CHECK ((state = 'told') = (ended_at IS NULL) AND (ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX statements_one_open ON patient_statements (patient_id) WHERE state = 'told';
CREATE INDEX patient_statements_by_patient ON patient_statements (patient_id, told_at);
CREATE INDEX patient_statements_by_appointment ON patient_statements (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX patient_statements_by_clinic ON patient_statements (clinic_id);
CREATE TRIGGER statements_fixed BEFORE UPDATE ON patient_statements FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.appointment_id, NEW.by_guardian, NEW.told_at, NEW.told_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.appointment_id, OLD.by_guardian, OLD.told_at, OLD.told_by)
    OR (OLD.state <> 'told' AND (NEW.state, NEW.ended_at, NEW.ended_by) IS DISTINCT FROM (OLD.state, OLD.ended_at, OLD.ended_by)))
EXECUTE FUNCTION row_fixed('statements_fixed');
CREATE TRIGGER statements_kept BEFORE DELETE ON patient_statements FOR EACH ROW EXECUTE FUNCTION row_fixed('statements_fixed');
CREATE TRIGGER patient_statements_key_open_insert AFTER INSERT ON patient_statements REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_statements_key_open_update BEFORE UPDATE OF sealed ON patient_statements
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('patient_statements');
REVOKE DELETE, TRUNCATE ON patient_statements FROM infirmary_app;
