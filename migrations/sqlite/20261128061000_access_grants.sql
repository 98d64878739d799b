-- A guardian's right ends at an instant: the end of the last day at the clinic that registered it. Each guardian has an end, and
-- begins to act when an adult patient, or the document that the desk saw, has agreed.

DROP VIEW bells;
CREATE TABLE guardians_new (
    id          BLOB PRIMARY KEY NOT NULL,
    -- Whose record it is.
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    -- Who acts; by the portal of this person's own record.
    guardian_id BLOB NOT NULL REFERENCES patients (id),
    -- What the patient is to the guardian.
    kind        TEXT NOT NULL CHECK (kind IN ('child', 'spouse', 'parent', 'other')),
    from_day    TEXT NOT NULL,
    -- The last day; a child's is at most the one before it comes of age.
    until_day   TEXT NOT NULL,
    -- When that day ends, at the clinic that registered it.
    ends_at     TEXT NOT NULL,
    created_at  TEXT NOT NULL,
    created_by  BLOB NOT NULL REFERENCES users (id),
    -- The yes of the adult patient, or of the desk that saw a document.
    agreed_at   TEXT,
    agreed_by   BLOB REFERENCES users (id),
    document    TEXT NOT NULL DEFAULT '' CHECK (length(document) <= 200),
    ended_at    TEXT,
    ended_by    BLOB REFERENCES users (id),
    CHECK (patient_id <> guardian_id),
    CHECK (until_day >= from_day),
    CHECK ((agreed_at IS NULL) = (agreed_by IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
-- Guardians without a last day get two years, and at least three months from now. Until now the last day was the one in UTC.
INSERT INTO guardians_new (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by, agreed_at,
    agreed_by, document, ended_at, ended_by)
SELECT id, patient_id, guardian_id, kind, from_day, last_day, date(last_day, '+1 day') || 'T00:00:00.000000Z', created_at, created_by,
    created_at, created_by, 'not recorded', ended_at, ended_by
FROM (SELECT *, coalesce(until_day, max(date(from_day, '+2 years'), date('now', '+90 days'))) AS last_day FROM guardians);
DROP TABLE guardians;
ALTER TABLE guardians_new RENAME TO guardians;
CREATE UNIQUE INDEX guardians_once ON guardians (patient_id, guardian_id) WHERE ended_at IS NULL;
CREATE INDEX guardians_by_guardian ON guardians (guardian_id) WHERE ended_at IS NULL;

-- Nobody acts for a patient without a document or the patient's own yes.
CREATE TRIGGER guardians_agreed BEFORE INSERT ON guardians
WHEN NEW.agreed_at IS NOT NULL AND NEW.document = ''
    AND NOT EXISTS (SELECT 1 FROM patient_users u WHERE u.patient_id = NEW.patient_id AND u.user_id = NEW.agreed_by)
BEGIN
    SELECT RAISE(ABORT, 'guardians_agreed');
END;
CREATE TRIGGER guardians_agreed_later BEFORE UPDATE OF agreed_at, agreed_by, document ON guardians
WHEN NEW.agreed_at IS NOT NULL AND NEW.document = ''
    AND NOT EXISTS (SELECT 1 FROM patient_users u WHERE u.patient_id = NEW.patient_id AND u.user_id = NEW.agreed_by)
BEGIN
    SELECT RAISE(ABORT, 'guardians_agreed');
END;

CREATE VIEW bells AS
SELECT patient_id, user_id, 0 AS guardian, NULL AS ends_at FROM patient_users
UNION ALL
SELECT g.patient_id, u.user_id, 1, g.ends_at FROM guardians g JOIN patient_users u ON u.patient_id = g.guardian_id
WHERE g.ended_at IS NULL AND g.agreed_at IS NOT NULL;

-- The user who made the code is not the one who uses it.
ALTER TABLE patient_users ADD COLUMN given_by BLOB REFERENCES users (id) CONSTRAINT patient_users_not_ones_own CHECK (given_by <> user_id);

-- Access to a patient's record that was given at a desk: an auditor judges each one, as an emergency access.
CREATE TABLE access_grants (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    -- A code for the portal; a user who works here linked a record to the own account; somebody who acts for the patient.
    kind        TEXT NOT NULL CHECK (kind IN ('code', 'staff_link', 'guardian')),
    user_id     BLOB NOT NULL REFERENCES users (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    guardian_id BLOB REFERENCES patients (id),
    document    TEXT NOT NULL DEFAULT '' CHECK (length(document) <= 200),
    made_at     TEXT NOT NULL,
    reviewed_at TEXT,
    reviewed_by BLOB REFERENCES users (id),
    verdict     TEXT CHECK (verdict IN ('justified', 'unjustified')),
    remark      TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    CHECK ((kind = 'guardian') = (guardian_id IS NOT NULL)),
    CHECK ((reviewed_at IS NULL) = (verdict IS NULL)),
    CHECK ((reviewed_at IS NULL) = (reviewed_by IS NULL)),
    CONSTRAINT access_grants_not_ones_own CHECK (reviewed_by IS NULL OR reviewed_by <> user_id)
) STRICT;
CREATE INDEX access_grants_by_patient ON access_grants (patient_id);
CREATE INDEX access_grants_by_time ON access_grants (made_at, id);
CREATE INDEX access_grants_waiting ON access_grants (made_at, id) WHERE reviewed_at IS NULL;
CREATE TRIGGER access_grants_frozen BEFORE UPDATE ON access_grants
WHEN NEW.id <> OLD.id OR NEW.patient_id <> OLD.patient_id OR NEW.kind <> OLD.kind OR NEW.user_id <> OLD.user_id
    OR NEW.clinic_id <> OLD.clinic_id OR NEW.guardian_id IS NOT OLD.guardian_id OR NEW.document <> OLD.document
    OR NEW.made_at <> OLD.made_at OR OLD.reviewed_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'access_grants_frozen');
END;
CREATE TRIGGER access_grants_never_deleted BEFORE DELETE ON access_grants
BEGIN
    SELECT RAISE(ABORT, 'access_grants_never_deleted');
END;
