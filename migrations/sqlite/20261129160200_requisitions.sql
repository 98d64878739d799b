-- A requisition is all that a doctor orders at once: with one form, or with the signature of a note. Its number has no gap in a clinic and
-- year (document_numbers).

CREATE TABLE requisitions (
    id           BLOB PRIMARY KEY NOT NULL,
    -- "MAIN-Q26-000123": the clinic's code, the year, and the number in the series of both.
    number       TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 60),
    patient_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id    BLOB NOT NULL REFERENCES clinics (id),
    visit_id     BLOB REFERENCES visits (id),
    encounter_id BLOB REFERENCES encounters (id),
    requested_at TEXT NOT NULL,
    requested_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE UNIQUE INDEX requisitions_number ON requisitions (number);
CREATE INDEX requisitions_by_patient ON requisitions (patient_id, requested_at);
CREATE INDEX requisitions_by_visit ON requisitions (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX requisitions_by_encounter ON requisitions (encounter_id) WHERE encounter_id IS NOT NULL;

ALTER TABLE orders ADD COLUMN requisition_id BLOB REFERENCES requisitions (id);
CREATE INDEX orders_by_requisition ON orders (requisition_id) WHERE requisition_id IS NOT NULL;

-- Orders that were placed before have a requisition each.
INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, encounter_id, requested_at, requested_by)
SELECT o.id, c.code || '-Q' || substr(o.requested_at, 3, 2) || '-'
        || printf('%06d', row_number() OVER (PARTITION BY o.clinic_id, substr(o.requested_at, 1, 4) ORDER BY o.requested_at, o.id)),
    o.patient_id, o.clinic_id, o.visit_id, o.encounter_id, o.requested_at, o.ordered_by
FROM orders o JOIN clinics c ON c.id = o.clinic_id WHERE o.requested_at IS NOT NULL;
INSERT INTO document_numbers (series, seq, document)
SELECT 'requisition ' || substr(number, 1, length(number) - 7), CAST(substr(number, length(number) - 5) AS INTEGER), id
FROM requisitions ORDER BY 1, 2;
INSERT INTO number_series (name, last)
SELECT series, max(seq) FROM document_numbers WHERE series LIKE 'requisition %' GROUP BY series;
UPDATE orders SET requisition_id = id WHERE requested_at IS NOT NULL;

CREATE TRIGGER requisitions_kept BEFORE UPDATE ON requisitions
BEGIN
    SELECT RAISE(ABORT, 'requisitions_kept');
END;
CREATE TRIGGER requisitions_kept_delete BEFORE DELETE ON requisitions
BEGIN
    SELECT RAISE(ABORT, 'requisitions_kept');
END;
CREATE TRIGGER requisitions_same_patient BEFORE INSERT ON requisitions
WHEN EXISTS (SELECT 1 FROM visits v WHERE v.id = NEW.visit_id AND (v.patient_id <> NEW.patient_id OR v.clinic_id <> NEW.clinic_id))
    OR EXISTS (SELECT 1 FROM encounters e WHERE e.id = NEW.encounter_id AND (e.patient_id <> NEW.patient_id OR e.visit_id IS NOT NEW.visit_id))
BEGIN
    SELECT RAISE(ABORT, 'requisitions_same_patient');
END;

-- An order that was placed has a requisition, and a draft has none.
CREATE TRIGGER orders_requisition_insert BEFORE INSERT ON orders WHEN (NEW.requisition_id IS NULL) <> (NEW.requested_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'orders_requisition');
END;
CREATE TRIGGER orders_requisition_update BEFORE UPDATE ON orders WHEN (NEW.requisition_id IS NULL) <> (NEW.requested_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'orders_requisition');
END;
CREATE TRIGGER orders_requisition_fixed BEFORE UPDATE OF requisition_id ON orders
WHEN OLD.requisition_id IS NOT NULL AND NEW.requisition_id IS NOT OLD.requisition_id
BEGIN
    SELECT RAISE(ABORT, 'orders_fixed');
END;
CREATE TRIGGER orders_same_requisition_insert BEFORE INSERT ON orders
WHEN NEW.requisition_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM requisitions r WHERE r.id = NEW.requisition_id AND r.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'orders_same_requisition');
END;
CREATE TRIGGER orders_same_requisition_update BEFORE UPDATE OF requisition_id ON orders
WHEN OLD.requisition_id IS NULL AND NEW.requisition_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM requisitions r WHERE r.id = NEW.requisition_id AND r.patient_id = NEW.patient_id)
BEGIN
    SELECT RAISE(ABORT, 'orders_same_requisition');
END;
