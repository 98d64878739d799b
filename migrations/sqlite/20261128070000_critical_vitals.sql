-- Vital signs: whether a set is critical, the age group that a nurse stated for a patient without a birth date, and which set a
-- corrected one stands for.
ALTER TABLE vitals ADD COLUMN critical INTEGER NOT NULL DEFAULT 0 CHECK (critical IN (0, 1));
ALTER TABLE vitals ADD COLUMN age_group TEXT CHECK (age_group IN ('infant', 'toddler', 'school', 'teen', 'adult'));
ALTER TABLE vitals ADD COLUMN corrects BLOB REFERENCES vitals (id);
-- Earlier sets: the total alone is known here. A single critical value is found when the set is shown.
UPDATE vitals SET critical = 1 WHERE news2 >= 7;
-- A set is corrected once: of two who correct it at the same moment the second is refused.
CREATE UNIQUE INDEX vitals_corrected_once ON vitals (corrects) WHERE corrects IS NOT NULL;
-- A corrected set is of the same patient and visit, and the set that it stands for is marked as wrong first.
CREATE TRIGGER vitals_corrects_own BEFORE INSERT ON vitals WHEN NEW.corrects IS NOT NULL AND NOT EXISTS
    (SELECT 1 FROM vitals w WHERE w.id = NEW.corrects AND w.patient_id = NEW.patient_id AND w.visit_id IS NEW.visit_id
    AND w.entered_in_error_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'vitals_corrects_own');
END;
