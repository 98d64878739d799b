-- A check-in is taken back with a reason, at any time while nothing clinical was recorded at the visit (visit_has_record).
ALTER TABLE visits ADD COLUMN error_reason text NOT NULL DEFAULT '' CHECK (char_length(error_reason) <= 500);

-- With the owner's rights: a record that the writer cannot see holds the visit too.
CREATE FUNCTION refuse_error_with_record() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM vitals v WHERE v.visit_id = NEW.id) OR EXISTS (SELECT 1 FROM encounters e WHERE e.visit_id = NEW.id) THEN
        RAISE EXCEPTION 'visit_has_record' USING ERRCODE = 'check_violation', CONSTRAINT = 'visit_has_record';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER visits_in_error_without_record BEFORE UPDATE OF outcome ON visits FOR EACH ROW
WHEN (NEW.outcome = 'entered_in_error') EXECUTE FUNCTION refuse_error_with_record();
