-- Copies of a person's record that leave the hospital, and requests to erase it.

CREATE TABLE record_exports (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'ready', 'refused')),
    purpose     TEXT NOT NULL CHECK (purpose IN ('own_copy', 'other_care', 'insurer', 'court')),
    -- Whether the patient, or a person who acts for the patient, asked in the portal.
    by_patient  BOOLEAN NOT NULL,
    asked_at    TIMESTAMPTZ NOT NULL,
    asked_by    UUID NOT NULL REFERENCES users (id),
    decided_at  TIMESTAMPTZ,
    decided_by  UUID REFERENCES users (id),
    -- The link to the file ends then.
    expires_at  TIMESTAMPTZ,
    CONSTRAINT exports_decided CHECK ((state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT exports_expire CHECK ((state = 'ready') = (expires_at IS NOT NULL) AND expires_at > decided_at),
    CONSTRAINT exports_two_persons CHECK (by_patient OR decided_by IS NULL OR decided_by <> asked_by)
);
CREATE INDEX record_exports_by_patient ON record_exports (patient_id, asked_at);
CREATE INDEX record_exports_waiting ON record_exports (clinic_id, asked_at) WHERE state = 'asked';
CREATE INDEX record_exports_by_clinic ON record_exports (clinic_id, asked_at);

CREATE TABLE erasure_requests (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'done', 'refused', 'withdrawn')),
    by_patient  BOOLEAN NOT NULL,
    -- The words of the request, and the answer.
    sealed      BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 8000),
    asked_at    TIMESTAMPTZ NOT NULL,
    asked_by    UUID NOT NULL REFERENCES users (id),
    decided_at  TIMESTAMPTZ,
    decided_by  UUID REFERENCES users (id),
    CONSTRAINT erasures_decided CHECK ((state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT erasures_two_persons CHECK (state NOT IN ('done', 'refused') OR decided_by <> asked_by)
);
CREATE UNIQUE INDEX erasures_once ON erasure_requests (patient_id) WHERE state = 'asked';
CREATE INDEX erasure_requests_by_patient ON erasure_requests (patient_id, asked_at);
CREATE INDEX erasure_requests_by_clinic ON erasure_requests (clinic_id, asked_at);
CREATE INDEX erasure_requests_waiting ON erasure_requests (clinic_id, asked_at) WHERE state = 'asked';

CREATE TRIGGER exports_fixed BEFORE UPDATE ON record_exports FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.purpose, NEW.by_patient, NEW.asked_at, NEW.asked_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.purpose, OLD.by_patient, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'asked' AND (NEW.state, NEW.decided_at, NEW.decided_by, NEW.expires_at)
        IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.decided_by, OLD.expires_at)))
EXECUTE FUNCTION row_fixed('exports_fixed');
CREATE TRIGGER exports_kept BEFORE DELETE ON record_exports FOR EACH ROW EXECUTE FUNCTION row_fixed('exports_fixed');
CREATE TRIGGER erasures_fixed BEFORE UPDATE ON erasure_requests FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.by_patient, NEW.asked_at, NEW.asked_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.by_patient, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'asked' AND (NEW.state, NEW.decided_at, NEW.decided_by) IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.decided_by)))
EXECUTE FUNCTION row_fixed('erasures_fixed');
CREATE TRIGGER erasures_kept BEFORE DELETE ON erasure_requests FOR EACH ROW EXECUTE FUNCTION row_fixed('erasures_fixed');
CREATE TRIGGER erasures_begin BEFORE INSERT ON erasure_requests FOR EACH ROW
WHEN (NEW.state <> 'asked') EXECUTE FUNCTION row_fixed('erasures_fixed');
CREATE TRIGGER erasure_requests_key_open_insert AFTER INSERT ON erasure_requests REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER erasure_requests_key_open_update BEFORE UPDATE OF sealed ON erasure_requests
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

SELECT guard_rows('record_exports'), guard_rows('erasure_requests');
REVOKE DELETE, TRUNCATE ON record_exports, erasure_requests FROM infirmary_app;
