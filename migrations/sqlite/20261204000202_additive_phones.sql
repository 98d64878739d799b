-- More telephone numbers of a patient, beside the one on the record: each with its kind, sealed. The number that was preferred last is that
-- for messages and calls; without one it is the number on the record.
CREATE TABLE patient_phones (
    id           BLOB PRIMARY KEY NOT NULL,
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    kind         TEXT NOT NULL CHECK (kind IN ('mobile', 'home', 'work', 'other_person')),
    -- The number, and the name of the other person.
    sealed       BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 4000),
    phone_index  BLOB,
    preferred_at TEXT,
    added_at     TEXT NOT NULL,
    added_by     BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX patient_phones_by_patient ON patient_phones (patient_id);
CREATE INDEX patient_phones_by_number ON patient_phones (phone_index) WHERE phone_index IS NOT NULL;
CREATE TRIGGER patient_phones_fixed BEFORE UPDATE ON patient_phones
WHEN (NEW.id, NEW.kind, NEW.added_at, NEW.added_by) IS NOT (OLD.id, OLD.kind, OLD.added_at, OLD.added_by)
BEGIN
    SELECT RAISE(ABORT, 'patient_phones_fixed');
END;
CREATE TRIGGER patient_phones_key_open_insert BEFORE INSERT ON patient_phones
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_phones_key_open_update BEFORE UPDATE OF sealed ON patient_phones
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
-- The desk finds a caller by any of the numbers.
DROP VIEW patient_marks;
CREATE VIEW patient_marks AS
SELECT id AS patient_id, phone_index AS mark FROM patients WHERE phone_index IS NOT NULL
UNION ALL SELECT id, email_index FROM patients WHERE email_index IS NOT NULL
UNION ALL SELECT id, national_id_index FROM patients WHERE national_id_index IS NOT NULL
UNION ALL SELECT patient_id, policy_index FROM coverages WHERE policy_index IS NOT NULL
UNION ALL SELECT patient_id, value_index FROM patient_identifiers
UNION ALL SELECT patient_id, phone_index FROM patient_phones WHERE phone_index IS NOT NULL;
