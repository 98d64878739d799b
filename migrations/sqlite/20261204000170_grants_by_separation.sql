-- The separation of two merged records takes rows from one account and gives them to another: it stands on the auditors' list as the merge does.
CREATE TABLE access_grants_new (
    id          BLOB PRIMARY KEY NOT NULL,
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    -- A code for the portal; a user who works here linked a record to the own account; somebody who acts for the patient; a merge, by which the
    -- accounts of one record open another; its separation.
    kind        TEXT NOT NULL CHECK (kind IN ('code', 'staff_link', 'guardian', 'merge', 'separation')),
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
INSERT INTO access_grants_new (id, patient_id, kind, user_id, clinic_id, guardian_id, document, made_at, reviewed_at, reviewed_by, verdict, remark)
SELECT id, patient_id, kind, user_id, clinic_id, guardian_id, document, made_at, reviewed_at, reviewed_by, verdict, remark FROM access_grants;
DROP TABLE access_grants;
ALTER TABLE access_grants_new RENAME TO access_grants;
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
