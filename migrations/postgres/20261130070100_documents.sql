-- Documents of patients: scans, letters, cards. Their bytes stand in the database, sealed in chunks, so that a backup has all.

CREATE TABLE patient_documents (
    id             UUID PRIMARY KEY NOT NULL,
    patient_id     UUID NOT NULL REFERENCES patients (id),
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    kind           TEXT NOT NULL CHECK (kind IN ('lab_report', 'scan', 'prescription', 'letter', 'consent', 'identity_card', 'insurance_card', 'other')),
    -- The title, the name of the file, and the reason why it was marked as wrong.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 8000),
    -- By the content, never by the name.
    media          TEXT NOT NULL CHECK (media IN ('pdf', 'jpeg', 'png')),
    size           BIGINT NOT NULL CHECK (size BETWEEN 1 AND 67108864),
    chunks         BIGINT NOT NULL CHECK (chunks BETWEEN 1 AND 2000),
    -- SHA-256 of the bytes.
    digest         TEXT NOT NULL CHECK (length(digest) = 64),
    -- The day that the document bears.
    day            DATE NOT NULL,
    portal         BOOLEAN NOT NULL,
    by_patient     BOOLEAN NOT NULL,
    added_at       TIMESTAMPTZ NOT NULL,
    added_by       UUID NOT NULL REFERENCES users (id),
    error_at       TIMESTAMPTZ,
    error_by       UUID REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT documents_error CHECK ((error_at IS NULL) = (error_by IS NULL))
);
CREATE INDEX patient_documents_by_patient ON patient_documents (patient_id, added_at);
CREATE TABLE document_chunks (
    id           UUID PRIMARY KEY NOT NULL,
    document_id  UUID NOT NULL,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    position     BIGINT NOT NULL CHECK (position >= 0),
    sealed       BYTEA NOT NULL CHECK (length(sealed) <= 70000),
    CONSTRAINT document_chunks_once UNIQUE (document_id, position),
    CONSTRAINT document_chunks_same_patient FOREIGN KEY (document_id, patient_id) REFERENCES patient_documents (id, patient_id)
);
-- The bytes are ciphertext already: compressing them again costs time and saves nothing.
ALTER TABLE document_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL;
-- A document stays what it is: it is shown to the patient or not, and it is marked as wrong once.
CREATE TRIGGER documents_fixed BEFORE UPDATE ON patient_documents FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.media, NEW.size, NEW.chunks, NEW.digest, NEW.day, NEW.by_patient, NEW.added_at,
        NEW.added_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.media, OLD.size, OLD.chunks, OLD.digest, OLD.day, OLD.by_patient,
        OLD.added_at, OLD.added_by)
    OR (OLD.error_at IS NOT NULL AND (NEW.error_at, NEW.error_by, NEW.portal) IS DISTINCT FROM (OLD.error_at, OLD.error_by, OLD.portal)))
EXECUTE FUNCTION row_fixed('documents_fixed');
CREATE TRIGGER documents_kept BEFORE DELETE ON patient_documents FOR EACH ROW EXECUTE FUNCTION row_fixed('documents_kept');
CREATE TRIGGER document_chunks_fixed BEFORE UPDATE ON document_chunks FOR EACH ROW
WHEN ((NEW.id, NEW.document_id, NEW.patient_id, NEW.position) IS DISTINCT FROM (OLD.id, OLD.document_id, OLD.patient_id, OLD.position))
EXECUTE FUNCTION row_fixed('documents_fixed');
CREATE TRIGGER document_chunks_kept BEFORE DELETE ON document_chunks FOR EACH ROW EXECUTE FUNCTION row_fixed('documents_kept');
CREATE TRIGGER patient_documents_key_open_insert AFTER INSERT ON patient_documents REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_documents_key_open_update BEFORE UPDATE OF sealed ON patient_documents
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER document_chunks_key_open_insert AFTER INSERT ON document_chunks REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER document_chunks_key_open_update BEFORE UPDATE OF sealed ON document_chunks
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

SELECT guard_rows('patient_documents'), guard_rows('document_chunks');
REVOKE DELETE, TRUNCATE ON patient_documents, document_chunks FROM infirmary_app;
