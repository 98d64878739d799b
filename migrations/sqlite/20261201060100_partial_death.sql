-- How much of the day of death is known. Records of other systems tell the month, the year, or only that a patient died; `deceased_on` is then the
-- first day of the month or year, or the day on which it was learned.
ALTER TABLE patients ADD COLUMN deceased_precision TEXT NOT NULL DEFAULT 'day' CHECK (deceased_precision IN ('day', 'month', 'year', 'unknown'));
