-- An encounter that is finished takes no change any more: what was ordered while the note was being signed would not be among what is
-- signed. A diagnosis, a prescription or a draft that comes late is refused (encounter_finished). Encounters that came from
-- elsewhere without a note take them at any time.

CREATE TRIGGER diagnoses_encounter_open_insert BEFORE INSERT ON diagnoses
WHEN EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER diagnoses_encounter_open_update BEFORE UPDATE ON diagnoses
WHEN (NEW.code, NEW.description, NEW.certainty, NEW.rank,
        NEW.recorded_at, NEW.recorded_by, NEW.encounter_id, NEW.patient_id, NEW.entered_in_error_at) IS NOT
        (OLD.code, OLD.description, OLD.certainty, OLD.rank,
        OLD.recorded_at, OLD.recorded_by, OLD.encounter_id, OLD.patient_id, OLD.entered_in_error_at)
    AND EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id, NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER diagnoses_encounter_open_delete BEFORE DELETE ON diagnoses
WHEN EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER prescriptions_encounter_open_insert BEFORE INSERT ON prescriptions
WHEN EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER prescriptions_encounter_open_update BEFORE UPDATE ON prescriptions
WHEN (OLD.state = 'draft' OR NEW.state = 'draft' OR (NEW.state = 'entered_in_error' AND OLD.state <> 'entered_in_error')
    OR (NEW.drug_id, NEW.drug, NEW.dose, NEW.route, NEW.frequency, NEW.duration_days, NEW.as_needed,
        NEW.max_per_day, NEW.instructions, NEW.allergy_override, NEW.prescribed_at, NEW.prescribed_by, NEW.encounter_id, NEW.patient_id) IS NOT
        (OLD.drug_id, OLD.drug, OLD.dose, OLD.route, OLD.frequency, OLD.duration_days, OLD.as_needed,
        OLD.max_per_day, OLD.instructions, OLD.allergy_override, OLD.prescribed_at, OLD.prescribed_by, OLD.encounter_id, OLD.patient_id))
    AND EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id, NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER prescriptions_encounter_open_delete BEFORE DELETE ON prescriptions
WHEN EXISTS (SELECT 1 FROM encounters e JOIN notes n ON n.encounter_id = e.id WHERE e.id IN (OLD.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
CREATE TRIGGER notes_encounter_open_insert BEFORE INSERT ON notes
WHEN NEW.state = 'draft'
    AND EXISTS (SELECT 1 FROM encounters e WHERE e.id IN (NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;
-- A new version of the key wraps a draft anew at any time: that is no change of the note.
CREATE TRIGGER notes_encounter_open_update BEFORE UPDATE ON notes
WHEN OLD.state = 'draft'
    AND (NEW.state <> OLD.state OR NEW.version <> OLD.version OR NEW.author_id <> OLD.author_id OR NEW.encounter_id <> OLD.encounter_id)
    AND EXISTS (SELECT 1 FROM encounters e WHERE e.id IN (OLD.encounter_id, NEW.encounter_id) AND e.state <> 'in_progress')
BEGIN
    SELECT RAISE(ABORT, 'encounter_finished');
END;

-- Finishing leaves no draft behind.
CREATE TRIGGER encounters_finish_leaves_no_draft BEFORE UPDATE OF state ON encounters
WHEN NEW.state = 'finished' AND OLD.state <> 'finished' AND (EXISTS (SELECT 1 FROM notes n WHERE n.encounter_id = NEW.id AND n.state = 'draft')
    OR EXISTS (SELECT 1 FROM prescriptions p WHERE p.encounter_id = NEW.id AND p.state = 'draft'))
BEGIN
    SELECT RAISE(ABORT, 'encounters_finish_leaves_no_draft');
END;
