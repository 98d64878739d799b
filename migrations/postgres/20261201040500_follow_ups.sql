-- A follow-up that a doctor proposes: it stands until somebody books it, declines it, or its time is over.

CREATE TABLE follow_ups (
    -- Made with the form.
    id            UUID PRIMARY KEY NOT NULL,
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The stay that it follows; none after a visit.
    admission_id  UUID REFERENCES admissions (id),
    service_id    UUID NOT NULL REFERENCES services (id),
    doctor_id     UUID REFERENCES staff (id),
    weeks         BIGINT NOT NULL CHECK (weeks BETWEEN 0 AND 104),
    due_on        DATE NOT NULL,
    -- The last day on which it can be booked.
    until_on      DATE NOT NULL,
    -- The reason, as the patient reads it.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    state         TEXT NOT NULL CHECK (state IN ('proposed', 'booked', 'declined', 'expired')),
    proposed_at   TIMESTAMPTZ NOT NULL,
    proposed_by   UUID NOT NULL REFERENCES users (id),
    settled_at    TIMESTAMPTZ,
    settled_by    UUID REFERENCES users (id),
    appointment_id UUID CONSTRAINT follow_ups_one_booking UNIQUE REFERENCES appointments (id),
    CONSTRAINT follow_ups_times CHECK (until_on > due_on AND (settled_at IS NULL OR settled_at >= proposed_at)),
    CONSTRAINT follow_ups_settled CHECK ((state = 'proposed') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)),
    CONSTRAINT follow_ups_booked CHECK ((state = 'booked') = (appointment_id IS NOT NULL))
);
CREATE INDEX follow_ups_open ON follow_ups (clinic_id, due_on) WHERE state = 'proposed';
CREATE INDEX follow_ups_ending ON follow_ups (until_on) WHERE state = 'proposed';
CREATE INDEX follow_ups_by_patient ON follow_ups (patient_id, due_on);
CREATE INDEX follow_ups_by_admission ON follow_ups (admission_id) WHERE admission_id IS NOT NULL;
-- The appointment is of the same patient and service. The function reads as its owner.
CREATE FUNCTION follow_ups_same_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.appointment_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.id = NEW.appointment_id AND a.patient_id = NEW.patient_id
    AND a.service_id = NEW.service_id) THEN
        PERFORM refuse('follow_ups_same_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follow_ups_same_patient BEFORE UPDATE ON follow_ups FOR EACH ROW EXECUTE FUNCTION follow_ups_same_patient();
CREATE FUNCTION follow_ups_start() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.state <> 'proposed' OR NEW.appointment_id IS NOT NULL THEN
        PERFORM refuse('follow_ups_moves');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follow_ups_start BEFORE INSERT ON follow_ups FOR EACH ROW EXECUTE FUNCTION follow_ups_start();
-- A follow-up is settled once. The function reads as its owner.
CREATE FUNCTION follow_ups_moves() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.state <> 'proposed' AND (NEW.state, NEW.settled_at, NEW.settled_by) IS DISTINCT FROM (OLD.state, OLD.settled_at, OLD.settled_by) THEN
        PERFORM refuse('follow_ups_moves');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER follow_ups_moves BEFORE UPDATE ON follow_ups FOR EACH ROW EXECUTE FUNCTION follow_ups_moves();
CREATE TRIGGER follow_ups_frozen BEFORE UPDATE ON follow_ups FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.admission_id, NEW.service_id, NEW.doctor_id, NEW.weeks, NEW.due_on, NEW.until_on, NEW.proposed_at, NEW.proposed_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.admission_id, OLD.service_id, OLD.doctor_id, OLD.weeks, OLD.due_on, OLD.until_on, OLD.proposed_at, OLD.proposed_by) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR (OLD.appointment_id IS NOT NULL AND NEW.appointment_id <> OLD.appointment_id))
EXECUTE FUNCTION row_fixed('follow_ups_frozen');
CREATE TRIGGER follow_ups_kept BEFORE DELETE ON follow_ups FOR EACH ROW EXECUTE FUNCTION row_fixed('follow_ups_frozen');
CREATE TRIGGER follow_ups_key_open_insert AFTER INSERT ON follow_ups REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER follow_ups_key_open_update BEFORE UPDATE OF sealed ON follow_ups FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['follow_ups']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON follow_ups FROM infirmary_app;
