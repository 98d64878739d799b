-- The time of death, where it is known to the minute. The day stays in `deceased_on`.
ALTER TABLE patients ADD COLUMN deceased_at TIMESTAMPTZ;
ALTER TABLE patients ADD CONSTRAINT patients_time_of_death
    CHECK (deceased_at IS NULL OR (deceased_on IS NOT NULL AND deceased_precision = 'day'));
