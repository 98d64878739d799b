-- Documents of patients: scans, letters, cards. Their bytes stand in the database, sealed in chunks, so that a backup has all.

CREATE TABLE patient_documents (
    id             BLOB PRIMARY KEY NOT NULL,
    patient_id     BLOB NOT NULL REFERENCES patients (id),
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    kind           TEXT NOT NULL CHECK (kind IN ('lab_report', 'scan', 'prescription', 'letter', 'consent', 'identity_card', 'insurance_card', 'other')),
    -- The title, the name of the file, and the reason why it was marked as wrong.
    sealed         BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 8000),
    -- By the content, never by the name.
    media          TEXT NOT NULL CHECK (media IN ('pdf', 'jpeg', 'png')),
    size           INTEGER NOT NULL CHECK (size BETWEEN 1 AND 67108864),
    chunks         INTEGER NOT NULL CHECK (chunks BETWEEN 1 AND 2000),
    -- SHA-256 of the bytes.
    digest         TEXT NOT NULL CHECK (length(digest) = 64),
    -- The day that the document bears.
    day            TEXT NOT NULL,
    portal         INTEGER NOT NULL CHECK (portal IN (0, 1)),
    by_patient     INTEGER NOT NULL CHECK (by_patient IN (0, 1)),
    added_at       TEXT NOT NULL,
    added_by       BLOB NOT NULL REFERENCES users (id),
    error_at       TEXT,
    error_by       BLOB REFERENCES users (id),
    UNIQUE (id, patient_id),
    CONSTRAINT documents_error CHECK ((error_at IS NULL) = (error_by IS NULL))
) STRICT;
CREATE INDEX patient_documents_by_patient ON patient_documents (patient_id, added_at);
CREATE TABLE document_chunks (
    id           BLOB PRIMARY KEY NOT NULL,
    document_id  BLOB NOT NULL,
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    position     INTEGER NOT NULL CHECK (position >= 0),
    sealed       BLOB NOT NULL CHECK (length(sealed) <= 70000),
    CONSTRAINT document_chunks_once UNIQUE (document_id, position),
    CONSTRAINT document_chunks_same_patient FOREIGN KEY (document_id, patient_id) REFERENCES patient_documents (id, patient_id)
) STRICT;
-- A document stays what it is: it is shown to the patient or not, and it is marked as wrong once.
CREATE TRIGGER documents_fixed BEFORE UPDATE ON patient_documents
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.media, NEW.size, NEW.chunks, NEW.digest, NEW.day, NEW.by_patient, NEW.added_at, NEW.added_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.media, OLD.size, OLD.chunks, OLD.digest, OLD.day, OLD.by_patient, OLD.added_at,
        OLD.added_by)
    OR (OLD.error_at IS NOT NULL AND (NEW.error_at IS NOT OLD.error_at OR NEW.error_by IS NOT OLD.error_by OR NEW.portal <> OLD.portal))
BEGIN
    SELECT RAISE(ABORT, 'documents_fixed');
END;
CREATE TRIGGER documents_kept BEFORE DELETE ON patient_documents
BEGIN
    SELECT RAISE(ABORT, 'documents_kept');
END;
CREATE TRIGGER document_chunks_fixed BEFORE UPDATE ON document_chunks
WHEN (NEW.id, NEW.document_id, NEW.patient_id, NEW.position) IS NOT (OLD.id, OLD.document_id, OLD.patient_id, OLD.position)
BEGIN
    SELECT RAISE(ABORT, 'documents_fixed');
END;
CREATE TRIGGER document_chunks_kept BEFORE DELETE ON document_chunks
BEGIN
    SELECT RAISE(ABORT, 'documents_kept');
END;
CREATE TRIGGER patient_documents_key_open_insert BEFORE INSERT ON patient_documents
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_documents_key_open_update BEFORE UPDATE OF sealed ON patient_documents WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER document_chunks_key_open_insert BEFORE INSERT ON document_chunks
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER document_chunks_key_open_update BEFORE UPDATE OF sealed ON document_chunks WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
