-- The state before the last step: the undo of a move or of a cancellation leads back to it.
ALTER TABLE appointments ADD COLUMN state_before TEXT CHECK (state_before IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled',
    'cancelled', 'no_show', 'rescheduled', 'entered_in_error'));

-- An appointment that is booked again by an undo meets the same guards as a new booking.
CREATE TRIGGER appointments_service_open_again BEFORE UPDATE OF state ON appointments
WHEN OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked'
    AND EXISTS (SELECT 1 FROM services s WHERE s.id = NEW.service_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'service_retired');
END;
CREATE TRIGGER appointments_doctor_open_again AFTER UPDATE OF state ON appointments
WHEN OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked'
    AND EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.doctor_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'doctor_retired');
END;
CREATE TRIGGER appointments_patient_alive_again BEFORE UPDATE OF state ON appointments
WHEN OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked'
    AND EXISTS (SELECT 1 FROM patients p WHERE p.id = NEW.patient_id AND p.deceased_on < substr(NEW.starts_at, 1, 10))
BEGIN
    SELECT RAISE(ABORT, 'appointments_patient_alive');
END;

-- A message about what was undone does not leave any more.
CREATE TRIGGER messages_follow_undone AFTER UPDATE OF state ON appointments
WHEN (OLD.state IN ('cancelled', 'rescheduled') AND NEW.state IN ('booked', 'no_show')) OR (OLD.state = 'booked' AND NEW.state = 'entered_in_error')
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed')
        AND CASE WHEN NEW.state = 'entered_in_error' THEN kind IN ('booked', 'moved') ELSE kind = 'cancelled' END;
END;
