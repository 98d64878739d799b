-- Two targets of one level of control material never count at once. The unique index guards two that begin at the same moment.
CREATE FUNCTION refuse_second_target() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM lab_control_lots l WHERE l.clinic_id = NEW.clinic_id AND l.test_id = NEW.test_id AND l.level = NEW.level
        AND l.state = 'active' AND l.id <> NEW.id) THEN
        PERFORM refuse('control_targets_no_overlap');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER control_targets_no_overlap BEFORE INSERT OR UPDATE OF state ON lab_control_lots FOR EACH ROW
WHEN (NEW.state = 'active') EXECUTE FUNCTION refuse_second_target();
