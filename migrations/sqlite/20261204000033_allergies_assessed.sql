-- A doctor confirms or refutes an allergy, says that it is resolved, or that it warns again: who, when, and why.
ALTER TABLE allergies ADD COLUMN assessed_at TEXT;
ALTER TABLE allergies ADD COLUMN assessed_by BLOB REFERENCES users (id);
ALTER TABLE allergies ADD COLUMN assessed_why TEXT NOT NULL DEFAULT '' CHECK (length(assessed_why) <= 500);
CREATE INDEX allergies_by_assessor ON allergies (assessed_by) WHERE assessed_by IS NOT NULL;
-- No state changes without its author, an allergy stops to warn only with a reason, and one that was entered in error is not judged.
CREATE TRIGGER allergies_assessed BEFORE UPDATE OF clinical_status, verification ON allergies
WHEN (NEW.clinical_status, NEW.verification) IS NOT (OLD.clinical_status, OLD.verification)
    AND (OLD.entered_in_error_at IS NOT NULL OR NEW.assessed_at IS NULL OR NEW.assessed_by IS NULL
        OR ((NEW.clinical_status <> 'active' OR NEW.verification = 'refuted') AND length(NEW.assessed_why) = 0))
BEGIN
    SELECT RAISE(ABORT, 'allergies_assessed');
END;
