-- Who is in whose care. A clinic cares for everybody who has, or had, an appointment, a visit or an encounter there, and for
-- whom it registered. Others' records open in an emergency only: for an hour, with a reason, and somebody looks at it afterwards.

CREATE TABLE care (
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    since      TEXT NOT NULL,
    because    TEXT NOT NULL CHECK (because IN ('registered', 'appointment', 'visit', 'encounter')),
    PRIMARY KEY (patient_id, clinic_id)
) STRICT, WITHOUT ROWID;

INSERT INTO care (patient_id, clinic_id, since, because)
SELECT patient_id, clinic_id, min(since), min(because) FROM (
    SELECT patient_id, clinic_id, arrived_at AS since, 'visit' AS because FROM visits
    UNION ALL SELECT patient_id, clinic_id, created_at, 'appointment' FROM appointments
    UNION ALL SELECT patient_id, clinic_id, started_at, 'encounter' FROM encounters)
GROUP BY patient_id, clinic_id;
-- Whom a desk registered who never came; and where there is one clinic only, everybody is its.
INSERT INTO care (patient_id, clinic_id, since, because)
SELECT DISTINCT p.id, r.clinic_id, p.created_at, 'registered' FROM patients p JOIN user_roles r ON r.user_id = p.created_by
WHERE r.clinic_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id);
INSERT INTO care (patient_id, clinic_id, since, because)
SELECT p.id, k.id, p.created_at, 'registered' FROM patients p CROSS JOIN clinics k
WHERE (SELECT count(*) FROM clinics) = 1 AND NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id);

CREATE TRIGGER care_by_appointment AFTER INSERT ON appointments
WHEN NOT EXISTS (SELECT 1 FROM care WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
BEGIN
    INSERT INTO care (patient_id, clinic_id, since, because) VALUES (NEW.patient_id, NEW.clinic_id, NEW.created_at, 'appointment');
END;
CREATE TRIGGER care_by_visit AFTER INSERT ON visits
WHEN NOT EXISTS (SELECT 1 FROM care WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
BEGIN
    INSERT INTO care (patient_id, clinic_id, since, because) VALUES (NEW.patient_id, NEW.clinic_id, NEW.arrived_at, 'visit');
END;
CREATE TRIGGER care_by_encounter AFTER INSERT ON encounters
WHEN NOT EXISTS (SELECT 1 FROM care WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
BEGIN
    INSERT INTO care (patient_id, clinic_id, since, because) VALUES (NEW.patient_id, NEW.clinic_id, NEW.started_at, 'encounter');
END;

CREATE TABLE emergency_accesses (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    user_id     BLOB NOT NULL REFERENCES users (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    reason      TEXT NOT NULL CHECK (length(reason) BETWEEN 10 AND 500),
    began_at    TEXT NOT NULL,
    ends_at     TEXT NOT NULL,
    reviewed_at TEXT,
    reviewed_by BLOB REFERENCES users (id),
    verdict     TEXT CHECK (verdict IN ('justified', 'unjustified')),
    remark      TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    CHECK (ends_at > began_at),
    CHECK ((reviewed_at IS NULL) = (verdict IS NULL)),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    -- Nobody judges what they did themselves.
    CHECK (reviewed_by IS NULL OR reviewed_by <> user_id)
) STRICT;
CREATE INDEX emergency_accesses_by_user ON emergency_accesses (user_id, patient_id, ends_at);
CREATE INDEX emergency_accesses_by_patient ON emergency_accesses (patient_id);
CREATE INDEX emergency_accesses_by_time ON emergency_accesses (began_at, id);
CREATE INDEX emergency_accesses_waiting ON emergency_accesses (began_at, id) WHERE reviewed_at IS NULL;
CREATE TRIGGER emergency_accesses_frozen BEFORE UPDATE ON emergency_accesses
WHEN NEW.id <> OLD.id OR NEW.patient_id <> OLD.patient_id OR NEW.user_id <> OLD.user_id OR NEW.clinic_id <> OLD.clinic_id
    OR NEW.reason <> OLD.reason OR NEW.began_at <> OLD.began_at OR NEW.ends_at <> OLD.ends_at OR OLD.reviewed_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'emergency_accesses_frozen');
END;
CREATE TRIGGER emergency_accesses_never_deleted BEFORE DELETE ON emergency_accesses
BEGIN
    SELECT RAISE(ABORT, 'emergency_accesses_never_deleted');
END;

-- Why somebody saw what is not in their care: the reason they gave.
ALTER TABLE audit_log ADD COLUMN why TEXT NOT NULL DEFAULT '';

-- A visit or encounter that is added, with a trigger on it, is looked for among these.
CREATE INDEX charges_by_visit ON charges (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX diagnoses_by_encounter ON diagnoses (encounter_id);
