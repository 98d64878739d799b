-- Consents of a patient: given on a day, with the document that says so, and withdrawn once.

CREATE TABLE patient_consents (
    id           BLOB PRIMARY KEY NOT NULL,
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    kind         TEXT NOT NULL CHECK (kind IN ('treatment', 'data_sharing', 'research', 'photographs', 'teaching')),
    given_on     TEXT NOT NULL,
    document_id  BLOB REFERENCES patient_documents (id),
    recorded_at  TEXT NOT NULL,
    recorded_by  BLOB NOT NULL REFERENCES users (id),
    withdrawn_at TEXT,
    withdrawn_by BLOB REFERENCES users (id),
    CONSTRAINT consents_withdrawn CHECK ((withdrawn_at IS NULL) = (withdrawn_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX consents_once ON patient_consents (patient_id, kind) WHERE withdrawn_at IS NULL;
CREATE INDEX patient_consents_by_patient ON patient_consents (patient_id, recorded_at);
CREATE INDEX patient_consents_by_document ON patient_consents (document_id) WHERE document_id IS NOT NULL;
CREATE TRIGGER consents_fixed BEFORE UPDATE ON patient_consents
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.given_on, NEW.document_id, NEW.recorded_at, NEW.recorded_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.given_on, OLD.document_id, OLD.recorded_at, OLD.recorded_by)
    OR OLD.withdrawn_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'consents_fixed');
END;
CREATE TRIGGER consents_kept BEFORE DELETE ON patient_consents
BEGIN
    SELECT RAISE(ABORT, 'consents_fixed');
END;
