-- The plan of the wards, and the uses of the beds. The state of a bed is the kind of its open use; without one the bed is available.

CREATE TABLE bed_classes (
    id              UUID PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    -- The price of a day in the bed, and of a day on leave while the bed is kept.
    item_id         UUID NOT NULL REFERENCES price_items (id),
    leave_item_id   UUID REFERENCES price_items (id),
    retired_at      TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX bed_classes_once ON bed_classes (name);

CREATE TABLE wards (
    id              UUID PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    code            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('medical', 'surgical', 'maternity', 'paediatric', 'neonatal', 'intensive', 'day_case', 'psychiatric', 'mixed')),
    sex_rule        TEXT NOT NULL CHECK (sex_rule IN ('any', 'female', 'male', 'by_room')),
    -- Ages in years, both included; NULL is no limit.
    age_from        BIGINT CHECK (age_from BETWEEN 0 AND 130),
    age_to          BIGINT CHECK (age_to BETWEEN 0 AND 130),
    -- Minutes that a reservation lasts, and that a bed is cleaned for: usually, and after isolation.
    reservation_min BIGINT NOT NULL DEFAULT 240 CHECK (reservation_min BETWEEN 15 AND 2880),
    clean_min       BIGINT NOT NULL DEFAULT 45 CHECK (clean_min BETWEEN 5 AND 480),
    terminal_min    BIGINT NOT NULL DEFAULT 90 CHECK (terminal_min BETWEEN 5 AND 720),
    retired_at      TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT wards_ages CHECK (age_from IS NULL OR age_to IS NULL OR age_from <= age_to)
);
CREATE UNIQUE INDEX wards_once ON wards (clinic_id, code);
CREATE UNIQUE INDEX wards_named_once ON wards (clinic_id, name);

