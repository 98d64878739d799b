-- The moment when administrators were notified of a run that failed. Later failures within a day notify nobody again, until a backup is sound.
ALTER TABLE backups ADD COLUMN rung_at TIMESTAMPTZ;
