-- A sample says that the patient is pregnant, in which trimester, and from where this is known: the ranges of pregnancy hold for it. A sample that
-- says nothing is judged by the general range.
ALTER TABLE lab_samples ADD COLUMN pregnancy TEXT CHECK (pregnancy IN ('t1', 't2', 't3'));
ALTER TABLE lab_samples ADD COLUMN pregnancy_source TEXT CHECK (pregnancy_source IN ('ultrasound', 'record', 'patient'));
ALTER TABLE lab_samples ADD COLUMN pregnancy_at TEXT;
ALTER TABLE lab_samples ADD COLUMN pregnancy_by BLOB REFERENCES users (id) CONSTRAINT samples_pregnancy CHECK (
    (pregnancy IS NULL) = (pregnancy_source IS NULL) AND (pregnancy IS NULL) = (pregnancy_at IS NULL) AND (pregnancy IS NULL) = (pregnancy_by IS NULL));

-- It is said before the first value of the sample: a value keeps the range by which it was judged.
CREATE TRIGGER samples_pregnancy_fixed BEFORE UPDATE OF pregnancy, pregnancy_source ON lab_samples
WHEN (NEW.pregnancy, NEW.pregnancy_source) IS NOT (OLD.pregnancy, OLD.pregnancy_source)
    AND EXISTS (SELECT 1 FROM lab_analyses a JOIN lab_results r ON r.analysis_id = a.id WHERE a.sample_id = NEW.id AND r.superseded_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'samples_pregnancy_fixed');
END;
