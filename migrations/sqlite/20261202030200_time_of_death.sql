-- The time of death, where it is known to the minute. The day stays in `deceased_on`.
ALTER TABLE patients ADD COLUMN deceased_at TEXT;
CREATE TRIGGER patients_time_of_death_insert BEFORE INSERT ON patients
WHEN NEW.deceased_at IS NOT NULL AND (NEW.deceased_on IS NULL OR NEW.deceased_precision <> 'day')
BEGIN
    SELECT RAISE(ABORT, 'patients_time_of_death');
END;
CREATE TRIGGER patients_time_of_death_update BEFORE UPDATE OF deceased_on, deceased_precision, deceased_at ON patients
WHEN NEW.deceased_at IS NOT NULL AND (NEW.deceased_on IS NULL OR NEW.deceased_precision <> 'day')
BEGIN
    SELECT RAISE(ABORT, 'patients_time_of_death');
END;
