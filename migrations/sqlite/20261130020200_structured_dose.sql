-- The structured dose of a prescription: an exact amount with its unit, and how often it is taken (`times` in `in_days` days). What a prescriber
-- writes in words stays beside it. A dose that is no number with a unit has none, and cannot be checked.
ALTER TABLE prescriptions ADD COLUMN dose_amount TEXT CONSTRAINT prescriptions_dose_amount CHECK (length(dose_amount) BETWEEN 1 AND 16
    AND dose_amount NOT GLOB '*[^0-9.]*' AND dose_amount NOT GLOB '*.*.*' AND dose_amount GLOB '[0-9]*' AND dose_amount NOT GLOB '0[0-9]*'
    AND dose_amount NOT GLOB '*.' AND dose_amount NOT GLOB '*.*0' AND dose_amount <> '0');
ALTER TABLE prescriptions ADD COLUMN dose_unit TEXT CHECK (dose_unit IN ('mg', 'g', 'microgram', 'IU', 'mmol', 'mL', 'L', 'tablet', 'capsule', 'ampoule', 'vial', 'bag', 'syringe', 'sachet',
    'dose', 'patch', 'suppository', 'pessary', 'bottle', 'tube'))
    CONSTRAINT prescriptions_dose_whole CHECK ((dose_amount IS NULL) = (dose_unit IS NULL));
ALTER TABLE prescriptions ADD COLUMN times INTEGER CONSTRAINT prescriptions_times CHECK (times BETWEEN 1 AND 48);
ALTER TABLE prescriptions ADD COLUMN in_days INTEGER CONSTRAINT prescriptions_in_days CHECK (in_days BETWEEN 1 AND 31)
    CONSTRAINT prescriptions_often_whole CHECK ((times IS NULL) = (in_days IS NULL));

-- Format 3 of the bytes that a signature covers (src/clinical/signatures): with the structured dose. Signatures of the formats before stay.
ALTER TABLE note_signatures ADD COLUMN new_format INTEGER NOT NULL DEFAULT 1 CHECK (new_format IN (1, 2, 3));
-- No signature changes otherwise.
DROP TRIGGER note_signatures_frozen;
UPDATE note_signatures SET new_format = format;
CREATE TRIGGER note_signatures_frozen BEFORE UPDATE ON note_signatures
BEGIN
    SELECT RAISE(ABORT, 'note_signatures_frozen');
END;
ALTER TABLE note_signatures DROP COLUMN format;
ALTER TABLE note_signatures RENAME COLUMN new_format TO format;

-- A finished encounter keeps the structured dose too.
DROP TRIGGER prescriptions_encounter_open_update;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions
WHEN (NEW.state = 'draft' OR (OLD.state = 'draft' AND NEW.state <> 'entered_in_error')
    OR (NEW.state = 'entered_in_error' AND OLD.state NOT IN ('entered_in_error', 'draft'))
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed, NEW.answered,
        NEW.dose_amount, NEW.dose_unit, NEW.times, NEW.in_days,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS NOT
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed, OLD.answered,
        OLD.dose_amount, OLD.dose_unit, OLD.times, OLD.in_days,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
    AND EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id, NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
