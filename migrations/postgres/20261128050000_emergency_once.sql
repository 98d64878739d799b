-- A record is open to one user in one emergency at a time: clicks at once do not make several rows for the auditor to judge. Rows
-- from before this migration stay as they are: they are frozen, and may overlap.
DO $$
DECLARE
    newest timestamptz := (SELECT max(began_at) FROM emergency_accesses);
BEGIN
    EXECUTE format('ALTER TABLE emergency_accesses ADD CONSTRAINT emergency_accesses_once EXCLUDE USING gist
        (user_id WITH =, patient_id WITH =, tstzrange(began_at, ends_at) WITH &&) WHERE (began_at > %L::timestamptz)',
        coalesce(newest, '-infinity'));
END $$;
