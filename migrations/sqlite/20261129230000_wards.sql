-- The plan of the wards, and the uses of the beds. The state of a bed is the kind of its open use; without one the bed is available.

CREATE TABLE bed_classes (
    id              BLOB PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    -- The price of a day in the bed, and of a day on leave while the bed is kept.
    item_id         BLOB NOT NULL REFERENCES price_items (id),
    leave_item_id   BLOB REFERENCES price_items (id),
    retired_at      TEXT,
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX bed_classes_once ON bed_classes (name);

CREATE TABLE wards (
    id              BLOB PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    code            TEXT NOT NULL,
    kind            TEXT NOT NULL CHECK (kind IN ('medical', 'surgical', 'maternity', 'paediatric', 'neonatal', 'intensive', 'day_case', 'psychiatric', 'mixed')),
    sex_rule        TEXT NOT NULL CHECK (sex_rule IN ('any', 'female', 'male', 'by_room')),
    -- Ages in years, both included; NULL is no limit.
    age_from        INTEGER CHECK (age_from BETWEEN 0 AND 130),
    age_to          INTEGER CHECK (age_to BETWEEN 0 AND 130),
    -- Minutes that a reservation lasts, and that a bed is cleaned for: usually, and after isolation.
    reservation_min INTEGER NOT NULL DEFAULT 240 CHECK (reservation_min BETWEEN 15 AND 2880),
    clean_min       INTEGER NOT NULL DEFAULT 45 CHECK (clean_min BETWEEN 5 AND 480),
    terminal_min    INTEGER NOT NULL DEFAULT 90 CHECK (terminal_min BETWEEN 5 AND 720),
    retired_at      TEXT,
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT wards_ages CHECK (age_from IS NULL OR age_to IS NULL OR age_from <= age_to)
) STRICT;
CREATE UNIQUE INDEX wards_once ON wards (clinic_id, code);
CREATE UNIQUE INDEX wards_named_once ON wards (clinic_id, name);

CREATE TABLE ward_rooms (
    id              BLOB PRIMARY KEY NOT NULL,
    name            TEXT NOT NULL,
    ward_id         BLOB NOT NULL REFERENCES wards (id),
    sex_rule        TEXT NOT NULL CHECK (sex_rule IN ('any', 'female', 'male', 'first_occupant')),
    single          INTEGER NOT NULL DEFAULT 0 CHECK (single IN (0, 1)),
    isolation       TEXT NOT NULL CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective')),
    retired_at      TEXT,
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX ward_rooms_once ON ward_rooms (ward_id, name);

CREATE TABLE beds (
    id              BLOB PRIMARY KEY NOT NULL,
    -- The label at the bed.
    name            TEXT NOT NULL,
    room_id         BLOB NOT NULL REFERENCES ward_rooms (id),
    kind            TEXT NOT NULL CHECK (kind IN ('adult', 'child', 'cot', 'incubator', 'chair', 'trolley', 'companion')),
    class_id        BLOB NOT NULL REFERENCES bed_classes (id),
    -- Its place in the room, from the left.
    position        INTEGER NOT NULL DEFAULT 1 CHECK (position BETWEEN 1 AND 99),
    oxygen          INTEGER NOT NULL DEFAULT 0 CHECK (oxygen IN (0, 1)),
    monitor         INTEGER NOT NULL DEFAULT 0 CHECK (monitor IN (0, 1)),
    ventilator      INTEGER NOT NULL DEFAULT 0 CHECK (ventilator IN (0, 1)),
    -- The mother's bed, for a cot.
    beside_id       BLOB REFERENCES beds (id),
    retired_at      TEXT,
    created_at      TEXT NOT NULL,
    created_by      BLOB NOT NULL REFERENCES users (id),
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE UNIQUE INDEX beds_once ON beds (room_id, name);
CREATE INDEX beds_by_class ON beds (class_id);

CREATE TABLE admissions (
    id              BLOB PRIMARY KEY NOT NULL,
    number          TEXT NOT NULL CONSTRAINT admissions_number UNIQUE,
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    class           TEXT NOT NULL CHECK (class IN ('inpatient', 'day_case', 'observation')),
    source          TEXT NOT NULL CHECK (source IN ('planned', 'outpatient', 'emergency', 'transfer_in', 'born_here')),
    urgency         TEXT NOT NULL CHECK (urgency IN ('routine', 'urgent', 'emergency')),
    reason          TEXT NOT NULL CONSTRAINT admissions_reason CHECK (length(reason) BETWEEN 1 AND 500),
    -- The ward that is wanted, and the ward that accepted.
    ward_id         BLOB NOT NULL REFERENCES wards (id),
    accepted_ward_id BLOB REFERENCES wards (id),
    class_id        BLOB REFERENCES bed_classes (id),
    wanted_on       TEXT NOT NULL,
    isolation       TEXT NOT NULL CHECK (isolation IN ('none', 'contact', 'droplet', 'airborne', 'protective')),
    organism        TEXT NOT NULL DEFAULT '' CHECK (length(organism) <= 100),
    oxygen          INTEGER NOT NULL DEFAULT 0 CHECK (oxygen IN (0, 1)),
    monitor         INTEGER NOT NULL DEFAULT 0 CHECK (monitor IN (0, 1)),
    ventilator      INTEGER NOT NULL DEFAULT 0 CHECK (ventilator IN (0, 1)),
    -- The board hides the name.
    private         INTEGER NOT NULL DEFAULT 0 CHECK (private IN (0, 1)),
    visit_id        BLOB REFERENCES visits (id),
    doctor_id       BLOB REFERENCES staff (id),
    mother_id       BLOB REFERENCES admissions (id),
    expected_on     TEXT,
    state           TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'admitted', 'discharged', 'refused', 'cancelled')),
    requested_at    TEXT NOT NULL,
    requested_by    BLOB NOT NULL REFERENCES users (id),
    admitted_at     TEXT,
    left_at         TEXT,
    updated_at      TEXT NOT NULL,
    updated_by      BLOB NOT NULL REFERENCES users (id),
    version         INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT admissions_times CHECK ((admitted_at IS NOT NULL) = (state IN ('admitted', 'discharged'))
        AND (left_at IS NOT NULL) = (state = 'discharged') AND (left_at IS NULL OR left_at >= admitted_at)),
    CONSTRAINT admissions_accepted CHECK (state NOT IN ('accepted', 'admitted', 'discharged') OR accepted_ward_id IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX admissions_one_open ON admissions (patient_id) WHERE state = 'admitted';
CREATE UNIQUE INDEX admissions_one_request ON admissions (patient_id) WHERE state IN ('requested', 'accepted');
CREATE INDEX admissions_waiting ON admissions (clinic_id, requested_at) WHERE state IN ('requested', 'accepted');
CREATE INDEX admissions_of_patient ON admissions (patient_id, requested_at);
CREATE INDEX admissions_of_clinic ON admissions (clinic_id, admitted_at) WHERE state = 'admitted';
CREATE INDEX admissions_by_visit ON admissions (visit_id) WHERE visit_id IS NOT NULL;
CREATE INDEX admissions_of_mother ON admissions (mother_id) WHERE mother_id IS NOT NULL;

-- The acts on an admission, in order. The id is the key of the form: an act that is sent twice is done once.
CREATE TABLE admission_acts (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    act             TEXT NOT NULL CHECK (act IN ('requested', 'accepted', 'refused', 'cancelled', 'admitted', 'moved', 'swap_proposed', 'swap_withdrawn', 'swapped', 'transfer_asked', 'transfer_accepted', 'transfer_refused', 'transfer_cancelled', 'arrived', 'away', 'back', 'born', 'clinical', 'nursing', 'billing', 'discharged', 'reopened', 'undone', 'corrected')),
    -- The ward and the bed that it is about.
    ward_id         BLOB REFERENCES wards (id),
    bed_id          BLOB REFERENCES beds (id),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    at              TEXT NOT NULL,
    done_by         BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX admission_acts_in_order ON admission_acts (admission_id, at);

CREATE TABLE bed_uses (
    id              BLOB PRIMARY KEY NOT NULL,
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    bed_id          BLOB NOT NULL REFERENCES beds (id),
    kind            TEXT NOT NULL CHECK (kind IN ('reservation', 'stay', 'cleaning', 'out_of_service')),
    admission_id    BLOB REFERENCES admissions (id),
    patient_id      BLOB REFERENCES patients (id),
    -- Cleaning after isolation.
    terminal        INTEGER NOT NULL DEFAULT 0 CHECK (terminal IN (0, 1)),
    began_at        TEXT NOT NULL,
    ended_at        TEXT,
    -- When a reservation runs out, cleaning should be done, or a closed bed is expected back.
    due_at          TEXT,
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    ended_because   TEXT CHECK (ended_because IN ('admitted', 'arrived', 'released', 'expired', 'moved', 'swapped', 'transferred', 'discharged', 'cleaned', 'reopened')),
    -- Entered in error: it never was.
    voided_at       TEXT,
    opened_by       BLOB NOT NULL REFERENCES users (id),
    closed_by       BLOB REFERENCES users (id),
    CONSTRAINT bed_uses_whose CHECK ((kind IN ('reservation', 'stay')) = (admission_id IS NOT NULL) AND (admission_id IS NULL) = (patient_id IS NULL)),
    CONSTRAINT bed_uses_times CHECK ((ended_at IS NULL OR ended_at >= began_at) AND (ended_at IS NULL) = (ended_because IS NULL)
        AND (kind <> 'out_of_service' OR length(reason) > 0))
) STRICT;
CREATE UNIQUE INDEX bed_uses_one_open ON bed_uses (bed_id) WHERE ended_at IS NULL AND voided_at IS NULL;
CREATE UNIQUE INDEX bed_uses_patient_once ON bed_uses (patient_id) WHERE kind = 'stay' AND ended_at IS NULL AND voided_at IS NULL;
CREATE UNIQUE INDEX bed_uses_reserved_once ON bed_uses (admission_id) WHERE kind = 'reservation' AND ended_at IS NULL AND voided_at IS NULL;
CREATE INDEX bed_uses_of_bed ON bed_uses (bed_id, began_at, id) WHERE voided_at IS NULL;
CREATE INDEX bed_uses_of_admission ON bed_uses (admission_id, began_at) WHERE admission_id IS NOT NULL;
CREATE INDEX bed_uses_of_patient ON bed_uses (patient_id, began_at) WHERE patient_id IS NOT NULL;
CREATE INDEX bed_uses_due ON bed_uses (due_at) WHERE kind = 'reservation' AND ended_at IS NULL AND voided_at IS NULL;

CREATE TRIGGER bed_uses_no_overlap_insert BEFORE INSERT ON bed_uses
WHEN NEW.voided_at IS NULL AND (NEW.ended_at IS NULL OR NEW.ended_at > NEW.began_at)
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_no_overlap') WHERE EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.bed_id = NEW.bed_id AND u.id <> NEW.id AND u.voided_at IS NULL
          AND (u.ended_at IS NULL OR u.ended_at > u.began_at)
          AND u.began_at < coalesce(NEW.ended_at, '9999') AND coalesce(u.ended_at, '9999') > NEW.began_at);
    SELECT RAISE(ABORT, 'bed_uses_patient_no_overlap') WHERE NEW.kind = 'stay' AND EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.patient_id = NEW.patient_id AND u.id <> NEW.id AND u.voided_at IS NULL AND u.kind = 'stay'
          AND (u.ended_at IS NULL OR u.ended_at > u.began_at)
          AND u.began_at < coalesce(NEW.ended_at, '9999') AND coalesce(u.ended_at, '9999') > NEW.began_at);
END;
CREATE TRIGGER bed_uses_no_overlap_update BEFORE UPDATE OF began_at, ended_at, voided_at ON bed_uses
WHEN NEW.voided_at IS NULL AND (NEW.ended_at IS NULL OR NEW.ended_at > NEW.began_at)
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_no_overlap') WHERE EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.bed_id = NEW.bed_id AND u.id <> NEW.id AND u.voided_at IS NULL
          AND (u.ended_at IS NULL OR u.ended_at > u.began_at)
          AND u.began_at < coalesce(NEW.ended_at, '9999') AND coalesce(u.ended_at, '9999') > NEW.began_at);
    SELECT RAISE(ABORT, 'bed_uses_patient_no_overlap') WHERE NEW.kind = 'stay' AND EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.patient_id = NEW.patient_id AND u.id <> NEW.id AND u.voided_at IS NULL AND u.kind = 'stay'
          AND (u.ended_at IS NULL OR u.ended_at > u.began_at)
          AND u.began_at < coalesce(NEW.ended_at, '9999') AND coalesce(u.ended_at, '9999') > NEW.began_at);
