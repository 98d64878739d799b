-- An order, and its requisition, belongs to a visit, or to the stay of a patient on a ward.

ALTER TABLE orders ADD COLUMN admission_id BLOB REFERENCES admissions (id);
ALTER TABLE requisitions ADD COLUMN admission_id BLOB REFERENCES admissions (id);
CREATE INDEX orders_by_admission ON orders (admission_id, ordered_at) WHERE admission_id IS NOT NULL;
CREATE INDEX requisitions_by_admission ON requisitions (admission_id) WHERE admission_id IS NOT NULL;
-- Only the definition changes: the rows that there are belong to a visit or an encounter, and to no stay.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (visit_id IS NOT NULL OR encounter_id IS NOT NULL)',
    'CHECK ((visit_id IS NOT NULL OR encounter_id IS NOT NULL) <> (admission_id IS NOT NULL))')
WHERE type = 'table' AND name = 'orders';
PRAGMA writable_schema = RESET;

DROP TRIGGER orders_fixed;
CREATE TRIGGER orders_fixed BEFORE UPDATE ON orders
WHEN (NEW.id, NEW.patient_id, NEW.visit_id, NEW.encounter_id, NEW.admission_id, NEW.kind, NEW.ordered_at, NEW.ordered_by) IS NOT
    (OLD.id, OLD.patient_id, OLD.visit_id, OLD.encounter_id, OLD.admission_id, OLD.kind, OLD.ordered_at, OLD.ordered_by)
    OR (OLD.state <> 'draft' AND (NEW.service, NEW.priority, NEW.requested_at) IS NOT (OLD.service, OLD.priority, OLD.requested_at))
BEGIN
    SELECT RAISE(ABORT, 'orders_fixed');
END;
-- An order of a stay is placed while its patient lies on a ward.
CREATE TRIGGER orders_of_stay BEFORE INSERT ON orders
WHEN NEW.admission_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND a.state = 'admitted')
BEGIN
    SELECT RAISE(ABORT, 'orders_of_stay');
END;
CREATE TRIGGER requisitions_of_stay BEFORE INSERT ON requisitions
WHEN NEW.admission_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND a.state = 'admitted')
BEGIN
    SELECT RAISE(ABORT, 'requisitions_of_stay');
END;
