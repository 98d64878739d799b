-- Checks at the pharmacy: the warnings that are new since the signature, with the pharmacist's decision; another item than the prescribed one; and
-- the orders of wards on the pharmacists' list of overridden warnings.
CREATE TABLE supply_findings (
    id         BLOB PRIMARY KEY NOT NULL,
    supply_id  BLOB NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    stage      TEXT NOT NULL CHECK (stage IN ('verify', 'hand_over')),
    rule_key   TEXT NOT NULL CHECK (length(rule_key) BETWEEN 1 AND 200),
    level      TEXT NOT NULL CHECK (level IN ('block', 'strong', 'warn', 'info')),
    -- The warning as the pharmacist read it.
    sentence   TEXT NOT NULL CHECK (length(sentence) BETWEEN 1 AND 2000),
    reason     TEXT NOT NULL CHECK (length(trim(reason)) BETWEEN 1 AND 500),
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id)
) STRICT;
CREATE UNIQUE INDEX supply_findings_once ON supply_findings (supply_id, rule_key);
CREATE INDEX supply_findings_by_patient ON supply_findings (patient_id);
ALTER TABLE supplies ADD COLUMN substitute_reason TEXT CHECK (substitute_reason IN ('out_of_stock', 'not_kept', 'strength', 'patient', 'other'));
-- The prescribed medicine, where another item of the same substances is handed out.
ALTER TABLE supplies ADD COLUMN substitute_for TEXT NOT NULL DEFAULT ''
    CONSTRAINT supplies_substituted CHECK (length(substitute_for) <= 200 AND (substitute_for = '') = (substitute_reason IS NULL));
ALTER TABLE check_findings ADD COLUMN care_order_id BLOB REFERENCES care_orders (id);
CREATE UNIQUE INDEX check_findings_once_of_order ON check_findings (care_order_id, rule_key) WHERE care_order_id IS NOT NULL;
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'prescription_id BLOB NOT NULL REFERENCES prescriptions (id)',
    'prescription_id BLOB REFERENCES prescriptions (id) CONSTRAINT check_findings_of_one CHECK ((prescription_id IS NULL) <> (care_order_id IS NULL))')
WHERE type = 'table' AND name = 'check_findings';
PRAGMA writable_schema = RESET;
CREATE TRIGGER check_findings_order_frozen BEFORE UPDATE ON check_findings WHEN NEW.care_order_id IS NOT OLD.care_order_id
BEGIN
    SELECT RAISE(ABORT, 'check_findings_frozen');
END;
CREATE TRIGGER supply_findings_fixed BEFORE UPDATE ON supply_findings
BEGIN
    SELECT RAISE(ABORT, 'supply_findings_fixed');
END;
CREATE TRIGGER supply_findings_kept BEFORE DELETE ON supply_findings
BEGIN
    SELECT RAISE(ABORT, 'supply_findings_fixed');
END;
-- A prescription that is not handed out any more holds no units.
CREATE TRIGGER supplies_release AFTER UPDATE OF state ON supplies
WHEN NEW.state NOT IN ('verified', 'part_dispensed')
BEGIN
    UPDATE stock_reservations SET state = 'released', ended_at = NEW.updated_at WHERE purpose_id = NEW.id AND state = 'open';
END;
-- A hand-over stays that of its item.
CREATE TRIGGER supplies_substitute_fixed BEFORE UPDATE ON supplies
WHEN OLD.dispensed > OLD.returned AND (NEW.substitute_for, NEW.substitute_reason) IS NOT (OLD.substitute_for, OLD.substitute_reason)
BEGIN
    SELECT RAISE(ABORT, 'supplies_fixed');
END;
