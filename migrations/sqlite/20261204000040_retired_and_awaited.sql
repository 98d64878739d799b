-- No patient waits for a doctor or a service that is retired, and no ward is left in a retired clinic.
CREATE INDEX waitlist_of_doctor ON waitlist (doctor_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_of_service ON waitlist (service_id) WHERE state IN ('waiting', 'offered');

CREATE TRIGGER staff_awaited BEFORE UPDATE OF retired_at ON staff
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM waitlist w WHERE w.doctor_id = NEW.id AND w.state IN ('waiting', 'offered'))
BEGIN
    SELECT RAISE(ABORT, 'staff_in_use');
END;
CREATE TRIGGER services_awaited BEFORE UPDATE OF retired_at ON services
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM waitlist w WHERE w.service_id = NEW.id AND w.state IN ('waiting', 'offered'))
BEGIN
    SELECT RAISE(ABORT, 'services_in_use');
END;
CREATE TRIGGER clinics_with_wards BEFORE UPDATE OF retired_at ON clinics
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM wards w WHERE w.clinic_id = NEW.id AND w.retired_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'clinics_in_use');
END;
CREATE TRIGGER waitlist_doctor_open AFTER INSERT ON waitlist
WHEN NEW.state = 'waiting' AND EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.doctor_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'doctor_retired');
END;
CREATE TRIGGER waitlist_service_open BEFORE INSERT ON waitlist
WHEN NEW.state = 'waiting' AND EXISTS (SELECT 1 FROM services s WHERE s.id = NEW.service_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'service_retired');
END;
