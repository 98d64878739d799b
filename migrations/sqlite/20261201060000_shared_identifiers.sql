-- Two patients may have the same identifier: families share a card, and other systems give a number twice. It is told as a possible duplicate
-- instead of refused; a patient has each identifier once.
DROP VIEW patient_marks;
CREATE TABLE shared_identifiers (
    id          BLOB PRIMARY KEY NOT NULL,
    system      TEXT NOT NULL,
    value_index BLOB NOT NULL CHECK (length(value_index) = 16),
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    sealed      BLOB NOT NULL
) STRICT;
INSERT INTO shared_identifiers SELECT id, system, value_index, patient_id, sealed FROM patient_identifiers;
DROP TABLE patient_identifiers;
ALTER TABLE shared_identifiers RENAME TO patient_identifiers;
CREATE UNIQUE INDEX patient_identifiers_once ON patient_identifiers (patient_id, value_index, system);
CREATE INDEX patient_identifiers_by_value ON patient_identifiers (value_index, system);
CREATE TRIGGER patient_identifiers_key_open_insert BEFORE INSERT ON patient_identifiers WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_identifiers_key_open_update BEFORE UPDATE OF sealed ON patient_identifiers WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE VIEW patient_marks AS
SELECT id AS patient_id, phone_index AS mark FROM patients WHERE phone_index IS NOT NULL
UNION ALL SELECT id, email_index FROM patients WHERE email_index IS NOT NULL
UNION ALL SELECT id, national_id_index FROM patients WHERE national_id_index IS NOT NULL
UNION ALL SELECT patient_id, policy_index FROM coverages WHERE policy_index IS NOT NULL
UNION ALL SELECT patient_id, value_index FROM patient_identifiers;
