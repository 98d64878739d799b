-- The prescriber's reason for which the pharmacy hands out the prescribed medicine and no other; empty where another one may be handed out.
ALTER TABLE prescriptions ADD COLUMN no_substitution TEXT NOT NULL DEFAULT '' CHECK (length(no_substitution) <= 200);

-- Format 4 of the bytes that a signature covers (src/clinical/signatures): with this reason. Signatures of the formats before stay.
ALTER TABLE note_signatures DROP CONSTRAINT note_signatures_format_check;
ALTER TABLE note_signatures ADD CONSTRAINT note_signatures_format_check CHECK (format IN (1, 2, 3, 4));

-- A finished encounter keeps the reason too.
DROP TRIGGER prescriptions_encounter_open_update ON prescriptions;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions FOR EACH ROW
WHEN (NEW.state = 'draft' OR (OLD.state = 'draft' AND NEW.state <> 'entered_in_error')
    OR (NEW.state = 'entered_in_error' AND OLD.state NOT IN ('entered_in_error', 'draft'))
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed, NEW.answered,
        NEW.dose_amount, NEW.dose_unit, NEW.times, NEW.in_days, NEW.no_substitution,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS DISTINCT FROM
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed, OLD.answered,
        OLD.dose_amount, OLD.dose_unit, OLD.times, OLD.in_days, OLD.no_substitution,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
EXECUTE FUNCTION refuse_after_finish();

-- The supply of such a prescription is never a substitute.
CREATE FUNCTION supplies_no_substitution() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM prescriptions p WHERE p.id = NEW.id AND p.no_substitution <> '') THEN
        PERFORM refuse('supplies_no_substitution');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplies_no_substitution BEFORE UPDATE ON supplies FOR EACH ROW
WHEN (NEW.substitute_for <> '') EXECUTE FUNCTION supplies_no_substitution();
