-- The problem list that doctors keep: each change is a new row that replaces the one before.

ALTER TABLE problems ADD COLUMN replaces BLOB REFERENCES problems (id);
ALTER TABLE problems ADD COLUMN superseded_at TEXT;
CREATE UNIQUE INDEX problems_replaced_once ON problems (replaces) WHERE replaces IS NOT NULL;

-- A problem replaces one of the same patient, which was marked as replaced before.
CREATE TRIGGER problems_same_patient BEFORE INSERT ON problems
WHEN NEW.replaces IS NOT NULL AND NOT EXISTS (SELECT 1 FROM problems p WHERE p.id = NEW.replaces AND p.patient_id = NEW.patient_id
    AND p.superseded_at IS NOT NULL AND p.entered_in_error_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'problems_same_patient');
END;
-- A problem stays what it is: it is replaced once, or marked as entered in error once.
CREATE TRIGGER problems_frozen BEFORE UPDATE ON problems
WHEN (NEW.id, NEW.patient_id, NEW.code, NEW.description, NEW.clinical_status, NEW.verification, NEW.onset_on, NEW.recorded_at, NEW.recorded_by,
        NEW.replaces)
    IS NOT (OLD.id, OLD.patient_id, OLD.code, OLD.description, OLD.clinical_status, OLD.verification, OLD.onset_on, OLD.recorded_at,
        OLD.recorded_by, OLD.replaces)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS NOT OLD.superseded_at)
    OR (OLD.entered_in_error_at IS NOT NULL AND NEW.entered_in_error_at IS NOT OLD.entered_in_error_at)
BEGIN
    SELECT RAISE(ABORT, 'problems_frozen');
END;
CREATE TRIGGER problems_kept BEFORE DELETE ON problems
BEGIN
    SELECT RAISE(ABORT, 'problems_frozen');
END;
