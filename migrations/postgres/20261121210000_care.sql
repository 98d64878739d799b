-- Who is in whose care. A clinic cares for everybody who has, or had, an appointment, a visit or an encounter there, and for
-- whom it registered. Others' records open in an emergency only: for an hour, with a reason, and somebody looks at it afterwards.

CREATE TABLE care (
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    since      TIMESTAMPTZ NOT NULL,
    because    TEXT NOT NULL CHECK (because IN ('registered', 'appointment', 'visit', 'encounter')),
    PRIMARY KEY (patient_id, clinic_id)
);

INSERT INTO care (patient_id, clinic_id, since, because)
SELECT patient_id, clinic_id, min(since), min(because) FROM (
    SELECT patient_id, clinic_id, arrived_at AS since, 'visit' AS because FROM visits
    UNION ALL SELECT patient_id, clinic_id, created_at, 'appointment' FROM appointments
    UNION ALL SELECT patient_id, clinic_id, started_at, 'encounter' FROM encounters) made
GROUP BY patient_id, clinic_id;
-- Whom a desk registered who never came; and where there is one clinic only, everybody is its.
INSERT INTO care (patient_id, clinic_id, since, because)
SELECT DISTINCT p.id, r.clinic_id, p.created_at, 'registered' FROM patients p JOIN user_roles r ON r.user_id = p.created_by
WHERE r.clinic_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id);
INSERT INTO care (patient_id, clinic_id, since, because)
SELECT p.id, k.id, p.created_at, 'registered' FROM patients p CROSS JOIN clinics k
WHERE (SELECT count(*) FROM clinics) = 1 AND NOT EXISTS (SELECT 1 FROM care c WHERE c.patient_id = p.id);

-- As the owner: whoever may make the appointment need not be able to write here.
CREATE FUNCTION care_begins() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- In one order, so that two transactions do not wait for each other.
    INSERT INTO care (patient_id, clinic_id, since, because)
    SELECT DISTINCT patient_id, clinic_id, now(), TG_ARGV[0] FROM added
    WHERE NOT EXISTS (SELECT 1 FROM care known WHERE known.patient_id = added.patient_id AND known.clinic_id = added.clinic_id)
    ORDER BY patient_id, clinic_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER care_by_appointment AFTER INSERT ON appointments
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care_begins('appointment');
CREATE TRIGGER care_by_visit AFTER INSERT ON visits
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care_begins('visit');
CREATE TRIGGER care_by_encounter AFTER INSERT ON encounters
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care_begins('encounter');

CREATE TABLE emergency_accesses (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    user_id     UUID NOT NULL REFERENCES users (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    reason      TEXT NOT NULL CHECK (length(reason) BETWEEN 10 AND 500),
    began_at    TIMESTAMPTZ NOT NULL,
    ends_at     TIMESTAMPTZ NOT NULL,
    reviewed_at TIMESTAMPTZ,
    reviewed_by UUID REFERENCES users (id),
    verdict     TEXT CHECK (verdict IN ('justified', 'unjustified')),
    remark      TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    CHECK (ends_at > began_at),
    CHECK ((reviewed_at IS NULL) = (verdict IS NULL)),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    -- Nobody judges what they did themselves.
    CHECK (reviewed_by IS NULL OR reviewed_by <> user_id)
);
CREATE INDEX emergency_accesses_by_user ON emergency_accesses (user_id, patient_id, ends_at);
CREATE INDEX emergency_accesses_by_patient ON emergency_accesses (patient_id);
CREATE INDEX emergency_accesses_by_time ON emergency_accesses (began_at, id);
CREATE INDEX emergency_accesses_waiting ON emergency_accesses (began_at, id) WHERE reviewed_at IS NULL;
CREATE FUNCTION refuse_emergency_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'emergency_accesses_frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'emergency_accesses_frozen';
END $$;
CREATE TRIGGER emergency_accesses_frozen BEFORE UPDATE ON emergency_accesses FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.patient_id <> OLD.patient_id OR NEW.user_id <> OLD.user_id OR NEW.clinic_id <> OLD.clinic_id
    OR NEW.reason <> OLD.reason OR NEW.began_at <> OLD.began_at OR NEW.ends_at <> OLD.ends_at OR OLD.reviewed_at IS NOT NULL)
EXECUTE FUNCTION refuse_emergency_change();
CREATE TRIGGER emergency_accesses_never_deleted BEFORE DELETE ON emergency_accesses FOR EACH ROW EXECUTE FUNCTION refuse_delete();

-- Why somebody saw what is not in their care: the reason they gave.
ALTER TABLE audit_log ADD COLUMN why TEXT NOT NULL DEFAULT '';

-- A visit or encounter that is added, with a trigger on it, is looked for among these.
CREATE INDEX charges_by_visit ON charges (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX diagnoses_by_encounter ON diagnoses (encounter_id);
