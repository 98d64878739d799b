-- A received sample is divided into tubes for several benches, once: each tube has its own number, and is a sample of the same material.
CREATE INDEX lab_samples_by_parent ON lab_samples (parent_id) WHERE parent_id IS NOT NULL;
CREATE TRIGGER aliquots_of_received BEFORE INSERT ON lab_samples
WHEN NEW.parent_id IS NOT NULL AND EXISTS (SELECT 1 FROM lab_samples p WHERE p.id = NEW.parent_id AND p.patient_id = NEW.patient_id
    AND (p.state NOT IN ('received', 'stored') OR p.parent_id IS NOT NULL OR p.requisition_id <> NEW.requisition_id
        OR p.specimen <> NEW.specimen OR p.draw_id IS NOT NEW.draw_id OR NEW.state <> 'received'))
BEGIN
    SELECT RAISE(ABORT, 'aliquots_of_received');
END;
