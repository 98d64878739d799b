-- The structured dose of a prescription: an exact amount with its unit, and how often it is taken (`times` in `in_days` days). What a prescriber
-- writes in words stays beside it. A dose that is no number with a unit has none, and cannot be checked.
ALTER TABLE prescriptions
    ADD COLUMN dose_amount TEXT CONSTRAINT prescriptions_dose_amount CHECK (dose_amount ~ '^(0|[1-9][0-9]*)([.][0-9]*[1-9])?$'
        AND length(dose_amount) <= 16 AND dose_amount <> '0'),
    ADD COLUMN dose_unit TEXT CHECK (dose_unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet', 'capsule', 'ampoule', 'vial', 'bag', 'syringe', 'sachet',
    'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube')),
    ADD COLUMN times BIGINT CONSTRAINT prescriptions_times CHECK (times BETWEEN 1 AND 48),
    ADD COLUMN in_days BIGINT CONSTRAINT prescriptions_in_days CHECK (in_days BETWEEN 1 AND 31),
    ADD CONSTRAINT prescriptions_dose_whole CHECK ((dose_amount IS NULL) = (dose_unit IS NULL)),
    ADD CONSTRAINT prescriptions_often_whole CHECK ((times IS NULL) = (in_days IS NULL));

-- Format 3 of the bytes that a signature covers (src/clinical/signatures): with the structured dose. Signatures of the formats before stay.
ALTER TABLE note_signatures DROP CONSTRAINT note_signatures_format_check;
ALTER TABLE note_signatures ADD CONSTRAINT note_signatures_format_check CHECK (format IN (1, 2, 3));

-- A finished encounter keeps the structured dose too.
DROP TRIGGER prescriptions_encounter_open_update ON prescriptions;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions FOR EACH ROW
WHEN (NEW.state = 'draft' OR (OLD.state = 'draft' AND NEW.state <> 'entered_in_error')
    OR (NEW.state = 'entered_in_error' AND OLD.state NOT IN ('entered_in_error', 'draft'))
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed, NEW.answered,
        NEW.dose_amount, NEW.dose_unit, NEW.times, NEW.in_days,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS DISTINCT FROM
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed, OLD.answered,
        OLD.dose_amount, OLD.dose_unit, OLD.times, OLD.in_days,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
EXECUTE FUNCTION refuse_after_finish();