CREATE TABLE ward_rooms (
    id              UUID PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    ward_id         UUID NOT NULL REFERENCES wards (id),
    sex_rule        TEXT NOT NULL CHECK (sex_rule IN ('any', 'female', 'male', 'first_occupant')),
    single          BOOLEAN NOT NULL DEFAULT false,
    isolation       TEXT NOT NULL CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective')),
    retired_at      TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX ward_rooms_once ON ward_rooms (ward_id, name);

CREATE TABLE beds (
    id              UUID PRIMARY KEY NOT NULL,
    -- The label at the bed.
    name            TEXT NOT NULL,
    room_id         UUID NOT NULL REFERENCES ward_rooms (id),
    kind            TEXT NOT NULL CHECK (kind IN ('adult', 'child', 'cot', 'incubator', 'chair', 'trolley', 'companion')),
    class_id        UUID NOT NULL REFERENCES bed_classes (id),
    -- Its place in the room, from the left.
    position        BIGINT NOT NULL DEFAULT 1 CHECK (position BETWEEN 1 AND 99),
    oxygen          BOOLEAN NOT NULL DEFAULT false,
    monitor         BOOLEAN NOT NULL DEFAULT false,
    ventilator      BOOLEAN NOT NULL DEFAULT false,
    -- The mother's bed, for a cot.
    beside_id       UUID REFERENCES beds (id),
    retired_at      TIMESTAMPTZ,
    created_at      TIMESTAMPTZ NOT NULL,
    created_by      UUID NOT NULL REFERENCES users (id),
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1
);
CREATE UNIQUE INDEX beds_once ON beds (room_id, name);
CREATE INDEX beds_by_class ON beds (class_id);

CREATE TABLE admissions (
    id              UUID PRIMARY KEY NOT NULL,
    number          TEXT NOT NULL CONSTRAINT admissions_number UNIQUE,
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    patient_id      UUID NOT NULL REFERENCES patients (id),
    class           TEXT NOT NULL CHECK (class IN ('inpatient', 'day_case', 'observation')),
    source          TEXT NOT NULL CHECK (source IN ('planned', 'outpatient', 'emergency', 'transfer_in', 'born_here')),
    urgency         TEXT NOT NULL CHECK (urgency IN ('routine', 'urgent', 'emergency')),
    reason          TEXT NOT NULL CONSTRAINT admissions_reason CHECK (length(reason) BETWEEN 1 AND 500),
    -- The ward that is wanted, and the ward that accepted.
    ward_id         UUID NOT NULL REFERENCES wards (id),
    accepted_ward_id UUID REFERENCES wards (id),
    class_id        UUID REFERENCES bed_classes (id),
    wanted_on       DATE NOT NULL,
    isolation       TEXT NOT NULL CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective')),
    organism        TEXT NOT NULL DEFAULT '' CHECK (length(organism) <= 100),
    oxygen          BOOLEAN NOT NULL DEFAULT false,
    monitor         BOOLEAN NOT NULL DEFAULT false,
    ventilator      BOOLEAN NOT NULL DEFAULT false,
    -- The board hides the name.
    private         BOOLEAN NOT NULL DEFAULT false,
    visit_id        UUID REFERENCES visits (id),
    doctor_id       UUID REFERENCES staff (id),
    mother_id       UUID REFERENCES admissions (id),
    expected_on     DATE,
    state           TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'admitted', 'discharged', 'refused', 'cancelled')),
    requested_at    TIMESTAMPTZ NOT NULL,
    requested_by    UUID NOT NULL REFERENCES users (id),
    admitted_at     TIMESTAMPTZ,
    left_at         TIMESTAMPTZ,
    updated_at      TIMESTAMPTZ NOT NULL,
    updated_by      UUID NOT NULL REFERENCES users (id),
    version         BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT admissions_times CHECK ((admitted_at IS NOT NULL) = (state IN ('admitted', 'discharged'))
        AND (left_at IS NOT NULL) = (state = 'discharged') AND (left_at IS NULL OR left_at >= admitted_at)),
    CONSTRAINT admissions_accepted CHECK (state NOT IN ('accepted', 'admitted', 'discharged') OR accepted_ward_id IS NOT NULL)
);
CREATE UNIQUE INDEX admissions_one_open ON admissions (patient_id) WHERE state = 'admitted';
CREATE UNIQUE INDEX admissions_one_request ON admissions (patient_id) WHERE state IN ('requested', 'accepted');
CREATE INDEX admissions_waiting ON admissions (clinic_id, requested_at) WHERE state IN ('requested', 'accepted');
CREATE INDEX admissions_of_patient ON admissions (patient_id, requested_at);
CREATE INDEX admissions_of_clinic ON admissions (clinic_id, admitted_at) WHERE state = 'admitted';
CREATE INDEX admissions_by_visit ON admissions (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX admissions_of_mother ON admissions (mother_id) WHERE mother_id IS NOT NULL;

-- The acts on an admission, in order. The id is the key of the form: an act that is sent twice is done once.
CREATE TABLE admission_acts (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    act             TEXT NOT NULL CHECK (act IN ('requested', 'accepted', 'refused', 'cancelled', 'admitted', 'moved', 'swap_proposed', 'swap_withdrawn', 'swapped', 'transfer_asked', 'transfer_accepted', 'transfer_refused', 'transfer_cancelled', 'arrived', 'away', 'back', 'born', 'clinical', 'nursing', 'billing', 'discharged', 'reopened', 'undone', 'corrected')),
    -- The ward and the bed that it is about.
    ward_id         UUID REFERENCES wards (id),
    bed_id          UUID REFERENCES beds (id),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    at              TIMESTAMPTZ NOT NULL,
    done_by         UUID NOT NULL REFERENCES users (id)
);
CREATE INDEX admission_acts_in_order ON admission_acts (admission_id, at);

CREATE TABLE bed_uses (
    id              UUID PRIMARY KEY NOT NULL,
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    bed_id          UUID NOT NULL REFERENCES beds (id),
    kind            TEXT NOT NULL CHECK (kind IN ('reservation', 'stay', 'cleaning', 'out_of_service')),
    admission_id    UUID REFERENCES admissions (id),
    patient_id      UUID REFERENCES patients (id),
    -- Cleaning after isolation.
    terminal        BOOLEAN NOT NULL DEFAULT false,
    began_at        TIMESTAMPTZ NOT NULL,
    ended_at        TIMESTAMPTZ,
    -- When a reservation runs out, cleaning should be done, or a closed bed is expected back.
    due_at          TIMESTAMPTZ,
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    ended_because   TEXT CHECK (ended_because IN ('admitted', 'arrived', 'released', 'expired', 'moved', 'swapped', 'transferred', 'discharged', 'cleaned', 'reopened')),
    -- Entered in error: it never was.
    voided_at       TIMESTAMPTZ,
    opened_by       UUID NOT NULL REFERENCES users (id),
    closed_by       UUID REFERENCES users (id),
    CONSTRAINT bed_uses_whose CHECK ((kind IN ('reservation', 'stay')) = (admission_id IS NOT NULL) AND (admission_id IS NULL) = (patient_id IS NULL)),
    CONSTRAINT bed_uses_times CHECK ((ended_at IS NULL OR ended_at >= began_at) AND (ended_at IS NULL) = (ended_because IS NULL)
        AND (kind <> 'out_of_service' OR length(reason) > 0)),
    CONSTRAINT bed_uses_no_overlap EXCLUDE USING gist (bed_id WITH =, tstzrange(began_at, ended_at) WITH &&) WHERE (voided_at IS NULL),
    CONSTRAINT bed_uses_patient_no_overlap EXCLUDE USING gist (patient_id WITH =, tstzrange(began_at, ended_at) WITH &&)
        WHERE (kind = 'stay' AND voided_at IS NULL)
);
CREATE UNIQUE INDEX bed_uses_one_open ON bed_uses (bed_id) WHERE ended_at IS NULL AND voided_at IS NULL;
CREATE UNIQUE INDEX bed_uses_patient_once ON bed_uses (patient_id) WHERE kind = 'stay' AND ended_at IS NULL AND voided_at IS NULL;
CREATE UNIQUE INDEX bed_uses_reserved_once ON bed_uses (admission_id) WHERE kind = 'reservation' AND ended_at IS NULL AND voided_at IS NULL;
CREATE INDEX bed_uses_of_bed ON bed_uses (bed_id, began_at, id) WHERE voided_at IS NULL;
CREATE INDEX bed_uses_of_admission ON bed_uses (admission_id, began_at) WHERE admission_id IS NOT NULL;
CREATE INDEX bed_uses_of_patient ON bed_uses (patient_id, began_at) WHERE patient_id IS NOT NULL;
CREATE INDEX bed_uses_due ON bed_uses (due_at) WHERE kind = 'reservation' AND ended_at IS NULL AND voided_at IS NULL;

CREATE TRIGGER bed_uses_frozen BEFORE UPDATE ON bed_uses FOR EACH ROW
WHEN ((NEW.bed_id, NEW.kind, NEW.admission_id, NEW.patient_id) IS DISTINCT FROM (OLD.bed_id, OLD.kind, OLD.admission_id, OLD.patient_id)
    OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS NULL))
