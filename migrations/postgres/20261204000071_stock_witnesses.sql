-- Two people take a controlled medicine out of the stock, put it back or correct it.
ALTER TABLE stock_documents ADD COLUMN witness_id UUID REFERENCES users (id);
ALTER TABLE stock_documents ADD CONSTRAINT stock_documents_two_people CHECK (witness_id IS NULL OR witness_id <> by_user);
CREATE INDEX stock_documents_by_witness ON stock_documents (witness_id) WHERE witness_id IS NOT NULL;
-- Goods on the way have two people already: one sends, another receives.
CREATE FUNCTION stock_movements_witnessed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_documents k JOIN storerooms f ON f.id = k.store_id LEFT JOIN storerooms t ON t.id = k.to_id
            WHERE k.id = NEW.document_id AND k.witness_id IS NULL AND f.kind <> 'transit' AND coalesce(t.kind, '') <> 'transit')
        AND EXISTS (SELECT 1 FROM stock_lines l JOIN stock_items i ON i.id = l.item_id JOIN drugs d ON d.id = i.drug_id
            WHERE l.id = NEW.line_id AND d.schedule <> '') THEN
        PERFORM refuse('stock_movements_witnessed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stock_movements_witnessed BEFORE INSERT ON stock_movements FOR EACH ROW
WHEN (NEW.kind IN ('gain', 'loss', 'write_off', 'transfer_out')) EXECUTE FUNCTION stock_movements_witnessed();
CREATE FUNCTION dispense_returns_witnessed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM stock_documents k WHERE k.id = NEW.id AND k.witness_id IS NULL)
        AND EXISTS (SELECT 1 FROM dispense_lines l JOIN stock_batches b ON b.id = l.batch_id JOIN stock_items i ON i.id = b.item_id
            JOIN drugs d ON d.id = i.drug_id WHERE l.id = NEW.line_id AND d.schedule <> '') THEN
        PERFORM refuse('dispense_returns_witnessed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispense_returns_witnessed BEFORE INSERT ON dispense_returns FOR EACH ROW EXECUTE FUNCTION dispense_returns_witnessed();

-- A prescription is handed out for 30 days after its signature, a controlled medicine for 7.
CREATE FUNCTION dispenses_in_time() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM supplies s LEFT JOIN stock_items i ON i.id = s.item_id LEFT JOIN drugs d ON d.id = i.drug_id WHERE s.id = NEW.supply_id
            AND NEW.at > s.signed_at + CASE WHEN coalesce(d.schedule, '') <> '' THEN interval '7 days 1 second' ELSE interval '30 days 1 second' END) THEN
        PERFORM refuse('dispenses_in_time');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER dispenses_in_time BEFORE INSERT ON dispenses FOR EACH ROW EXECUTE FUNCTION dispenses_in_time();

-- Units that a ward gave back of what was supplied for a patient.
ALTER TABLE ward_supplies ADD COLUMN returned BIGINT NOT NULL DEFAULT 0
    CONSTRAINT ward_supplies_returned CHECK (returned BETWEEN 0 AND quantity);
GRANT UPDATE (returned) ON ward_supplies TO infirmary_app;
DROP TRIGGER ward_supplies_fixed ON ward_supplies;
CREATE TRIGGER ward_supplies_fixed BEFORE UPDATE ON ward_supplies FOR EACH ROW
WHEN ((NEW.id, NEW.order_id, NEW.patient_id, NEW.clinic_id, NEW.item_id, NEW.quantity, NEW.at, NEW.by_user, NEW.witness_id)
    IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.patient_id, OLD.clinic_id, OLD.item_id, OLD.quantity, OLD.at, OLD.by_user, OLD.witness_id)
    OR NEW.returned <= OLD.returned)
EXECUTE FUNCTION row_fixed('ward_supplies_fixed');
CREATE TRIGGER ward_supplies_kept BEFORE DELETE ON ward_supplies FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_supplies_fixed');

-- The cashier's list of what came back after it was invoiced.
CREATE INDEX dispenses_returned ON dispenses (clinic_id, at) WHERE returned > 0;
CREATE INDEX ward_supplies_back ON ward_supplies (clinic_id, at) WHERE returned > 0;
