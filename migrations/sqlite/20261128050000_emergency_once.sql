-- A record is open to one user in one emergency at a time: clicks at once do not make several rows for the auditor to judge. Rows
-- from before this migration stay as they are.
CREATE TRIGGER emergency_accesses_once BEFORE INSERT ON emergency_accesses
BEGIN
    SELECT RAISE(ABORT, 'emergency_accesses_once') WHERE EXISTS (
        SELECT 1 FROM emergency_accesses e
        WHERE e.user_id = NEW.user_id AND e.patient_id = NEW.patient_id AND e.began_at < NEW.ends_at AND e.ends_at > NEW.began_at);
END;
