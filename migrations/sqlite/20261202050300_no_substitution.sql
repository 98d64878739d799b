-- The prescriber's reason for which the pharmacy hands out the prescribed medicine and no other; empty where another one may be handed out.
ALTER TABLE prescriptions ADD COLUMN no_substitution TEXT NOT NULL DEFAULT '' CHECK (length(no_substitution) <= 200);

-- Format 4 of the bytes that a signature covers (src/clinical/signatures): with this reason. Signatures of the formats before stay.
ALTER TABLE note_signatures ADD COLUMN new_format INTEGER NOT NULL DEFAULT 1 CHECK (new_format IN (1, 2, 3, 4));
DROP TRIGGER note_signatures_frozen;
UPDATE note_signatures SET new_format = format;
CREATE TRIGGER note_signatures_frozen BEFORE UPDATE ON note_signatures
BEGIN
    SELECT RAISE(ABORT, 'note_signatures_frozen');
END;
ALTER TABLE note_signatures DROP COLUMN format;
ALTER TABLE note_signatures RENAME COLUMN new_format TO format;

-- A finished encounter keeps the reason too.
DROP TRIGGER prescriptions_encounter_open_update;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions
WHEN (NEW.state = 'draft' OR (OLD.state = 'draft' AND NEW.state <> 'entered_in_error')
    OR (NEW.state = 'entered_in_error' AND OLD.state NOT IN ('entered_in_error', 'draft'))
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed, NEW.answered,
        NEW.dose_amount, NEW.dose_unit, NEW.times, NEW.in_days, NEW.no_substitution,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS NOT
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed, OLD.answered,
        OLD.dose_amount, OLD.dose_unit, OLD.times, OLD.in_days, OLD.no_substitution,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
    AND EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id, NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;

-- The supply of such a prescription is never a substitute.
CREATE TRIGGER supplies_no_substitution BEFORE UPDATE ON supplies
WHEN NEW.substitute_for <> '' AND EXISTS (SELECT 1 FROM prescriptions p WHERE p.id = NEW.id AND p.no_substitution <> '')
BEGIN
    SELECT RAISE(ABORT, 'supplies_no_substitution');
END;
