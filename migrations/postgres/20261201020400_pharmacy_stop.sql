-- The pharmacy as a stop of the outpatient visit, where a clinic wants it; and medicines that are supplied for a named patient on a ward.
INSERT INTO queue_steps (step) VALUES ('pharmacy');
CREATE TABLE pharmacy_stops (
    clinic_id  UUID PRIMARY KEY NOT NULL REFERENCES clinics (id),
    is_on      BOOLEAN NOT NULL,
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id)
);
-- Its id is that of its document in the ledger.
CREATE TABLE ward_supplies (
    id         UUID PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    order_id   UUID NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    item_id    UUID NOT NULL REFERENCES stock_items (id),
    quantity   BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    -- The second person at a controlled medicine.
    witness_id UUID REFERENCES users (id),
    FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT ward_supplies_two_people CHECK (witness_id <> by_user)
);
CREATE INDEX ward_supplies_by_order ON ward_supplies (order_id, at);
CREATE INDEX ward_supplies_by_patient ON ward_supplies (patient_id, at);
CREATE INDEX ward_supplies_by_item ON ward_supplies (item_id);

SELECT guard_rows('ward_supplies', 'patient_id', 'ward_supplies.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE UPDATE, DELETE, TRUNCATE ON ward_supplies FROM infirmary_app;
-- The function reads as its owner: a writer who cannot see a row is refused by it all the same.
CREATE FUNCTION ward_supplies_guard() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.clinic_id = NEW.clinic_id AND o.kind = 'medicine' AND o.state IN ('active', 'on_hold')
        FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('ward_supplies_active');
    END IF;
    IF EXISTS (SELECT 1 FROM stock_items i JOIN drugs d ON d.id = i.drug_id JOIN care_orders o ON o.id = NEW.order_id WHERE i.id = NEW.item_id
        AND d.schedule <> '' AND (NEW.witness_id IS NULL OR o.prescriber_id IN (NEW.by_user, NEW.witness_id))) THEN
        PERFORM refuse('ward_supplies_witnessed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ward_supplies_guard BEFORE INSERT ON ward_supplies FOR EACH ROW EXECUTE FUNCTION ward_supplies_guard();
CREATE TRIGGER ward_supplies_fixed BEFORE UPDATE OR DELETE ON ward_supplies FOR EACH ROW EXECUTE FUNCTION row_fixed('ward_supplies_fixed');
