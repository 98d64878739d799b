-- Which nurse has which patient in a shift, and the handover from shift to shift.

CREATE TABLE nursing_allocations (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    -- None: the nurse gave the patient back.
    nurse_id      BLOB REFERENCES users (id),
    -- The day on which the shift begins.
    day           TEXT NOT NULL,
    shift         TEXT NOT NULL CHECK (shift IN ('day', 'night')),
    set_at        TEXT NOT NULL,
    set_by        BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT allocations_once UNIQUE (admission_id, day, shift)
) STRICT;
CREATE INDEX nursing_allocations_by_patient ON nursing_allocations (patient_id);

CREATE TABLE handovers (
    id            BLOB PRIMARY KEY NOT NULL,
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    ward_id       BLOB NOT NULL REFERENCES wards (id),
    -- The shift that ends.
    day           TEXT NOT NULL,
    shift         TEXT NOT NULL CHECK (shift IN ('day', 'night')),
    state         TEXT NOT NULL CHECK (state IN ('preparing', 'offered', 'taken')),
    created_at    TEXT NOT NULL,
    created_by    BLOB NOT NULL REFERENCES users (id),
    offered_at    TEXT,
    offered_by    BLOB REFERENCES users (id),
    taken_at      TEXT,
    taken_by      BLOB REFERENCES users (id),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT handovers_once UNIQUE (ward_id, day, shift),
    CONSTRAINT handovers_times CHECK ((state = 'preparing') = (offered_at IS NULL) AND (offered_at IS NULL) = (offered_by IS NULL)
        AND (state = 'taken') = (taken_at IS NOT NULL) AND (taken_at IS NULL) = (taken_by IS NULL)
        AND (offered_at IS NULL OR offered_at >= created_at) AND (taken_at IS NULL OR taken_at >= offered_at)),
    CONSTRAINT handovers_two_people CHECK (taken_by IS NULL OR taken_by <> offered_by)
) STRICT;

-- The line of a patient: situation, background, assessment, recommendation. A changed line is another version.
CREATE TABLE handover_notes (
    id            BLOB PRIMARY KEY NOT NULL,
    handover_id   BLOB NOT NULL REFERENCES handovers (id),
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    version       INTEGER NOT NULL CHECK (version >= 1),
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000),
    written_at    TEXT NOT NULL,
    written_by    BLOB NOT NULL REFERENCES users (id),
    superseded_at TEXT,
    CONSTRAINT handover_notes_versions UNIQUE (handover_id, admission_id, version)
) STRICT;
CREATE UNIQUE INDEX handover_notes_once ON handover_notes (handover_id, admission_id) WHERE superseded_at IS NULL;
CREATE INDEX handover_notes_latest ON handover_notes (admission_id, written_at) WHERE superseded_at IS NULL;
CREATE INDEX handover_notes_by_patient ON handover_notes (patient_id);

CREATE TRIGGER nursing_allocations_of_stay BEFORE INSERT ON nursing_allocations
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.set_at AND (a.state = 'admitted' OR a.left_at >= NEW.set_at))
BEGIN
    SELECT RAISE(ABORT, 'nursing_allocations_of_stay');
END;
CREATE TRIGGER nursing_allocations_frozen BEFORE UPDATE ON nursing_allocations
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.day, NEW.shift)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.day, OLD.shift)
BEGIN
    SELECT RAISE(ABORT, 'allocations_frozen');
END;
CREATE TRIGGER nursing_allocations_kept BEFORE DELETE ON nursing_allocations
BEGIN
    SELECT RAISE(ABORT, 'allocations_frozen');
END;
CREATE TRIGGER handovers_moves BEFORE UPDATE ON handovers
WHEN NEW.version <> OLD.version + 1 OR NOT ((OLD.state = 'preparing' AND NEW.state = 'offered') OR (OLD.state = 'offered' AND NEW.state IN ('preparing', 'taken')))
BEGIN
    SELECT RAISE(ABORT, 'handovers_moves');
END;
CREATE TRIGGER handovers_frozen BEFORE UPDATE ON handovers
WHEN (NEW.id, NEW.clinic_id, NEW.ward_id, NEW.day, NEW.shift, NEW.created_at, NEW.created_by)
    IS NOT (OLD.id, OLD.clinic_id, OLD.ward_id, OLD.day, OLD.shift, OLD.created_at, OLD.created_by) OR OLD.state = 'taken'
BEGIN
    SELECT RAISE(ABORT, 'handovers_frozen');
END;
CREATE TRIGGER handovers_kept BEFORE DELETE ON handovers
BEGIN
    SELECT RAISE(ABORT, 'handovers_frozen');
END;
-- A line is of a patient of the clinic; it stays once the handover was taken over.
CREATE TRIGGER handover_notes_of_stay BEFORE INSERT ON handover_notes
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'handover_notes_of_stay');
END;
CREATE TRIGGER handover_notes_before_taken BEFORE INSERT ON handover_notes
WHEN NOT EXISTS (SELECT 1 FROM handovers h WHERE h.id = NEW.handover_id AND h.clinic_id = NEW.clinic_id AND h.state <> 'taken')
BEGIN
    SELECT RAISE(ABORT, 'handover_notes_before_taken');
END;
CREATE TRIGGER handover_notes_frozen BEFORE UPDATE ON handover_notes
WHEN (NEW.id, NEW.handover_id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.written_at, NEW.written_by)
    IS NOT (OLD.id, OLD.handover_id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.written_at, OLD.written_by) OR OLD.superseded_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'handover_notes_frozen');
END;
CREATE TRIGGER handover_notes_kept BEFORE DELETE ON handover_notes
BEGIN
    SELECT RAISE(ABORT, 'handover_notes_frozen');
END;
CREATE TRIGGER handover_notes_key_open_insert BEFORE INSERT ON handover_notes
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER handover_notes_key_open_update BEFORE UPDATE OF sealed ON handover_notes WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
