-- An appointment that is added to a full session of a doctor, with a reason. The session is the stretch of hours that begins at session_at.

ALTER TABLE appointments ADD COLUMN session_at TIMESTAMPTZ;
ALTER TABLE appointments ADD COLUMN overbook_number BIGINT
    CONSTRAINT appointments_overbook_number CHECK (overbook_number BETWEEN 1 AND 10)
    CONSTRAINT appointments_overbook_session CHECK ((session_at IS NULL) = (overbook_number IS NULL));
ALTER TABLE appointments ADD COLUMN overbook_reason TEXT NOT NULL DEFAULT ''
    CONSTRAINT appointments_overbook_reason CHECK (length(overbook_reason) <= 500 AND (session_at IS NULL OR overbook_reason <> ''));
CREATE UNIQUE INDEX appointments_overbooked_once ON appointments (doctor_id, session_at, overbook_number)
    WHERE session_at IS NOT NULL AND state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled');
CREATE FUNCTION appointments_overbook_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.overbook_number > (SELECT c.overbook_limit FROM clinics c WHERE c.id = NEW.clinic_id) THEN
        RAISE EXCEPTION 'appointments_overbook_limit' USING ERRCODE = 'check_violation', CONSTRAINT = 'appointments_overbook_limit';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER appointments_overbook_limit BEFORE INSERT ON appointments FOR EACH ROW
WHEN (NEW.session_at IS NOT NULL) EXECUTE FUNCTION appointments_overbook_limit();