END;
CREATE TRIGGER bed_uses_frozen BEFORE UPDATE ON bed_uses
WHEN NEW.bed_id <> OLD.bed_id OR NEW.kind <> OLD.kind OR NEW.admission_id IS NOT OLD.admission_id OR NEW.patient_id IS NOT OLD.patient_id
    OR (OLD.voided_at IS NOT NULL AND NEW.voided_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_frozen');
END;
CREATE TRIGGER bed_uses_kept BEFORE DELETE ON bed_uses
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_kept');
END;
-- A stay belongs to a patient who is admitted, a reservation to one who is expected or admitted; a bed of another admission's patient is refused.
CREATE TRIGGER bed_uses_of_admission BEFORE INSERT ON bed_uses WHEN NEW.admission_id IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_of_admission') WHERE NOT EXISTS (
        SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
          AND (NEW.ended_at IS NOT NULL OR a.state = 'admitted' OR (NEW.kind = 'reservation' AND a.state IN ('requested', 'accepted'))));
END;
CREATE TRIGGER bed_uses_bed_open BEFORE INSERT ON bed_uses
BEGIN
    SELECT RAISE(ABORT, 'beds_retired_empty') WHERE EXISTS (SELECT 1 FROM beds b WHERE b.id = NEW.bed_id AND b.retired_at IS NOT NULL);
