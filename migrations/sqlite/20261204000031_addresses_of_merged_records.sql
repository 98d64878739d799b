-- The confirmed addresses of a person go with the account to the surviving record, and back; nothing else gives an address to another record.
DROP TRIGGER message_channels_fixed;
CREATE TRIGGER message_channels_fixed BEFORE UPDATE ON message_channels
WHEN (NEW.id, NEW.kind, NEW.created_at, NEW.created_by) IS NOT (OLD.id, OLD.kind, OLD.created_at, OLD.created_by)
    OR (OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at)
    OR (OLD.removed_at IS NOT NULL AND (NEW.removed_at IS NOT OLD.removed_at OR NEW.confirmed_at IS NOT OLD.confirmed_at)) OR NEW.tries < OLD.tries
    OR (NEW.patient_id <> OLD.patient_id AND NOT EXISTS (SELECT 1 FROM patient_merges m JOIN patient_merge_rows r ON r.merge_id = m.id
        WHERE m.state IN ('proposed', 'merged') AND r.table_name = 'message_channels' AND r.row_id = NEW.id
            AND ((m.merged_id = OLD.patient_id AND m.survivor_id = NEW.patient_id) OR (m.survivor_id = OLD.patient_id AND m.merged_id = NEW.patient_id))))
BEGIN
    SELECT RAISE(ABORT, 'message_channels_fixed');
END;
