-- Checks at the pharmacy: the warnings that are new since the signature, with the pharmacist's decision; another item than the prescribed one; and
-- the orders of wards on the pharmacists' list of overridden warnings.
CREATE TABLE supply_findings (
    id         UUID PRIMARY KEY NOT NULL,
    supply_id  UUID NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    stage      TEXT NOT NULL CHECK (stage IN ('verify', 'hand_over')),
    rule_key   TEXT NOT NULL CHECK (length(rule_key) BETWEEN 1 AND 200),
    level      TEXT NOT NULL CHECK (level IN ('block', 'strong', 'warn', 'info')),
    -- The warning as the pharmacist read it.
    sentence   TEXT NOT NULL CHECK (length(sentence) BETWEEN 1 AND 2000),
    reason     TEXT NOT NULL CHECK (length(trim(reason)) BETWEEN 1 AND 500),
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    FOREIGN KEY (supply_id, patient_id) REFERENCES supplies (id, patient_id)
);
CREATE UNIQUE INDEX supply_findings_once ON supply_findings (supply_id, rule_key);
CREATE INDEX supply_findings_by_patient ON supply_findings (patient_id);
ALTER TABLE supplies ADD COLUMN substitute_reason TEXT CHECK (substitute_reason IN ('out_of_stock', 'not_kept', 'strength', 'patient', 'other'));
-- The prescribed medicine, where another item of the same substances is handed out.
ALTER TABLE supplies ADD COLUMN substitute_for TEXT NOT NULL DEFAULT ''
    CONSTRAINT supplies_substituted CHECK (length(substitute_for) <= 200 AND (substitute_for = '') = (substitute_reason IS NULL));
ALTER TABLE check_findings ADD COLUMN care_order_id UUID REFERENCES care_orders (id);
CREATE UNIQUE INDEX check_findings_once_of_order ON check_findings (care_order_id, rule_key) WHERE care_order_id IS NOT NULL;
ALTER TABLE check_findings ALTER COLUMN prescription_id DROP NOT NULL,
    ADD CONSTRAINT check_findings_of_one CHECK ((prescription_id IS NULL) <> (care_order_id IS NULL));
CREATE TRIGGER check_findings_order_frozen BEFORE UPDATE ON check_findings FOR EACH ROW
WHEN (NEW.care_order_id IS DISTINCT FROM OLD.care_order_id) EXECUTE FUNCTION row_fixed('check_findings_frozen');
SELECT guard_rows('supply_findings', 'patient_id', 'supply_findings.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE UPDATE, DELETE, TRUNCATE ON supply_findings FROM infirmary_app;
CREATE TRIGGER supply_findings_fixed BEFORE UPDATE OR DELETE ON supply_findings FOR EACH ROW EXECUTE FUNCTION row_fixed('supply_findings_fixed');
-- A prescription that is not handed out any more holds no units.
CREATE FUNCTION supplies_release() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE stock_reservations SET state = 'released', ended_at = NEW.updated_at WHERE purpose_id = NEW.id AND state = 'open';
    RETURN NULL;
END $$;
CREATE TRIGGER supplies_release AFTER UPDATE OF state ON supplies FOR EACH ROW
WHEN (NEW.state <> 'verified' AND NEW.state <> 'part_dispensed') EXECUTE FUNCTION supplies_release();
-- A hand-over stays that of its item.
CREATE TRIGGER supplies_substitute_fixed BEFORE UPDATE ON supplies FOR EACH ROW
WHEN (OLD.dispensed > OLD.returned AND (NEW.substitute_for, NEW.substitute_reason) IS DISTINCT FROM (OLD.substitute_for, OLD.substitute_reason))
EXECUTE FUNCTION row_fixed('supplies_fixed');