END;
CREATE TRIGGER beds_retired_empty BEFORE UPDATE OF retired_at ON beds WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'beds_retired_empty') WHERE EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.bed_id = NEW.id AND u.ended_at IS NULL AND u.voided_at IS NULL);
END;
CREATE TRIGGER wards_in_use BEFORE UPDATE OF retired_at ON wards WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'wards_in_use') WHERE EXISTS (SELECT 1 FROM ward_rooms r WHERE r.ward_id = NEW.id AND r.retired_at IS NULL)
        OR EXISTS (SELECT 1 FROM admissions a WHERE a.state IN ('requested', 'accepted') AND coalesce(a.accepted_ward_id, a.ward_id) = NEW.id);
END;
CREATE TRIGGER ward_rooms_in_use BEFORE UPDATE OF retired_at ON ward_rooms WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ward_rooms_in_use') WHERE EXISTS (SELECT 1 FROM beds b WHERE b.room_id = NEW.id AND b.retired_at IS NULL);
END;
CREATE TRIGGER bed_classes_in_use BEFORE UPDATE OF retired_at ON bed_classes WHEN NEW.retired_at IS NOT NULL AND OLD.retired_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'bed_classes_in_use') WHERE EXISTS (SELECT 1 FROM beds b WHERE b.class_id = NEW.id AND b.retired_at IS NULL);
END;
CREATE TRIGGER wards_parents_open BEFORE INSERT ON wards
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM clinics c WHERE c.id = NEW.clinic_id AND c.retired_at IS NOT NULL);
END;
CREATE TRIGGER wards_parents_open_update BEFORE UPDATE OF retired_at ON wards WHEN NEW.retired_at IS NULL AND OLD.retired_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM clinics p WHERE p.id = NEW.clinic_id AND p.retired_at IS NOT NULL);
END;
CREATE TRIGGER wards_fixed BEFORE UPDATE OF clinic_id ON wards WHEN NEW.clinic_id <> OLD.clinic_id
BEGIN
    SELECT RAISE(ABORT, 'wards_fixed');
