-- The confirmed addresses of a person go with the account to the surviving record, and back; nothing else gives an address to another record.
DROP TRIGGER message_channels_fixed ON message_channels;
CREATE TRIGGER message_channels_fixed BEFORE UPDATE ON message_channels FOR EACH ROW
WHEN ((NEW.id, NEW.kind, NEW.created_at, NEW.created_by) IS DISTINCT FROM (OLD.id, OLD.kind, OLD.created_at, OLD.created_by)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at)
    OR (OLD.removed_at IS NOT NULL AND (NEW.removed_at IS DISTINCT FROM OLD.removed_at OR NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at))
    OR NEW.tries < OLD.tries)
EXECUTE FUNCTION row_fixed('message_channels_fixed');
CREATE FUNCTION message_channels_owner() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM patient_merges m JOIN patient_merge_rows r ON r.merge_id = m.id
        WHERE m.state IN ('proposed', 'merged') AND r.table_name = 'message_channels' AND r.row_id = NEW.id
            AND ((m.merged_id = OLD.patient_id AND m.survivor_id = NEW.patient_id) OR (m.survivor_id = OLD.patient_id AND m.merged_id = NEW.patient_id))) THEN
        PERFORM refuse('message_channels_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER message_channels_owner BEFORE UPDATE OF patient_id ON message_channels FOR EACH ROW
WHEN (NEW.patient_id <> OLD.patient_id) EXECUTE FUNCTION message_channels_owner();
