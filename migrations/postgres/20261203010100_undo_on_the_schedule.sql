-- The state before the last step: the undo of a move or of a cancellation leads back to it.
ALTER TABLE appointments ADD COLUMN state_before TEXT CHECK (state_before IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled',
    'cancelled', 'no_show', 'rescheduled', 'entered_in_error'));

-- An appointment that is booked again by an undo meets the same guards as a new booking.
CREATE TRIGGER appointments_service_open_again BEFORE UPDATE OF state ON appointments FOR EACH ROW
WHEN (OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked') EXECUTE FUNCTION service_open();
CREATE TRIGGER appointments_doctor_open_again AFTER UPDATE OF state ON appointments FOR EACH ROW
WHEN (OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked') EXECUTE FUNCTION doctor_open();
CREATE TRIGGER appointments_patient_alive_again BEFORE UPDATE OF state ON appointments FOR EACH ROW
WHEN (OLD.state IN ('cancelled', 'rescheduled') AND NEW.state = 'booked') EXECUTE FUNCTION appointments_patient_alive();

-- A message about what was undone does not leave any more.
CREATE FUNCTION messages_follow_undone() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed')
        AND CASE WHEN NEW.state = 'entered_in_error' THEN kind IN ('booked', 'moved') ELSE kind = 'cancelled' END;
    RETURN NULL;
END $$;
CREATE TRIGGER messages_follow_undone AFTER UPDATE OF state ON appointments FOR EACH ROW
WHEN ((OLD.state IN ('cancelled', 'rescheduled') AND NEW.state IN ('booked', 'no_show')) OR (OLD.state = 'booked' AND NEW.state = 'entered_in_error'))
EXECUTE FUNCTION messages_follow_undone();
