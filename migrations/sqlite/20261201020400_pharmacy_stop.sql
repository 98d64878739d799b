-- The pharmacy as a stop of the outpatient visit, where a clinic wants it; and medicines that are supplied for a named patient on a ward.
INSERT INTO queue_steps (step) VALUES ('pharmacy');
CREATE TABLE pharmacy_stops (
    clinic_id  BLOB PRIMARY KEY NOT NULL REFERENCES clinics (id),
    is_on      INTEGER NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
-- Its id is that of its document in the ledger.
CREATE TABLE ward_supplies (
    id         BLOB PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    order_id   BLOB NOT NULL,
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    item_id    BLOB NOT NULL REFERENCES stock_items (id),
    quantity   INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 10000),
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    -- The second person at a controlled medicine.
    witness_id BLOB REFERENCES users (id),
    FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT ward_supplies_two_people CHECK (witness_id <> by_user)
) STRICT;
CREATE INDEX ward_supplies_by_order ON ward_supplies (order_id, at);
CREATE INDEX ward_supplies_by_patient ON ward_supplies (patient_id, at);
CREATE INDEX ward_supplies_by_item ON ward_supplies (item_id);

CREATE TRIGGER ward_supplies_active BEFORE INSERT ON ward_supplies
WHEN NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.clinic_id = NEW.clinic_id AND o.kind = 'medicine' AND o.state IN ('active', 'on_hold'))
BEGIN
    SELECT RAISE(ABORT, 'ward_supplies_active');
END;
CREATE TRIGGER ward_supplies_witnessed BEFORE INSERT ON ward_supplies
WHEN EXISTS (SELECT 1 FROM stock_items i JOIN drugs d ON d.id = i.drug_id JOIN care_orders o ON o.id = NEW.order_id WHERE i.id = NEW.item_id
    AND d.schedule <> '' AND (NEW.witness_id IS NULL OR o.prescriber_id IN (NEW.by_user, NEW.witness_id)))
BEGIN
    SELECT RAISE(ABORT, 'ward_supplies_witnessed');
END;
CREATE TRIGGER ward_supplies_fixed BEFORE UPDATE ON ward_supplies
BEGIN
    SELECT RAISE(ABORT, 'ward_supplies_fixed');
END;
CREATE TRIGGER ward_supplies_kept BEFORE DELETE ON ward_supplies
BEGIN
    SELECT RAISE(ABORT, 'ward_supplies_fixed');
END;