END;
CREATE TRIGGER ward_rooms_parents_open BEFORE INSERT ON ward_rooms
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM wards p WHERE p.id = NEW.ward_id AND p.retired_at IS NOT NULL);
END;
CREATE TRIGGER ward_rooms_parents_open_update BEFORE UPDATE OF retired_at ON ward_rooms WHEN NEW.retired_at IS NULL AND OLD.retired_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM wards p WHERE p.id = NEW.ward_id AND p.retired_at IS NOT NULL);
END;
CREATE TRIGGER ward_rooms_fixed BEFORE UPDATE OF ward_id ON ward_rooms WHEN NEW.ward_id <> OLD.ward_id
BEGIN
    SELECT RAISE(ABORT, 'ward_rooms_fixed');
END;
CREATE TRIGGER beds_parents_open BEFORE INSERT ON beds
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM ward_rooms p WHERE p.id = NEW.room_id AND p.retired_at IS NOT NULL);
END;
CREATE TRIGGER beds_parents_open_update BEFORE UPDATE OF retired_at ON beds WHEN NEW.retired_at IS NULL AND OLD.retired_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'parent_retired') WHERE EXISTS (SELECT 1 FROM ward_rooms p WHERE p.id = NEW.room_id AND p.retired_at IS NOT NULL);
END;
CREATE TRIGGER beds_fixed BEFORE UPDATE OF room_id ON beds WHEN NEW.room_id <> OLD.room_id
BEGIN
    SELECT RAISE(ABORT, 'beds_fixed');
END;
CREATE TRIGGER admissions_states BEFORE UPDATE OF state ON admissions
WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'requested' AND NEW.state IN ('accepted', 'admitted', 'refused', 'cancelled'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('requested', 'admitted', 'refused', 'cancelled'))
    OR (OLD.state = 'admitted' AND NEW.state = 'discharged') OR (OLD.state = 'discharged' AND NEW.state = 'admitted'))