EXECUTE FUNCTION row_fixed('bed_uses_frozen');
CREATE TRIGGER bed_uses_kept BEFORE DELETE ON bed_uses FOR EACH ROW EXECUTE FUNCTION row_fixed('bed_uses_kept');
-- A stay belongs to a patient who is admitted, a reservation to one who is expected or admitted; a bed of another admission's patient is refused.
CREATE FUNCTION bed_uses_of_admission() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
        AND (NEW.ended_at IS NOT NULL OR a.state = 'admitted' OR (NEW.kind = 'reservation' AND a.state IN ('requested', 'accepted'))) FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('bed_uses_of_admission');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bed_uses_of_admission BEFORE INSERT ON bed_uses FOR EACH ROW
WHEN (NEW.admission_id IS NOT NULL) EXECUTE FUNCTION bed_uses_of_admission();
CREATE FUNCTION bed_uses_bed_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM beds b WHERE b.id = NEW.bed_id AND b.retired_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('beds_retired_empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bed_uses_bed_open BEFORE INSERT ON bed_uses FOR EACH ROW EXECUTE FUNCTION bed_uses_bed_open();
CREATE FUNCTION beds_retired_empty() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM bed_uses u WHERE u.bed_id = NEW.id AND u.ended_at IS NULL AND u.voided_at IS NULL) THEN
        PERFORM refuse('beds_retired_empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER beds_retired_empty BEFORE UPDATE OF retired_at ON beds FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION beds_retired_empty();
CREATE FUNCTION wards_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ward_rooms r WHERE r.ward_id = NEW.id AND r.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM admissions a WHERE a.state IN ('requested', 'accepted') AND coalesce(a.accepted_ward_id, a.ward_id) = NEW.id) THEN
        PERFORM refuse('wards_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wards_in_use BEFORE UPDATE OF retired_at ON wards FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION wards_in_use();
CREATE FUNCTION ward_rooms_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM beds b WHERE b.room_id = NEW.id AND b.retired_at IS NULL) THEN
        PERFORM refuse('ward_rooms_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ward_rooms_in_use BEFORE UPDATE OF retired_at ON ward_rooms FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION ward_rooms_in_use();
CREATE FUNCTION bed_classes_in_use() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM beds b WHERE b.class_id = NEW.id AND b.retired_at IS NULL) THEN
        PERFORM refuse('bed_classes_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bed_classes_in_use BEFORE UPDATE OF retired_at ON bed_classes FOR EACH ROW
WHEN (NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL) EXECUTE FUNCTION bed_classes_in_use();
CREATE FUNCTION wards_parents_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM clinics p WHERE p.id = NEW.clinic_id AND p.retired_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('parent_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER wards_parents_open BEFORE INSERT ON wards FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION wards_parents_open();
CREATE TRIGGER wards_parents_open_update BEFORE UPDATE OF retired_at ON wards FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION wards_parents_open();
CREATE TRIGGER wards_fixed BEFORE UPDATE OF clinic_id ON wards FOR EACH ROW
WHEN (NEW.clinic_id <> OLD.clinic_id) EXECUTE FUNCTION row_fixed('wards_fixed');
CREATE FUNCTION ward_rooms_parents_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM wards p WHERE p.id = NEW.ward_id AND p.retired_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('parent_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ward_rooms_parents_open BEFORE INSERT ON ward_rooms FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION ward_rooms_parents_open();
CREATE TRIGGER ward_rooms_parents_open_update BEFORE UPDATE OF retired_at ON ward_rooms FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION ward_rooms_parents_open();
CREATE TRIGGER ward_rooms_fixed BEFORE UPDATE OF ward_id ON ward_rooms FOR EACH ROW
WHEN (NEW.ward_id <> OLD.ward_id) EXECUTE FUNCTION row_fixed('ward_rooms_fixed');
CREATE FUNCTION beds_parents_open() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM ward_rooms p WHERE p.id = NEW.room_id AND p.retired_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('parent_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER beds_parents_open BEFORE INSERT ON beds FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION beds_parents_open();
CREATE TRIGGER beds_parents_open_update BEFORE UPDATE OF retired_at ON beds FOR EACH ROW
WHEN (NEW.retired_at IS NULL) EXECUTE FUNCTION beds_parents_open();
CREATE TRIGGER beds_fixed BEFORE UPDATE OF room_id ON beds FOR EACH ROW
WHEN (NEW.room_id <> OLD.room_id) EXECUTE FUNCTION row_fixed('beds_fixed');
CREATE TRIGGER admissions_states BEFORE UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state <> OLD.state AND NOT (
    (OLD.state = 'requested' AND NEW.state IN ('accepted', 'admitted', 'refused', 'cancelled'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('requested', 'admitted', 'refused', 'cancelled'))
    OR (OLD.state = 'admitted' AND NEW.state = 'discharged') OR (OLD.state = 'discharged' AND NEW.state = 'admitted')))
EXECUTE FUNCTION row_fixed('admissions_states');
-- An admission that ended keeps no bed.
CREATE FUNCTION admissions_discharged_empty() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM bed_uses u WHERE u.admission_id = NEW.id AND u.ended_at IS NULL AND u.voided_at IS NULL) THEN
        PERFORM refuse('admissions_discharged_empty');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER admissions_discharged_empty BEFORE UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state IN ('discharged', 'refused', 'cancelled')) EXECUTE FUNCTION admissions_discharged_empty();
CREATE TRIGGER admissions_fixed BEFORE UPDATE ON admissions FOR EACH ROW
WHEN (NEW.patient_id <> OLD.patient_id OR NEW.clinic_id <> OLD.clinic_id OR NEW.number <> OLD.number)
EXECUTE FUNCTION row_fixed('admissions_fixed');
CREATE TRIGGER admission_acts_frozen BEFORE UPDATE OR DELETE ON admission_acts FOR EACH ROW EXECUTE FUNCTION row_fixed('admission_acts_frozen');

SELECT guard_rows('admissions', 'patient_id', 'admissions.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
ALTER TABLE admission_acts ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON admission_acts USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = admission_acts.admission_id OFFSET 0));
-- A bed in cleaning or out of service has no patient: the clinic's staff see and change it.
ALTER TABLE bed_uses ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON bed_uses
    USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OR EXISTS (SELECT 1 FROM admissions a WHERE a.id = bed_uses.admission_id OFFSET 0))
    WITH CHECK (clinic_id = ANY ((SELECT reader_clinics())::uuid[])
        AND (admission_id IS NULL OR EXISTS (SELECT 1 FROM admissions a WHERE a.id = bed_uses.admission_id OFFSET 0)));

-- A clinic cares for the patients whom it is asked to admit.
CREATE TRIGGER care_by_admission AFTER INSERT ON admissions
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION care_begins('encounter');
