-- Staff is kept in pages: who changed a row and when, several departments, languages, the last sign-in, and the guards of what hangs on
-- a member of staff.

ALTER TABLE staff ADD COLUMN created_at TEXT;
ALTER TABLE staff ADD COLUMN created_by BLOB REFERENCES users (id);
ALTER TABLE staff ADD COLUMN updated_at TEXT
    CONSTRAINT staff_practising CHECK (practising_since IS NULL OR updated_at IS NULL
        OR practising_since BETWEEN 1900 AND CAST(substr(updated_at, 1, 4) AS INTEGER));
ALTER TABLE staff ADD COLUMN updated_by BLOB REFERENCES users (id);
ALTER TABLE staff ADD COLUMN version INTEGER NOT NULL DEFAULT 1
    CONSTRAINT staff_biography CHECK (length(biography) <= 4000);
ALTER TABLE departments ADD COLUMN head_id BLOB REFERENCES staff (id);
CREATE INDEX departments_by_head ON departments (head_id) WHERE head_id IS NOT NULL;
ALTER TABLE users ADD COLUMN last_sign_in_at TEXT;
UPDATE users SET last_sign_in_at = (SELECT max(a.at) FROM audit_log a WHERE a.user_id = users.id AND a.action = 'sign_in');

-- The departments of a member of staff; the main one of `staff` is among them.
CREATE TABLE staff_departments (
    staff_id      BLOB NOT NULL REFERENCES staff (id),
    department_id BLOB NOT NULL REFERENCES departments (id),
    PRIMARY KEY (staff_id, department_id)
) STRICT;
CREATE INDEX staff_departments_by_department ON staff_departments (department_id);
INSERT INTO staff_departments (staff_id, department_id) SELECT id, department_id FROM staff WHERE department_id IS NOT NULL;
CREATE TRIGGER staff_main_department_insert AFTER INSERT ON staff WHEN NEW.department_id IS NOT NULL
BEGIN
    INSERT INTO staff_departments (staff_id, department_id) VALUES (NEW.id, NEW.department_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER staff_main_department_update AFTER UPDATE OF department_id ON staff WHEN NEW.department_id IS NOT NULL
BEGIN
    INSERT INTO staff_departments (staff_id, department_id) VALUES (NEW.id, NEW.department_id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER staff_main_department BEFORE DELETE ON staff_departments
WHEN EXISTS (SELECT 1 FROM staff s WHERE s.id = OLD.staff_id AND s.department_id = OLD.department_id)
BEGIN
    SELECT RAISE(ABORT, 'staff_main_department');
END;

-- Languages that a member of staff speaks: tags of BCP 47.
CREATE TABLE staff_languages (
    staff_id BLOB NOT NULL REFERENCES staff (id),
    language TEXT NOT NULL CONSTRAINT staff_languages_tag CHECK (length(language) BETWEEN 2 AND 8),
    PRIMARY KEY (staff_id, language)
) STRICT;

-- Bookings of doctors that have not ended, and encounters that a doctor has not finished, without their patients.
CREATE VIEW doctors_bookings AS SELECT doctor_id, starts_at, ends_at, held_until FROM appointments
WHERE state IN ('held', 'booked', 'checked_in', 'in_consultation');
CREATE VIEW open_encounters AS SELECT doctor_id, clinic_id, started_at FROM encounters WHERE state = 'in_progress' AND doctor_id IS NOT NULL;
CREATE INDEX encounters_open ON encounters (doctor_id) WHERE state = 'in_progress';
CREATE INDEX queue_entries_by_doctor ON queue_entries (doctor_id) WHERE closed_at IS NULL AND doctor_id IS NOT NULL;

-- A member of staff is retired when nothing hangs on the row any more.
CREATE TRIGGER staff_in_use BEFORE UPDATE OF retired_at ON staff
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND (EXISTS (SELECT 1 FROM queue_entries q WHERE q.doctor_id = NEW.id AND q.closed_at IS NULL)
        OR EXISTS (SELECT 1 FROM encounters e WHERE e.doctor_id = NEW.id AND e.state = 'in_progress')
        OR EXISTS (SELECT 1 FROM departments d WHERE d.head_id = NEW.id AND d.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM appointments a WHERE a.doctor_id = NEW.id AND a.ends_at > NEW.retired_at
            AND a.starts_at >= strftime('%Y-%m-%dT%H:%M:%S', NEW.retired_at, '-1 day')
            AND (a.state IN ('booked', 'checked_in', 'in_consultation') OR (a.state = 'held' AND a.held_until > NEW.retired_at))))
BEGIN
    SELECT RAISE(ABORT, 'staff_in_use');
END;
-- Nothing new hangs on a retired member of staff.
CREATE TRIGGER appointments_doctor_open AFTER INSERT ON appointments
WHEN NEW.state IN ('held', 'booked') AND EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.doctor_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'doctor_retired');
END;
CREATE TRIGGER queue_entries_doctor_open AFTER INSERT ON queue_entries
WHEN NEW.closed_at IS NULL AND EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.doctor_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'doctor_retired');
END;
CREATE TRIGGER departments_head_open BEFORE UPDATE OF head_id ON departments
WHEN EXISTS (SELECT 1 FROM staff s WHERE s.id = NEW.head_id AND s.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'doctor_retired');
END;
-- A department keeps its staff: also those for whom it is not the main one.
CREATE TRIGGER departments_staff_in_use BEFORE UPDATE OF retired_at ON departments
WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
    AND EXISTS (SELECT 1 FROM staff_departments k JOIN staff p ON p.id = k.staff_id WHERE k.department_id = NEW.id AND p.retired_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'departments_in_use');
END;
