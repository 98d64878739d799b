-- More telephone numbers of a patient, beside the one on the record: each with its kind, sealed. The number that was preferred last is that
-- for messages and calls; without one it is the number on the record.
CREATE TABLE patient_phones (
    id           UUID PRIMARY KEY NOT NULL,
    patient_id   UUID NOT NULL REFERENCES patients (id),
    kind         TEXT NOT NULL CHECK (kind IN ('mobile', 'home', 'work', 'other_person')),
    -- The number, and the name of the other person.
    sealed       BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 4000),
    phone_index  BYTEA,
    preferred_at TIMESTAMPTZ,
    added_at     TIMESTAMPTZ NOT NULL,
    added_by     UUID NOT NULL REFERENCES users (id)
);
CREATE INDEX patient_phones_by_patient ON patient_phones (patient_id);
CREATE INDEX patient_phones_by_number ON patient_phones (phone_index) WHERE phone_index IS NOT NULL;
CREATE TRIGGER patient_phones_fixed BEFORE UPDATE ON patient_phones FOR EACH ROW
WHEN ((NEW.id, NEW.kind, NEW.added_at, NEW.added_by) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.added_at, OLD.added_by))
EXECUTE FUNCTION row_fixed('patient_phones_fixed');
CREATE TRIGGER patient_phones_key_open_insert AFTER INSERT ON patient_phones REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER patient_phones_key_open_update BEFORE UPDATE OF sealed ON patient_phones
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows('patient_phones');
-- The desk finds a caller by any of the numbers.
CREATE OR REPLACE VIEW patient_marks AS
SELECT id AS patient_id, phone_index AS mark FROM patients WHERE phone_index IS NOT NULL
UNION ALL SELECT id, email_index FROM patients WHERE email_index IS NOT NULL
UNION ALL SELECT id, national_id_index FROM patients WHERE national_id_index IS NOT NULL
UNION ALL SELECT patient_id, policy_index FROM coverages WHERE policy_index IS NOT NULL
UNION ALL SELECT patient_id, value_index FROM patient_identifiers
UNION ALL SELECT patient_id, phone_index FROM patient_phones WHERE phone_index IS NOT NULL;
