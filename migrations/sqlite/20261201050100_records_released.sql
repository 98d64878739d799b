-- Copies of a person's record that leave the hospital, and requests to erase it.

CREATE TABLE record_exports (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'ready', 'refused')),
    purpose     TEXT NOT NULL CHECK (purpose IN ('own_copy', 'other_care', 'insurer', 'court')),
    -- Whether the patient, or a person who acts for the patient, asked in the portal.
    by_patient  INTEGER NOT NULL CHECK (by_patient IN (0, 1)),
    asked_at    TEXT NOT NULL,
    asked_by    BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    -- The link to the file ends then.
    expires_at  TEXT,
    CONSTRAINT exports_decided CHECK ((state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT exports_expire CHECK ((state = 'ready') = (expires_at IS NOT NULL) AND expires_at > decided_at),
    CONSTRAINT exports_two_persons CHECK (by_patient = 1 OR decided_by IS NULL OR decided_by <> asked_by)
) STRICT;
CREATE INDEX record_exports_by_patient ON record_exports (patient_id, asked_at);
CREATE INDEX record_exports_waiting ON record_exports (clinic_id, asked_at) WHERE state = 'asked';
CREATE INDEX record_exports_by_clinic ON record_exports (clinic_id, asked_at);

CREATE TABLE erasure_requests (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('asked', 'done', 'refused', 'withdrawn')),
    by_patient  INTEGER NOT NULL CHECK (by_patient IN (0, 1)),
    -- The words of the request, and the answer.
    sealed      BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 8000),
    asked_at    TEXT NOT NULL,
    asked_by    BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    CONSTRAINT erasures_decided CHECK ((state = 'asked') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT erasures_two_persons CHECK (state NOT IN ('done', 'refused') OR decided_by <> asked_by)
) STRICT;
CREATE UNIQUE INDEX erasures_once ON erasure_requests (patient_id) WHERE state = 'asked';
CREATE INDEX erasure_requests_by_patient ON erasure_requests (patient_id, asked_at);
CREATE INDEX erasure_requests_by_clinic ON erasure_requests (clinic_id, asked_at);
CREATE INDEX erasure_requests_waiting ON erasure_requests (clinic_id, asked_at) WHERE state = 'asked';

CREATE TRIGGER exports_fixed BEFORE UPDATE ON record_exports
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.purpose, NEW.by_patient, NEW.asked_at, NEW.asked_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.purpose, OLD.by_patient, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'asked' AND (NEW.state, NEW.decided_at, NEW.decided_by, NEW.expires_at)
        IS NOT (OLD.state, OLD.decided_at, OLD.decided_by, OLD.expires_at))
BEGIN
    SELECT RAISE(ABORT, 'exports_fixed');
END;
CREATE TRIGGER exports_kept BEFORE DELETE ON record_exports
BEGIN
    SELECT RAISE(ABORT, 'exports_fixed');
END;
CREATE TRIGGER erasures_fixed BEFORE UPDATE ON erasure_requests
WHEN (NEW.id, NEW.patient_id, NEW.clinic_id, NEW.by_patient, NEW.asked_at, NEW.asked_by)
    IS NOT (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.by_patient, OLD.asked_at, OLD.asked_by)
    OR (OLD.state <> 'asked' AND (NEW.state, NEW.decided_at, NEW.decided_by) IS NOT (OLD.state, OLD.decided_at, OLD.decided_by))
BEGIN
    SELECT RAISE(ABORT, 'erasures_fixed');
END;
CREATE TRIGGER erasures_kept BEFORE DELETE ON erasure_requests
BEGIN
    SELECT RAISE(ABORT, 'erasures_fixed');
END;
CREATE TRIGGER erasures_begin BEFORE INSERT ON erasure_requests
WHEN NEW.state <> 'asked'
BEGIN
    SELECT RAISE(ABORT, 'erasures_fixed');
END;
CREATE TRIGGER erasure_requests_key_open_insert BEFORE INSERT ON erasure_requests
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER erasure_requests_key_open_update BEFORE UPDATE OF sealed ON erasure_requests
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
