-- The appointment of a follow-up is of the same patient and service: a record that was merged is the patient of the surviving one.
DROP TRIGGER follow_ups_same_patient;
CREATE TRIGGER follow_ups_same_patient BEFORE UPDATE ON follow_ups
WHEN NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.service_id = NEW.service_id
    AND (a.patient_id = NEW.patient_id OR EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id
        AND m.survivor_id = a.patient_id AND m.state = 'merged')))
BEGIN
    SELECT RAISE(ABORT, 'follow_ups_same_patient');
END;
