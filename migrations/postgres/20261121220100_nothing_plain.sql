-- Nothing is plain any more (the program has seen to it), and nothing can be.

DROP TRIGGER notes_signed_is_frozen ON notes;
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
CREATE TRIGGER notes_signed_is_frozen BEFORE UPDATE ON notes FOR EACH ROW
WHEN (OLD.state = 'signed' AND (substring(NEW.sealed FROM 66) <> substring(OLD.sealed FROM 66) OR NEW.signed_at <> OLD.signed_at
    OR NEW.signed_by <> OLD.signed_by OR NEW.signed_digest <> OLD.signed_digest OR NEW.state = 'draft'))
EXECUTE FUNCTION refuse_signed_change();

-- Nothing is sealed with a key that is closed: a server that has not heard of the new one is refused, looks for it, and is asked again.
CREATE FUNCTION refuse_closed_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT 1 FROM added JOIN encryption_keys k ON k.marker = substring(added.sealed FROM 2 FOR 4) WHERE k.closed_at IS NOT NULL) THEN
            RETURN NULL;
        END IF;
    ELSIF NEW.sealed = OLD.sealed OR NOT EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substring(NEW.sealed FROM 2 FOR 4) AND k.closed_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'encryption_key_closed' USING ERRCODE = 'check_violation', CONSTRAINT = 'encryption_key_closed';
END $$;
CREATE TRIGGER patients_key_open_insert AFTER INSERT ON patients REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patients_key_open_update BEFORE UPDATE OF sealed ON patients
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_contacts_key_open_insert AFTER INSERT ON patient_contacts REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_contacts_key_open_update BEFORE UPDATE OF sealed ON patient_contacts
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_identifiers_key_open_insert AFTER INSERT ON patient_identifiers REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_identifiers_key_open_update BEFORE UPDATE OF sealed ON patient_identifiers
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER coverages_key_open_insert AFTER INSERT ON coverages REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER coverages_key_open_update BEFORE UPDATE OF sealed ON coverages
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER notes_key_open_insert AFTER INSERT ON notes REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER notes_key_open_update BEFORE UPDATE OF sealed ON notes
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER addenda_key_open_insert AFTER INSERT ON addenda REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER addenda_key_open_update BEFORE UPDATE OF sealed ON addenda
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER mails_key_open_insert AFTER INSERT ON mails REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER mails_key_open_update BEFORE UPDATE OF sealed ON mails
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imported_bodies_key_open_insert AFTER INSERT ON imported_bodies REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER imported_bodies_key_open_update BEFORE UPDATE OF sealed ON imported_bodies
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