BEGIN
    SELECT RAISE(ABORT, 'admissions_states');
END;
-- An admission that ended keeps no bed.
CREATE TRIGGER admissions_discharged_empty BEFORE UPDATE OF state ON admissions WHEN NEW.state IN ('discharged', 'refused', 'cancelled')
BEGIN
    SELECT RAISE(ABORT, 'admissions_discharged_empty') WHERE EXISTS (
        SELECT 1 FROM bed_uses u WHERE u.admission_id = NEW.id AND u.ended_at IS NULL AND u.voided_at IS NULL);
END;
CREATE TRIGGER admissions_fixed BEFORE UPDATE ON admissions WHEN NEW.patient_id <> OLD.patient_id OR NEW.clinic_id <> OLD.clinic_id OR NEW.number <> OLD.number
BEGIN
    SELECT RAISE(ABORT, 'admissions_fixed');
END;
CREATE TRIGGER admission_acts_frozen BEFORE UPDATE ON admission_acts
BEGIN
    SELECT RAISE(ABORT, 'admission_acts_frozen');
END;
CREATE TRIGGER admission_acts_kept BEFORE DELETE ON admission_acts
BEGIN
    SELECT RAISE(ABORT, 'admission_acts_frozen');
END;

-- A clinic cares for the patients whom it is asked to admit.
CREATE TRIGGER care_by_admission AFTER INSERT ON admissions
WHEN NOT EXISTS (SELECT 1 FROM care WHERE patient_id = NEW.patient_id AND clinic_id = NEW.clinic_id)
BEGIN
    INSERT INTO care (patient_id, clinic_id, since, because) VALUES (NEW.patient_id, NEW.clinic_id, NEW.requested_at, 'encounter');
END;
CREATE TRIGGER admissions_one_open_insert BEFORE INSERT ON admissions WHEN NEW.state = 'admitted'
BEGIN
    SELECT RAISE(ABORT, 'admissions_one_open') WHERE EXISTS (SELECT 1 FROM admissions o WHERE o.id <> NEW.id AND o.patient_id = NEW.patient_id AND o.state = 'admitted');
END;
CREATE TRIGGER admissions_one_open_update BEFORE UPDATE OF state ON admissions WHEN NEW.state = 'admitted'
BEGIN
    SELECT RAISE(ABORT, 'admissions_one_open') WHERE EXISTS (SELECT 1 FROM admissions o WHERE o.id <> NEW.id AND o.patient_id = NEW.patient_id AND o.state = 'admitted');
END;
CREATE TRIGGER admissions_one_request_insert BEFORE INSERT ON admissions WHEN NEW.state IN ('requested', 'accepted')
BEGIN
    SELECT RAISE(ABORT, 'admissions_one_request') WHERE EXISTS (SELECT 1 FROM admissions o WHERE o.id <> NEW.id AND o.patient_id = NEW.patient_id AND o.state IN ('requested', 'accepted'));
END;
CREATE TRIGGER admissions_one_request_update BEFORE UPDATE OF state ON admissions WHEN NEW.state IN ('requested', 'accepted')
BEGIN
    SELECT RAISE(ABORT, 'admissions_one_request') WHERE EXISTS (SELECT 1 FROM admissions o WHERE o.id <> NEW.id AND o.patient_id = NEW.patient_id AND o.state IN ('requested', 'accepted'));
END;
CREATE TRIGGER bed_uses_reserved_once_insert BEFORE INSERT ON bed_uses WHEN NEW.kind = 'reservation' AND NEW.ended_at IS NULL AND NEW.voided_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_reserved_once') WHERE EXISTS (SELECT 1 FROM bed_uses o WHERE o.id <> NEW.id AND o.admission_id = NEW.admission_id AND o.kind = 'reservation' AND o.ended_at IS NULL AND o.voided_at IS NULL);
END;
CREATE TRIGGER bed_uses_reserved_once_update BEFORE UPDATE OF ended_at, voided_at ON bed_uses WHEN NEW.kind = 'reservation' AND NEW.ended_at IS NULL AND NEW.voided_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'bed_uses_reserved_once') WHERE EXISTS (SELECT 1 FROM bed_uses o WHERE o.id <> NEW.id AND o.admission_id = NEW.admission_id AND o.kind = 'reservation' AND o.ended_at IS NULL AND o.voided_at IS NULL);
END;
