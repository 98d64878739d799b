-- Nothing is plain any more (the program has seen to it), and nothing can be.

DROP TRIGGER notes_signed_is_frozen;
DROP INDEX patients_by_phone;
DROP INDEX patients_by_national_id;
ALTER TABLE patients DROP COLUMN national_id;
ALTER TABLE patients DROP COLUMN phone;
ALTER TABLE patients DROP COLUMN phone_digits;
ALTER TABLE patients DROP COLUMN email;
ALTER TABLE patients DROP COLUMN address;
ALTER TABLE patients DROP COLUMN city;
ALTER TABLE patients DROP COLUMN region;
ALTER TABLE patients DROP COLUMN postal_code;
ALTER TABLE patient_contacts DROP COLUMN phone;
ALTER TABLE coverages DROP COLUMN policy_number;
ALTER TABLE notes DROP COLUMN history;
ALTER TABLE notes DROP COLUMN examination;
ALTER TABLE notes DROP COLUMN assessment;
ALTER TABLE notes DROP COLUMN plan;
ALTER TABLE addenda DROP COLUMN body;
ALTER TABLE mails DROP COLUMN recipient;
ALTER TABLE mails DROP COLUMN subject;
ALTER TABLE mails DROP COLUMN body;
ALTER TABLE imported_records DROP COLUMN body;
DROP TABLE plain_identifiers;

CREATE INDEX patients_by_phone ON patients (phone_index) WHERE phone_index IS NOT NULL;
CREATE INDEX patients_by_national_id ON patients (national_id_index) WHERE national_id_index IS NOT NULL;
CREATE INDEX patients_by_email ON patients (email_index) WHERE email_index IS NOT NULL;
CREATE INDEX coverages_by_policy ON coverages (policy_index) WHERE policy_index IS NOT NULL;

-- A new version of the key wraps the fields' key anew; the fields after the head of 65 bytes stay as they were signed.
CREATE TRIGGER notes_signed_is_frozen BEFORE UPDATE ON notes
WHEN OLD.state = 'signed' AND (substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR NEW.signed_at <> OLD.signed_at
    OR NEW.signed_by <> OLD.signed_by OR NEW.signed_digest <> OLD.signed_digest OR NEW.state = 'draft')
BEGIN
    SELECT RAISE(ABORT, 'notes_signed_is_frozen');
END;

-- Nothing is sealed with a key that is closed: a server that has not heard of the new one is refused, looks for it, and is asked again.
CREATE TRIGGER patients_key_open_insert BEFORE INSERT ON patients WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patients_key_open_update BEFORE UPDATE OF sealed ON patients WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_contacts_key_open_insert BEFORE INSERT ON patient_contacts WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_contacts_key_open_update BEFORE UPDATE OF sealed ON patient_contacts WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_identifiers_key_open_insert BEFORE INSERT ON patient_identifiers WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_identifiers_key_open_update BEFORE UPDATE OF sealed ON patient_identifiers WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER coverages_key_open_insert BEFORE INSERT ON coverages WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER coverages_key_open_update BEFORE UPDATE OF sealed ON coverages WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER notes_key_open_insert BEFORE INSERT ON notes WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER notes_key_open_update BEFORE UPDATE OF sealed ON notes WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER addenda_key_open_insert BEFORE INSERT ON addenda WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER addenda_key_open_update BEFORE UPDATE OF sealed ON addenda WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER mails_key_open_insert BEFORE INSERT ON mails WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER mails_key_open_update BEFORE UPDATE OF sealed ON mails WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER imported_bodies_key_open_insert BEFORE INSERT ON imported_bodies WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER imported_bodies_key_open_update BEFORE UPDATE OF sealed ON imported_bodies WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
