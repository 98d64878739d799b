-- A guardian's right ends at an instant: the end of the last day at the clinic that registered it. Each guardian has an end, and
-- begins to act when an adult patient, or the document that the desk saw, has agreed.

ALTER TABLE guardians ADD COLUMN ends_at TIMESTAMPTZ;
ALTER TABLE guardians ADD COLUMN agreed_at TIMESTAMPTZ;
ALTER TABLE guardians ADD COLUMN agreed_by UUID REFERENCES users (id);
ALTER TABLE guardians ADD COLUMN document TEXT NOT NULL DEFAULT '' CHECK (length(document) <= 200);
-- Guardians without a last day get two years, and at least three months from now.
UPDATE guardians SET until_day = greatest((from_day + interval '2 years')::date, (now() AT TIME ZONE 'UTC')::date + 90) WHERE until_day IS NULL;
-- Until now the last day was the one in UTC.
UPDATE guardians SET ends_at = (until_day + 1)::timestamp AT TIME ZONE 'UTC', agreed_at = created_at, agreed_by = created_by,
    document = 'not recorded';
ALTER TABLE guardians ALTER COLUMN until_day SET NOT NULL;
ALTER TABLE guardians ALTER COLUMN ends_at SET NOT NULL;
ALTER TABLE guardians ADD CHECK ((agreed_at IS NULL) = (agreed_by IS NULL));

-- Nobody acts for a patient without a document or the patient's own yes.
CREATE FUNCTION refuse_guardian_without_yes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM patient_users u WHERE u.patient_id = NEW.patient_id AND u.user_id = NEW.agreed_by) THEN
        RAISE EXCEPTION 'guardians_agreed' USING ERRCODE = 'check_violation', CONSTRAINT = 'guardians_agreed';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER guardians_agreed BEFORE INSERT OR UPDATE OF agreed_at, agreed_by, document ON guardians FOR EACH ROW
WHEN (NEW.agreed_at IS NOT NULL AND NEW.document = '') EXECUTE FUNCTION refuse_guardian_without_yes();

DROP VIEW bells;
CREATE VIEW bells AS
SELECT patient_id, user_id, false AS guardian, NULL::timestamptz AS ends_at FROM patient_users
UNION ALL
SELECT g.patient_id, u.user_id, true, g.ends_at FROM guardians g JOIN patient_users u ON u.patient_id = g.guardian_id
WHERE g.ended_at IS NULL AND g.agreed_at IS NOT NULL;

-- The user who made the code is not the one who uses it.
ALTER TABLE patient_users ADD COLUMN given_by UUID REFERENCES users (id) CONSTRAINT patient_users_not_ones_own CHECK (given_by <> user_id);

-- Access to a patient's record that was given at a desk: an auditor judges each one, as an emergency access.
CREATE TABLE access_grants (
    id          UUID PRIMARY KEY NOT NULL,
    patient_id  UUID NOT NULL REFERENCES patients (id),
    -- A code for the portal; a user who works here linked a record to the own account; somebody who acts for the patient.
    kind        TEXT NOT NULL CHECK (kind IN ('code', 'staff_link', 'guardian')),
    user_id     UUID NOT NULL REFERENCES users (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    guardian_id UUID REFERENCES patients (id),
    document    TEXT NOT NULL DEFAULT '' CHECK (length(document) <= 200),
    made_at     TIMESTAMPTZ NOT NULL,
    reviewed_at TIMESTAMPTZ,
    reviewed_by UUID REFERENCES users (id),
    verdict     TEXT CHECK (verdict IN ('justified', 'unjustified')),
    remark      TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    CHECK ((kind = 'guardian') = (guardian_id IS NOT NULL)),
    CHECK ((reviewed_at IS NULL) = (verdict IS NULL)),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    CONSTRAINT access_grants_not_ones_own CHECK (reviewed_by IS NULL OR reviewed_by <> user_id)
);
CREATE INDEX access_grants_by_patient ON access_grants (patient_id);
CREATE INDEX access_grants_by_time ON access_grants (made_at, id);
CREATE INDEX access_grants_waiting ON access_grants (made_at, id) WHERE reviewed_at IS NULL;
CREATE FUNCTION refuse_grant_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'access_grants_frozen' USING ERRCODE = 'check_violation', CONSTRAINT = 'access_grants_frozen';
END $$;
CREATE TRIGGER access_grants_frozen BEFORE UPDATE ON access_grants FOR EACH ROW
WHEN (NEW.id <> OLD.id OR NEW.patient_id <> OLD.patient_id OR NEW.kind <> OLD.kind OR NEW.user_id <> OLD.user_id
    OR NEW.clinic_id <> OLD.clinic_id OR NEW.guardian_id IS DISTINCT FROM OLD.guardian_id OR NEW.document <> OLD.document
    OR NEW.made_at <> OLD.made_at OR OLD.reviewed_at IS NOT NULL)
EXECUTE FUNCTION refuse_grant_change();
CREATE TRIGGER access_grants_never_deleted BEFORE DELETE ON access_grants FOR EACH ROW EXECUTE FUNCTION refuse_delete();

ALTER TABLE access_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON access_grants FOR SELECT USING (user_id = (SELECT reader_user()) OR (SELECT reader_may()) = 'read_audit');
CREATE POLICY giving ON access_grants FOR INSERT
    WITH CHECK (user_id = (SELECT reader_user()) AND (SELECT reader_may()) IN ('register_patients', 'own_record'));
CREATE POLICY judging ON access_grants FOR UPDATE USING ((SELECT reader_may()) = 'read_audit');
REVOKE UPDATE, DELETE, TRUNCATE ON access_grants FROM infirmary_app;
GRANT UPDATE (reviewed_at, reviewed_by, verdict, remark) ON access_grants TO infirmary_app;
GRANT SELECT ON bells TO infirmary_app;
