-- The warnings that the reason of a prescription answers: allergies and prescriptions by id, with spaces between. Signing asks about those that
-- came after the prescription was written.
ALTER TABLE prescriptions ADD COLUMN answered TEXT NOT NULL DEFAULT '' CHECK (length(answered) <= 20000);

-- A draft that an older program left on a finished encounter can be struck out; nothing else of it changes.
DROP TRIGGER prescriptions_encounter_open_update ON prescriptions;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions FOR EACH ROW
WHEN (NEW.state = 'draft' OR (OLD.state = 'draft' AND NEW.state <> 'entered_in_error')
    OR (NEW.state = 'entered_in_error' AND OLD.state NOT IN ('entered_in_error', 'draft'))
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed, NEW.answered,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS DISTINCT FROM
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed, OLD.answered,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
EXECUTE FUNCTION refuse_after_finish();
