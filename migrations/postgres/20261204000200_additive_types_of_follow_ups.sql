-- The visit type of a follow-up; none where any type will do.
ALTER TABLE follow_ups ADD COLUMN visit_type_id UUID REFERENCES visit_types (id);
DROP TRIGGER follow_ups_frozen ON follow_ups;
CREATE TRIGGER follow_ups_frozen BEFORE UPDATE ON follow_ups FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.admission_id, NEW.service_id, NEW.doctor_id, NEW.visit_type_id, NEW.weeks, NEW.due_on, NEW.until_on, NEW.proposed_at, NEW.proposed_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.admission_id, OLD.service_id, OLD.doctor_id, OLD.visit_type_id, OLD.weeks, OLD.due_on, OLD.until_on, OLD.proposed_at, OLD.proposed_by) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR (OLD.appointment_id IS NOT NULL AND NEW.appointment_id <> OLD.appointment_id))
EXECUTE FUNCTION row_fixed('follow_ups_frozen');
