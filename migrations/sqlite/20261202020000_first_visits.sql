-- Requests for a first appointment, sent from the public page by people who have no record yet. The desk answers them, or books.
CREATE TABLE first_visits (
    id             BLOB PRIMARY KEY NOT NULL,
    clinic_id      BLOB NOT NULL REFERENCES clinics (id),
    specialty_id   BLOB REFERENCES specialties (id),
    doctor_id      BLOB REFERENCES staff (id),
    -- The language in which the person reads the answer.
    language       TEXT NOT NULL CHECK (language IN ('en', 'es')),
    suits          TEXT NOT NULL CHECK (suits IN ('any', 'morning', 'afternoon')),
    -- Name, birth date, phone, e-mail, reason, and the answer.
    sealed         BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 12000),
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'answered', 'booked', 'refused')),
    asked_at       TEXT NOT NULL,
    decided_at     TEXT,
    decided_by     BLOB REFERENCES users (id),
    appointment_id BLOB REFERENCES appointments (id),
    CONSTRAINT first_visits_decided CHECK ((state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT first_visits_booked CHECK ((state = 'booked') = (appointment_id IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX first_visits_once ON first_visits (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX first_visits_open ON first_visits (clinic_id, asked_at) WHERE state IN ('waiting', 'answered');
CREATE INDEX first_visits_by_clinic ON first_visits (clinic_id, asked_at);
CREATE INDEX first_visits_by_specialty ON first_visits (specialty_id) WHERE specialty_id IS NOT NULL;
CREATE INDEX first_visits_by_doctor ON first_visits (doctor_id) WHERE doctor_id IS NOT NULL;
CREATE INDEX first_visits_done ON first_visits (decided_at) WHERE state IN ('booked', 'refused');
-- The request stays what was sent, and its end stays.
CREATE TRIGGER first_visits_fixed BEFORE UPDATE ON first_visits
WHEN (NEW.id, NEW.clinic_id, NEW.specialty_id, NEW.doctor_id, NEW.language, NEW.suits, NEW.asked_at)
    IS NOT (OLD.id, OLD.clinic_id, OLD.specialty_id, OLD.doctor_id, OLD.language, OLD.suits, OLD.asked_at)
    OR (OLD.state IN ('booked', 'refused')
        AND (NEW.state, NEW.decided_at, NEW.decided_by, NEW.appointment_id) IS NOT (OLD.state, OLD.decided_at, OLD.decided_by, OLD.appointment_id))
    OR (OLD.state = 'answered' AND NEW.state = 'waiting')
BEGIN
    SELECT RAISE(ABORT, 'first_visits_fixed');
END;
-- An open request is not deleted.
CREATE TRIGGER first_visits_kept BEFORE DELETE ON first_visits WHEN OLD.state IN ('waiting', 'answered')
BEGIN
    SELECT RAISE(ABORT, 'first_visits_kept');
END;
CREATE TRIGGER first_visits_same_clinic BEFORE UPDATE ON first_visits
WHEN NEW.appointment_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'first_visits_same_clinic');
END;
CREATE TRIGGER first_visits_key_open_insert BEFORE INSERT ON first_visits
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER first_visits_key_open_update BEFORE UPDATE OF sealed ON first_visits WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
