-- Consents of a patient: given on a day, with the document that says so, and withdrawn once.

CREATE TABLE patient_consents (
    id           UUID PRIMARY KEY NOT NULL,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    kind         TEXT NOT NULL CHECK (kind IN ('treatment', 'data_sharing', 'research', 'photographs', 'teaching')),
    given_on     DATE NOT NULL,
    document_id  UUID REFERENCES patient_documents (id),
    recorded_at  TIMESTAMPTZ NOT NULL,
    recorded_by  UUID NOT NULL REFERENCES users (id),
    withdrawn_at TIMESTAMPTZ,
    withdrawn_by UUID REFERENCES users (id),
    CONSTRAINT consents_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
);
CREATE UNIQUE INDEX consents_once ON patient_consents (patient_id, kind) WHERE withdrawn_at IS NULL;
CREATE INDEX patient_consents_by_patient ON patient_consents (patient_id, recorded_at);
CREATE INDEX patient_consents_by_document ON patient_consents (document_id) WHERE document_id IS NOT NULL;
CREATE TRIGGER consents_fixed BEFORE UPDATE ON patient_consents FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.given_on, NEW.document_id, NEW.recorded_at, NEW.recorded_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.given_on, OLD.document_id, OLD.recorded_at, OLD.recorded_by)
    OR OLD.withdrawn_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('consents_fixed');
CREATE TRIGGER consents_kept BEFORE DELETE ON patient_consents FOR EACH ROW EXECUTE FUNCTION row_fixed('consents_fixed');
SELECT guard_rows('patient_consents');
REVOKE DELETE, TRUNCATE ON patient_consents FROM infirmary_app;
