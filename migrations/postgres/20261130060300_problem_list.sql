-- The problem list that doctors keep: each change is a new row that replaces the one before.

ALTER TABLE problems ADD COLUMN replaces UUID REFERENCES problems (id), ADD COLUMN superseded_at TIMESTAMPTZ;
CREATE UNIQUE INDEX problems_replaced_once ON problems (replaces) WHERE replaces IS NOT NULL;

-- A problem replaces one of the same patient, which was marked as replaced before. The function reads as its owner.
CREATE FUNCTION problems_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.replaces IS NOT NULL AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.id = NEW.replaces AND p.patient_id = NEW.patient_id
        AND p.superseded_at IS NOT NULL AND p.entered_in_error_at IS NULL) THEN
        PERFORM refuse('problems_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER problems_same_patient BEFORE INSERT ON problems FOR EACH ROW EXECUTE FUNCTION problems_same_patient();
-- A problem stays what it is: it is replaced once, or marked as entered in error once.
CREATE TRIGGER problems_frozen BEFORE UPDATE ON problems FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.code, NEW.description, NEW.clinical_status, NEW.verification, NEW.onset_on, NEW.recorded_at, NEW.recorded_by,
        NEW.replaces)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.code, OLD.description, OLD.clinical_status, OLD.verification, OLD.onset_on, OLD.recorded_at,
        OLD.recorded_by, OLD.replaces)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at)
    OR (OLD.entered_in_error_at IS NOT NULL AND NEW.entered_in_error_at IS DISTINCT FROM OLD.entered_in_error_at))
EXECUTE FUNCTION row_fixed('problems_frozen');
CREATE TRIGGER problems_kept BEFORE DELETE ON problems FOR EACH ROW EXECUTE FUNCTION row_fixed('problems_frozen');
