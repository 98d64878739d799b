-- A clinic can want its medicines paid before they are handed over. The bag is packed and charged; it waits until its charge is paid or covered.
ALTER TABLE pharmacy_stops ADD COLUMN paid_first BOOLEAN NOT NULL DEFAULT false;
-- The bag waits for its payment; one without is handed over at `at`.
ALTER TABLE dispenses ADD COLUMN paid_first BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE dispenses ADD COLUMN handed_at TIMESTAMPTZ CONSTRAINT dispenses_handed CHECK (handed_at IS NULL OR paid_first);
ALTER TABLE dispenses ADD COLUMN handed_by UUID REFERENCES users (id) CONSTRAINT dispenses_handed_by CHECK ((handed_at IS NULL) = (handed_by IS NULL));
ALTER TABLE dispenses ADD COLUMN handed_check TEXT CHECK (handed_check IN ('name_and_birth', 'card', 'wristband'))
    CONSTRAINT dispenses_handed_check CHECK ((handed_at IS NULL) = (handed_check IS NULL));
-- The person who took the bag, where that was not the patient.
ALTER TABLE dispenses ADD COLUMN handed_to TEXT NOT NULL DEFAULT '' CHECK (length(handed_to) <= 120);
CREATE INDEX dispenses_waiting ON dispenses (clinic_id, at) WHERE paid_first AND handed_at IS NULL AND returned < quantity;
DROP TRIGGER dispenses_fixed ON dispenses;
CREATE TRIGGER dispenses_fixed BEFORE UPDATE ON dispenses FOR EACH ROW
WHEN ((NEW.id, NEW.supply_id, NEW.patient_id, NEW.clinic_id, NEW.quantity, NEW.identified_by, NEW.collector, NEW.at, NEW.by_user, NEW.witness_id, NEW.counselling, NEW.paid_first)
    IS DISTINCT FROM (OLD.id, OLD.supply_id, OLD.patient_id, OLD.clinic_id, OLD.quantity, OLD.identified_by, OLD.collector, OLD.at, OLD.by_user, OLD.witness_id, OLD.counselling, OLD.paid_first)
    OR (OLD.handed_at IS NOT NULL AND (NEW.handed_at, NEW.handed_by, NEW.handed_check, NEW.handed_to) IS DISTINCT FROM (OLD.handed_at, OLD.handed_by, OLD.handed_check, OLD.handed_to))
    OR NEW.returned < OLD.returned) EXECUTE FUNCTION row_fixed('dispenses_fixed');
CREATE FUNCTION dispenses_paid() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.returned > 0 OR NOT EXISTS (SELECT 1 FROM charges c WHERE c.source = 'dispense' AND c.source_id = NEW.id AND c.state NOT IN ('cancelled', 'entered_in_error')
        AND (c.state = 'paid' OR (c.state = 'billable' AND c.net = 0)
        OR (c.state = 'billed' AND EXISTS (SELECT 1 FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
            WHERE l.charge_id = c.id AND l.released_at IS NULL AND i.state <> 'draft' AND i.patient_due <= 0)))) THEN
        PERFORM refuse('dispenses_paid');
    END IF;
    IF EXISTS (SELECT 1 FROM supplies s JOIN prescriptions p ON p.id = s.id WHERE s.id = NEW.supply_id
        AND (p.state <> 'active' OR s.state IN ('on_hold', 'queried'))) THEN
        PERFORM refuse('dispenses_active');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispenses_paid BEFORE UPDATE ON dispenses FOR EACH ROW
WHEN (NEW.handed_at IS NOT NULL AND OLD.handed_at IS NULL) EXECUTE FUNCTION dispenses_paid();
