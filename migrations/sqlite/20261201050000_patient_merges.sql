-- Two records of one person: the proposal, the decision of a second person, and the way back. Signed rows keep the patient's id that their
-- signature covers; the row of the merge leads from the merged record to the surviving one.

CREATE TABLE patient_merges (
    id          BLOB PRIMARY KEY NOT NULL,
    survivor_id BLOB NOT NULL REFERENCES patients (id),
    merged_id   BLOB NOT NULL REFERENCES patients (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    state       TEXT NOT NULL CHECK (state IN ('proposed', 'merged', 'rejected', 'undone')),
    reason      TEXT NOT NULL CHECK (reason IN ('registered_twice', 'unknown_named', 'imported', 'other')),
    -- The words of the proposal, of the decision and of the way back, and the facts of the surviving record before and after.
    sealed      BLOB NOT NULL DEFAULT X'' CHECK (length(sealed) <= 200000),
    proposed_at TEXT NOT NULL,
    proposed_by BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    undone_at   TEXT,
    undone_by   BLOB REFERENCES users (id),
    CONSTRAINT merges_two_records CHECK (survivor_id <> merged_id),
    CONSTRAINT merges_two_persons CHECK (decided_by IS NULL OR decided_by <> proposed_by),
    CONSTRAINT merges_decided CHECK ((state = 'proposed') = (decided_at IS NULL) AND (decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT merges_undone CHECK ((state = 'undone') = (undone_at IS NOT NULL) AND (undone_at IS NULL) = (undone_by IS NULL))
) STRICT;
-- A record is merged into one other.
CREATE UNIQUE INDEX merges_once ON patient_merges (merged_id) WHERE state IN ('proposed', 'merged');
CREATE INDEX patient_merges_by_merged ON patient_merges (merged_id, state);
CREATE INDEX patient_merges_by_survivor ON patient_merges (survivor_id, state);
CREATE INDEX patient_merges_by_clinic ON patient_merges (clinic_id, proposed_at, id);
CREATE INDEX patient_merges_waiting ON patient_merges (clinic_id, proposed_at) WHERE state = 'proposed';

-- The rows that a merge moved to the surviving record, and the rows of care that it added.
CREATE TABLE patient_merge_rows (
    merge_id    BLOB NOT NULL REFERENCES patient_merges (id),
    table_name  TEXT NOT NULL CHECK (length(table_name) BETWEEN 1 AND 60),
    column_name TEXT NOT NULL CHECK (length(column_name) BETWEEN 1 AND 60),
    row_id      BLOB NOT NULL,
    act         TEXT NOT NULL CHECK (act IN ('moved', 'added')),
    PRIMARY KEY (merge_id, table_name, column_name, row_id)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER merges_begin BEFORE INSERT ON patient_merges
WHEN NEW.state <> 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'merges_moves');
END;
CREATE TRIGGER merges_moves BEFORE UPDATE OF state ON patient_merges
WHEN NEW.state <> OLD.state AND NOT ((OLD.state = 'proposed' AND NEW.state IN ('merged', 'rejected')) OR (OLD.state = 'merged' AND NEW.state = 'undone'))
BEGIN
    SELECT RAISE(ABORT, 'merges_moves');
END;
CREATE TRIGGER merges_fixed BEFORE UPDATE ON patient_merges
WHEN (NEW.id, NEW.survivor_id, NEW.merged_id, NEW.clinic_id, NEW.reason, NEW.proposed_at, NEW.proposed_by)
    IS NOT (OLD.id, OLD.survivor_id, OLD.merged_id, OLD.clinic_id, OLD.reason, OLD.proposed_at, OLD.proposed_by)
    OR (OLD.decided_at IS NOT NULL AND (NEW.decided_at, NEW.decided_by) IS NOT (OLD.decided_at, OLD.decided_by))
    OR (OLD.undone_at IS NOT NULL AND (NEW.undone_at, NEW.undone_by) IS NOT (OLD.undone_at, OLD.undone_by))
BEGIN
    SELECT RAISE(ABORT, 'merges_fixed');
END;
CREATE TRIGGER merges_kept BEFORE DELETE ON patient_merges
BEGIN
    SELECT RAISE(ABORT, 'merges_fixed');
END;
-- No chains: a record that was merged takes no other record, and one that took others is not merged.
CREATE TRIGGER merges_flat BEFORE UPDATE OF state ON patient_merges
WHEN NEW.state = 'merged' AND OLD.state <> 'merged' AND EXISTS (SELECT 1 FROM patient_merges m WHERE m.state = 'merged'
    AND (m.merged_id = NEW.survivor_id OR m.survivor_id = NEW.merged_id))
BEGIN
    SELECT RAISE(ABORT, 'merges_flat');
END;
-- A patient who is in the house stays under the record on which the visit or the stay is kept.
CREATE TRIGGER merges_empty BEFORE UPDATE OF state ON patient_merges
WHEN NEW.state = 'merged' AND OLD.state <> 'merged' AND (
    EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = NEW.merged_id AND v.ended_at IS NULL)
    OR EXISTS (SELECT 1 FROM admissions a WHERE a.patient_id = NEW.merged_id AND a.state IN ('requested', 'accepted', 'admitted')))
BEGIN
    SELECT RAISE(ABORT, 'merges_empty');
END;
CREATE TRIGGER merge_rows_fixed BEFORE UPDATE ON patient_merge_rows
BEGIN
    SELECT RAISE(ABORT, 'merge_rows_fixed');
END;
CREATE TRIGGER merge_rows_kept BEFORE DELETE ON patient_merge_rows
BEGIN
    SELECT RAISE(ABORT, 'merge_rows_fixed');
END;

-- Both records are in the care of the clinics of both.
CREATE TRIGGER merges_care AFTER UPDATE OF state ON patient_merges
WHEN NEW.state = 'merged' AND OLD.state <> 'merged'
BEGIN
    INSERT INTO patient_merge_rows (merge_id, table_name, column_name, row_id, act)
    SELECT NEW.id, 'care', CASE WHEN k.patient_id = NEW.merged_id THEN 'survivor_id' ELSE 'merged_id' END, k.clinic_id, 'added'
    FROM care k WHERE k.patient_id IN (NEW.survivor_id, NEW.merged_id) AND NOT EXISTS (SELECT 1 FROM care o WHERE o.clinic_id = k.clinic_id
        AND o.patient_id = CASE WHEN k.patient_id = NEW.merged_id THEN NEW.survivor_id ELSE NEW.merged_id END);
    INSERT INTO care (patient_id, clinic_id, since, because)
    SELECT CASE WHEN r.column_name = 'survivor_id' THEN NEW.survivor_id ELSE NEW.merged_id END, k.clinic_id, k.since, k.because
    FROM patient_merge_rows r JOIN care k ON k.clinic_id = r.row_id
        AND k.patient_id = CASE WHEN r.column_name = 'survivor_id' THEN NEW.merged_id ELSE NEW.survivor_id END
    WHERE r.merge_id = NEW.id AND r.table_name = 'care';
END;
CREATE TRIGGER merges_care_undone AFTER UPDATE OF state ON patient_merges
WHEN NEW.state = 'undone' AND OLD.state <> 'undone'
BEGIN
    DELETE FROM care WHERE EXISTS (SELECT 1 FROM patient_merge_rows r WHERE r.merge_id = NEW.id AND r.table_name = 'care'
        AND r.row_id = care.clinic_id
        AND care.patient_id = CASE WHEN r.column_name = 'survivor_id' THEN NEW.survivor_id ELSE NEW.merged_id END)
    -- A clinic that has worked with the record since keeps it.
    AND NOT EXISTS (SELECT 1 FROM appointments a WHERE a.patient_id = care.patient_id AND a.clinic_id = care.clinic_id)
    AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.patient_id = care.patient_id AND v.clinic_id = care.clinic_id);
END;

-- A merged record takes nothing new: acts on the patient lock the patient's row, so that they take turns with the merge.
CREATE TRIGGER patients_merged_appointments BEFORE INSERT ON appointments
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_waitlist BEFORE INSERT ON waitlist
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_visits BEFORE INSERT ON visits
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_admissions BEFORE INSERT ON admissions
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_allergies BEFORE INSERT ON allergies
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_patient_contacts BEFORE INSERT ON patient_contacts
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_coverages BEFORE INSERT ON coverages
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_portal_codes BEFORE INSERT ON portal_codes
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_patient_users BEFORE INSERT ON patient_users
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id = NEW.patient_id AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;
CREATE TRIGGER patients_merged_guardians BEFORE INSERT ON guardians
WHEN EXISTS (SELECT 1 FROM patient_merges m WHERE m.merged_id IN (NEW.patient_id, NEW.guardian_id) AND m.state = 'merged')
BEGIN
    SELECT RAISE(ABORT, 'patients_merged');
END;

CREATE TRIGGER patient_merges_key_open_insert BEFORE INSERT ON patient_merges
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER patient_merges_key_open_update BEFORE UPDATE OF sealed ON patient_merges
WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
