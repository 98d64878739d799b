-- What a patient asks the desk to change on the record: name, birth date, sex and national id; a cover by an insurer; a person to act for.
CREATE TABLE profile_requests (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    kind        TEXT NOT NULL CHECK (kind IN ('identity', 'coverage', 'family')),
    state       TEXT NOT NULL CHECK (state IN ('told', 'accepted', 'refused', 'withdrawn')),
    -- What the patient sent with it: a photo of a card, a certificate.
    document_id BLOB REFERENCES patient_documents (id),
    -- The fields with their values before and after, the words of the patient, and the answer.
    sealed      BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 16000),
    asked_at    TEXT NOT NULL,
    asked_by    BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    CONSTRAINT profile_requests_decided CHECK ((state = 'told') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT profile_requests_two_persons CHECK (state NOT IN ('accepted', 'refused') OR decided_by <> asked_by)
) STRICT;
CREATE UNIQUE INDEX profile_requests_once ON profile_requests (patient_id, kind) WHERE state = 'told';
CREATE INDEX profile_requests_by_patient ON profile_requests (patient_id, asked_at);
CREATE INDEX profile_requests_by_document ON profile_requests (document_id);
CREATE INDEX profile_requests_waiting ON profile_requests (state, asked_at, id) WHERE state = 'told';

CREATE TRIGGER profile_requests_fixed BEFORE UPDATE ON profile_requests
WHEN (NEW.id, NEW.patient_id, NEW.kind, NEW.document_id, NEW.asked_at, NEW.asked_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.kind, OLD.document_id, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'told' AND (NEW.state, NEW.decided_at, NEW.decided_by) IS NOT (OLD.state, OLD.decided_at, OLD.decided_by))
BEGIN
    SELECT RAISE(ABORT, 'profile_requests_fixed');
END;
CREATE TRIGGER profile_requests_kept BEFORE DELETE ON profile_requests
BEGIN
    SELECT RAISE(ABORT, 'profile_requests_fixed');
END;
CREATE TRIGGER profile_requests_begin BEFORE INSERT ON profile_requests
WHEN NEW.state <> 'told'
BEGIN
    SELECT RAISE(ABORT, 'profile_requests_fixed');
END;
CREATE TRIGGER profile_requests_own_document BEFORE INSERT ON profile_requests
WHEN NEW.document_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM patient_documents d WHERE d.id = NEW.document_id AND d.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'profile_requests_own_document');
END;
CREATE TRIGGER profile_requests_key_open_insert BEFORE INSERT ON profile_requests
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER profile_requests_key_open_update BEFORE UPDATE OF sealed ON profile_requests
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
