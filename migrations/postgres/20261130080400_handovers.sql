-- Which nurse has which patient in a shift, and the handover from shift to shift.

CREATE TABLE nursing_allocations (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- None: the nurse gave the patient back.
    nurse_id      UUID REFERENCES users (id),
    -- The day on which the shift begins.
    day           DATE NOT NULL,
    shift         TEXT NOT NULL CHECK (shift IN ('day', 'night')),
    set_at        TIMESTAMPTZ NOT NULL,
    set_by        UUID NOT NULL REFERENCES users (id),
    CONSTRAINT allocations_once UNIQUE (admission_id, day, shift)
);
CREATE INDEX nursing_allocations_by_patient ON nursing_allocations (patient_id);

CREATE TABLE handovers (
    id            UUID PRIMARY KEY NOT NULL,
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    ward_id       UUID NOT NULL REFERENCES wards (id),
    -- The shift that ends.
    day           DATE NOT NULL,
    shift         TEXT NOT NULL CHECK (shift IN ('day', 'night')),
    state         TEXT NOT NULL CHECK (state IN ('preparing', 'offered', 'taken')),
    created_at    TIMESTAMPTZ NOT NULL,
    created_by    UUID NOT NULL REFERENCES users (id),
    offered_at    TIMESTAMPTZ,
    offered_by    UUID REFERENCES users (id),
    taken_at      TIMESTAMPTZ,
    taken_by      UUID REFERENCES users (id),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT handovers_once UNIQUE (ward_id, day, shift),
    CONSTRAINT handovers_times CHECK ((state = 'preparing') = (offered_at IS NULL) AND (offered_at IS NULL) = (offered_by IS NULL)
        AND (state = 'taken') = (taken_at IS NOT NULL) AND (taken_at IS NULL) = (taken_by IS NULL)
        AND (offered_at IS NULL OR offered_at >= created_at) AND (taken_at IS NULL OR taken_at >= offered_at)),
    CONSTRAINT handovers_two_people CHECK (taken_by IS NULL OR taken_by <> offered_by)
);

-- The line of a patient: situation, background, assessment, recommendation. A changed line is another version.
CREATE TABLE handover_notes (
    id            UUID PRIMARY KEY NOT NULL,
    handover_id   UUID NOT NULL REFERENCES handovers (id),
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    version       BIGINT NOT NULL CHECK (version >= 1),
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    written_at    TIMESTAMPTZ NOT NULL,
    written_by    UUID NOT NULL REFERENCES users (id),
    superseded_at TIMESTAMPTZ,
    CONSTRAINT handover_notes_versions UNIQUE (handover_id, admission_id, version)
);
CREATE UNIQUE INDEX handover_notes_once ON handover_notes (handover_id, admission_id) WHERE superseded_at IS NULL;
CREATE INDEX handover_notes_latest ON handover_notes (admission_id, written_at) WHERE superseded_at IS NULL;
CREATE INDEX handover_notes_by_patient ON handover_notes (patient_id);

-- The functions read as their owner.
CREATE FUNCTION nursing_allocations_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.set_at AND (a.state = 'admitted' OR a.left_at >= NEW.set_at)) THEN
        PERFORM refuse('nursing_allocations_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nursing_allocations_of_stay BEFORE INSERT ON nursing_allocations FOR EACH ROW EXECUTE FUNCTION nursing_allocations_of_stay();
CREATE TRIGGER nursing_allocations_frozen BEFORE UPDATE ON nursing_allocations FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.day, NEW.shift)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.day, OLD.shift))
EXECUTE FUNCTION row_fixed('allocations_frozen');
CREATE TRIGGER nursing_allocations_kept BEFORE DELETE ON nursing_allocations FOR EACH ROW EXECUTE FUNCTION row_fixed('allocations_frozen');
CREATE TRIGGER handovers_moves BEFORE UPDATE ON handovers FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR NOT ((OLD.state = 'preparing' AND NEW.state = 'offered') OR (OLD.state = 'offered' AND NEW.state IN ('preparing', 'taken')))) EXECUTE FUNCTION row_fixed('handovers_moves');
CREATE TRIGGER handovers_frozen BEFORE UPDATE ON handovers FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id, NEW.ward_id, NEW.day, NEW.shift, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.ward_id, OLD.day, OLD.shift, OLD.created_at, OLD.created_by) OR OLD.state = 'taken')
EXECUTE FUNCTION row_fixed('handovers_frozen');
CREATE TRIGGER handovers_kept BEFORE DELETE ON handovers FOR EACH ROW EXECUTE FUNCTION row_fixed('handovers_frozen');
-- A line is of a patient of the clinic; it stays once the handover was taken over.
CREATE FUNCTION handover_notes_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('handover_notes_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_notes_of_stay BEFORE INSERT ON handover_notes FOR EACH ROW EXECUTE FUNCTION handover_notes_of_stay();
CREATE FUNCTION handover_notes_before_taken() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM handovers h WHERE h.id = NEW.handover_id AND h.clinic_id = NEW.clinic_id AND h.state <> 'taken' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('handover_notes_before_taken');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER handover_notes_before_taken BEFORE INSERT ON handover_notes FOR EACH ROW EXECUTE FUNCTION handover_notes_before_taken();
CREATE TRIGGER handover_notes_frozen BEFORE UPDATE ON handover_notes FOR EACH ROW
WHEN ((NEW.id, NEW.handover_id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.written_at, NEW.written_by)
    IS DISTINCT FROM (OLD.id, OLD.handover_id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.written_at, OLD.written_by) OR OLD.superseded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('handover_notes_frozen');
CREATE TRIGGER handover_notes_kept BEFORE DELETE ON handover_notes FOR EACH ROW EXECUTE FUNCTION row_fixed('handover_notes_frozen');
CREATE TRIGGER handover_notes_key_open_insert AFTER INSERT ON handover_notes REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER handover_notes_key_open_update BEFORE UPDATE OF sealed ON handover_notes
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['nursing_allocations', 'handover_notes']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON nursing_allocations, handovers, handover_notes FROM infirmary_app;
