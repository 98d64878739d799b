-- The hours before an appointment from which a clinic reminds its patient for the first time; without a value, 48.
ALTER TABLE clinics ADD COLUMN reminder_hours BIGINT CONSTRAINT clinics_reminder_hours CHECK (reminder_hours BETWEEN 4 AND 168);
