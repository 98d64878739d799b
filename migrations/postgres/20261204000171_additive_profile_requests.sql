-- What a patient asks the desk to change on the record: name, birth date, sex and national id; a cover by an insurer; a person to act for.
CREATE TABLE profile_requests (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    kind        TEXT NOT NULL CHECK (kind IN ('identity', 'coverage', 'family')),
    state       TEXT NOT NULL CHECK (state IN ('told', 'accepted', 'refused', 'withdrawn')),
    -- What the patient sent with it: a photo of a card, a certificate.
    document_id UUID REFERENCES patient_documents (id),
    -- The fields with their values before and after, the words of the patient, and the answer.
    sealed      BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 16000),
    asked_at    TIMESTAMPTZ NOT NULL,
    asked_by    UUID NOT NULL REFERENCES users (id),
    decided_at  TIMESTAMPTZ,
    decided_by  UUID REFERENCES users (id),
    CONSTRAINT profile_requests_decided CHECK ((state = 'told') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT profile_requests_two_persons CHECK (state NOT IN ('accepted', 'refused') OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX profile_requests_once ON profile_requests (patient_id, kind) WHERE state = 'told';
CREATE INDEX profile_requests_by_patient ON profile_requests (patient_id, asked_at);
CREATE INDEX profile_requests_by_document ON profile_requests (document_id);
CREATE INDEX profile_requests_waiting ON profile_requests (state, asked_at, id) WHERE state = 'told';

CREATE TRIGGER profile_requests_fixed BEFORE UPDATE ON profile_requests FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.kind, NEW.document_id, NEW.asked_at, NEW.asked_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.kind, OLD.document_id, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'told' AND (NEW.state, NEW.decided_at, NEW.decided_by) IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.decided_by)))
EXECUTE FUNCTION row_fixed('profile_requests_fixed');
CREATE TRIGGER profile_requests_kept BEFORE DELETE ON profile_requests FOR EACH ROW EXECUTE FUNCTION row_fixed('profile_requests_fixed');
CREATE TRIGGER profile_requests_begin BEFORE INSERT ON profile_requests FOR EACH ROW
WHEN (NEW.state <> 'told') EXECUTE FUNCTION row_fixed('profile_requests_fixed');
CREATE FUNCTION profile_requests_own_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM patient_documents d WHERE d.id = NEW.document_id AND d.patient_id = NEW.patient_id) THEN
        RAISE EXCEPTION 'profile_requests_own_document' USING ERRCODE = 'check_violation', CONSTRAINT = 'profile_requests_own_document';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER profile_requests_own_document BEFORE INSERT ON profile_requests FOR EACH ROW
WHEN (NEW.document_id IS NOT NULL) EXECUTE FUNCTION profile_requests_own_document();
CREATE TRIGGER profile_requests_key_open_insert AFTER INSERT ON profile_requests REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER profile_requests_key_open_update BEFORE UPDATE OF sealed ON profile_requests
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

SELECT guard_rows('profile_requests');
REVOKE DELETE, TRUNCATE ON profile_requests FROM infirmary_app;
