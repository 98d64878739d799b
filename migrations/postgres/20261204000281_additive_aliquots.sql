-- A received sample is divided into tubes for several benches, once: each tube has its own number, and is a sample of the same material.
CREATE INDEX lab_samples_by_parent ON lab_samples (parent_id) WHERE parent_id IS NOT NULL;
-- The function reads as its owner.
CREATE FUNCTION aliquots_of_received() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM lab_samples p WHERE p.id = NEW.parent_id AND p.patient_id = NEW.patient_id
        AND (p.state NOT IN ('received', 'stored') OR p.parent_id IS NOT NULL OR p.requisition_id <> NEW.requisition_id
            OR p.specimen <> NEW.specimen OR p.draw_id IS DISTINCT FROM NEW.draw_id OR NEW.state <> 'received')) THEN
        PERFORM refuse('aliquots_of_received');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER aliquots_of_received BEFORE INSERT ON lab_samples FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL)
EXECUTE FUNCTION aliquots_of_received();
