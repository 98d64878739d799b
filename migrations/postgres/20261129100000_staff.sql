-- Staff is kept in pages: who changed a row and when, several departments, languages, the last sign-in, and the guards of what hangs on
-- a member of staff.

ALTER TABLE staff ADD COLUMN created_at TIMESTAMPTZ, ADD COLUMN created_by UUID REFERENCES users (id),
    ADD COLUMN updated_at TIMESTAMPTZ, ADD COLUMN updated_by UUID REFERENCES users (id), ADD COLUMN version BIGINT NOT NULL DEFAULT 1,
    ADD CONSTRAINT staff_practising CHECK (practising_since IS NULL OR updated_at IS NULL
        OR practising_since BETWEEN 1900 AND date_part('year', updated_at AT TIME ZONE 'UTC')::bigint),
    ADD CONSTRAINT staff_biography CHECK (length(biography) <= 4000);
ALTER TABLE departments ADD COLUMN head_id UUID REFERENCES staff (id);
CREATE INDEX departments_by_head ON departments (head_id) WHERE head_id IS NOT NULL;
ALTER TABLE users ADD COLUMN last_sign_in_at TIMESTAMPTZ;
UPDATE users SET last_sign_in_at = (SELECT max(a.at) FROM audit_log a WHERE a.user_id = users.id AND a.action = 'sign_in');

-- The departments of a member of staff; the main one of `staff` is among them.
CREATE TABLE staff_departments (
    staff_id      UUID NOT NULL REFERENCES staff (id),
    department_id UUID NOT NULL REFERENCES departments (id),
    PRIMARY KEY (staff_id, department_id)
);
CREATE INDEX staff_departments_by_department ON staff_departments (department_id);
INSERT INTO staff_departments (staff_id, department_id) SELECT id, department_id FROM staff WHERE department_id IS NOT NULL;
CREATE FUNCTION staff_main_department() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO staff_departments (staff_id, department_id) VALUES (NEW.id, NEW.department_id) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;
CREATE TRIGGER staff_main_department_insert AFTER INSERT ON staff FOR EACH ROW
WHEN (NEW.department_id IS NOT NULL) EXECUTE FUNCTION staff_main_department();
CREATE TRIGGER staff_main_department_update AFTER UPDATE OF department_id ON staff FOR EACH ROW
WHEN (NEW.department_id IS NOT NULL) EXECUTE FUNCTION staff_main_department();
CREATE FUNCTION staff_departments_keep_main() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff s WHERE s.id = OLD.staff_id AND s.department_id = OLD.department_id) THEN
        PERFORM refuse('staff_main_department');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER staff_main_department BEFORE DELETE ON staff_departments FOR EACH ROW EXECUTE FUNCTION staff_departments_keep_main();

-- Languages that a member of staff speaks: tags of BCP 47.
CREATE TABLE staff_languages (
    staff_id UUID NOT NULL REFERENCES staff (id),
    language TEXT NOT NULL CONSTRAINT staff_languages_tag CHECK (length(language) BETWEEN 2 AND 8),
    PRIMARY KEY (staff_id, language)
);

-- Bookings of doctors that have not ended, and encounters that a doctor has not finished, without their patients: read with the owner's rights.
CREATE VIEW doctors_bookings AS SELECT doctor_id, starts_at, ends_at, held_until FROM appointments
WHERE state IN ('held', 'booked', 'checked_in', 'in_consultation');
CREATE VIEW open_encounters AS SELECT doctor_id, clinic_id, started_at FROM encounters WHERE state = 'in_progress' AND doctor_id IS NOT NULL;
REVOKE INSERT, UPDATE, DELETE ON open_encounters, doctors_bookings FROM infirmary_app;
CREATE INDEX encounters_open ON encounters (doctor_id) WHERE state = 'in_progress';
CREATE INDEX queue_entries_by_doctor ON queue_entries (doctor_id) WHERE closed_at IS NULL AND doctor_id IS NOT NULL;

-- A member of staff is retired when nothing hangs on the row any more. Each row that refers to it holds a key lock on it until its
-- transaction ends (the foreign key takes it); FOR UPDATE waits for those, and they wait for it: one of the two sees the other.
CREATE FUNCTION staff_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM staff s WHERE s.id = NEW.id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM queue_entries q WHERE q.doctor_id = NEW.id AND q.closed_at IS NULL)
        OR EXISTS (SELECT 1 FROM encounters e WHERE e.doctor_id = NEW.id AND e.state = 'in_progress')
        OR EXISTS (SELECT 1 FROM departments d WHERE d.head_id = NEW.id AND d.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM appointments a WHERE a.doctor_id = NEW.id AND a.ends_at > NEW.retired_at
            AND a.starts_at >= NEW.retired_at - INTERVAL '1 day'
            AND (a.state IN ('booked', 'checked_in', 'in_consultation') OR (a.state = 'held' AND a.held_until > NEW.retired_at))) THEN
        PERFORM refuse('staff_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER staff_in_use BEFORE UPDATE OF retired_at ON staff FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION staff_in_use();

-- Nothing new hangs on a retired member of staff. The triggers run after the one of the foreign key (its name comes first), which has the
-- key lock.
CREATE FUNCTION doctor_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.doctor_id AND s.retired_at IS NOT NULL) THEN
        PERFORM refuse('doctor_retired');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER appointments_doctor_open AFTER INSERT ON appointments FOR EACH ROW
WHEN (NEW.state IN ('held', 'booked')) EXECUTE FUNCTION doctor_open();
CREATE TRIGGER queue_entries_doctor_open AFTER INSERT ON queue_entries FOR EACH ROW
WHEN (NEW.closed_at IS NULL AND NEW.doctor_id IS NOT NULL) EXECUTE FUNCTION doctor_open();
CREATE FUNCTION departments_head_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.head_id AND s.retired_at IS NOT NULL) THEN
        PERFORM refuse('doctor_retired');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER departments_head_open AFTER UPDATE OF head_id ON departments FOR EACH ROW
WHEN (NEW.head_id IS NOT NULL) EXECUTE FUNCTION departments_head_open();
-- A department keeps its staff: also those for whom it is not the main one.
CREATE FUNCTION departments_staff_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM staff_departments k JOIN staff p ON p.id = k.staff_id WHERE k.department_id = NEW.id AND p.retired_at IS NULL) THEN
        PERFORM refuse('departments_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER departments_staff_in_use BEFORE UPDATE OF retired_at ON departments FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION departments_staff_in_use();
