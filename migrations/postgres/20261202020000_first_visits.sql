-- Requests for a first appointment, sent from the public page by people who have no record yet. The desk answers them, or books.
CREATE TABLE first_visits (
    id             UUID PRIMARY KEY NOT NULL,
    clinic_id      UUID NOT NULL REFERENCES clinics (id),
    specialty_id   UUID REFERENCES specialties (id),
    doctor_id      UUID REFERENCES staff (id),
    -- The language in which the person reads the answer.
    language       TEXT NOT NULL CHECK (language IN ('en', 'es')),
    suits          TEXT NOT NULL CHECK (suits IN ('any', 'morning', 'afternoon')),
    -- Name, birth date, phone, e-mail, reason, and the answer.
    sealed         BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 12000),
    state          TEXT NOT NULL CHECK (state IN ('waiting', 'answered', 'booked', 'refused')),
    asked_at       TIMESTAMPTZ NOT NULL,
    decided_at     TIMESTAMPTZ,
    decided_by     UUID REFERENCES users (id),
    appointment_id UUID REFERENCES appointments (id),
    CONSTRAINT first_visits_decided CHECK ((state = 'waiting') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT first_visits_booked CHECK ((state = 'booked') = (appointment_id IS NOT NULL))
);
CREATE UNIQUE INDEX first_visits_once ON first_visits (appointment_id) WHERE appointment_id IS NOT NULL;
CREATE INDEX first_visits_open ON first_visits (clinic_id, asked_at) WHERE state IN ('waiting', 'answered');
CREATE INDEX first_visits_by_clinic ON first_visits (clinic_id, asked_at);
CREATE INDEX first_visits_by_specialty ON first_visits (specialty_id) WHERE specialty_id IS NOT NULL;
CREATE INDEX first_visits_by_doctor ON first_visits (doctor_id) WHERE doctor_id IS NOT NULL;
CREATE INDEX first_visits_done ON first_visits (decided_at) WHERE state IN ('booked', 'refused');
-- The request stays what was sent, and its end stays.
CREATE TRIGGER first_visits_fixed BEFORE UPDATE ON first_visits FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id, NEW.specialty_id, NEW.doctor_id, NEW.language, NEW.suits, NEW.asked_at)
    IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.specialty_id, OLD.doctor_id, OLD.language, OLD.suits, OLD.asked_at)
    OR (OLD.state IN ('booked', 'refused')
        AND (NEW.state, NEW.decided_at, NEW.decided_by, NEW.appointment_id)
            IS DISTINCT FROM (OLD.state, OLD.decided_at, OLD.decided_by, OLD.appointment_id))
    OR (OLD.state = 'answered' AND NEW.state = 'waiting'))
EXECUTE FUNCTION row_fixed('first_visits_fixed');
-- An open request is not deleted.
CREATE TRIGGER first_visits_kept BEFORE DELETE ON first_visits FOR EACH ROW
WHEN (OLD.state IN ('waiting', 'answered')) EXECUTE FUNCTION row_fixed('first_visits_kept');
CREATE FUNCTION first_visits_same_clinic() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.appointment_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('first_visits_same_clinic');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER first_visits_same_clinic BEFORE UPDATE ON first_visits FOR EACH ROW EXECUTE FUNCTION first_visits_same_clinic();
CREATE TRIGGER first_visits_key_open_insert AFTER INSERT ON first_visits REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER first_visits_key_open_update BEFORE UPDATE OF sealed ON first_visits
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
-- The staff of the clinic reads and decides on its requests. The public page writes without a reader.
ALTER TABLE first_visits ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON first_visits USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]))
    WITH CHECK (clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
REVOKE INSERT, DELETE, TRUNCATE ON first_visits FROM infirmary_app;
