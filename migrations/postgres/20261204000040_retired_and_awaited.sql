-- No patient waits for a doctor or a service that is retired, and no ward is left in a retired clinic.
CREATE INDEX waitlist_of_doctor ON waitlist (doctor_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_of_service ON waitlist (service_id) WHERE state IN ('waiting', 'offered');

CREATE FUNCTION staff_awaited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- Waits for the wishes that are being written, as staff_in_use does for bookings.
    PERFORM 1 FROM staff s WHERE s.id = NEW.id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM waitlist w WHERE w.doctor_id = NEW.id AND w.state IN ('waiting', 'offered')) THEN
        PERFORM refuse('staff_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_awaited BEFORE UPDATE OF retired_at ON staff FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION staff_awaited();
CREATE FUNCTION services_awaited() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM waitlist w WHERE w.service_id = NEW.id AND w.state IN ('waiting', 'offered')) THEN
        PERFORM refuse('services_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER services_awaited BEFORE UPDATE OF retired_at ON services FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION services_awaited();
CREATE FUNCTION clinics_with_wards() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM wards w WHERE w.clinic_id = NEW.id AND w.retired_at IS NULL) THEN
        PERFORM refuse('clinics_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER clinics_with_wards BEFORE UPDATE OF retired_at ON clinics FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION clinics_with_wards();
CREATE TRIGGER waitlist_doctor_open AFTER INSERT ON waitlist FOR EACH ROW
WHEN (NEW.state = 'waiting' AND NEW.doctor_id IS NOT NULL) EXECUTE FUNCTION doctor_open();
CREATE TRIGGER waitlist_service_open BEFORE INSERT ON waitlist FOR EACH ROW
WHEN (NEW.state = 'waiting') EXECUTE FUNCTION service_open();
