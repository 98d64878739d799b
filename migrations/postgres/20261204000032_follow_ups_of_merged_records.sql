-- The appointment of a follow-up is of the same patient and service: a record that was merged is the patient of the surviving one. The
-- function reads as its owner.
CREATE OR REPLACE FUNCTION follow_ups_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id
        AND a.service_id = NEW.service_id AND (a.patient_id = NEW.patient_id OR EXISTS (SELECT 1 FROM patient_merges m
            WHERE m.merged_id = NEW.patient_id AND m.survivor_id = a.patient_id AND m.state = 'merged'))) THEN
        PERFORM refuse('follow_ups_same_patient');
    END IF;
    RETURN NEW;
END $$;
