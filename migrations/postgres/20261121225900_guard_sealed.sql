-- The table of other houses' numbers was made anew after the wall was built, codes for the portal came beside it, and kept originals are no reader's.
DO $$
BEGIN
    IF NOT (SELECT relrowsecurity FROM pg_class WHERE oid = 'patient_identifiers'::regclass) THEN
        PERFORM guard_rows('patient_identifiers');
    END IF;
END $$;
SELECT guard_rows('portal_codes');
REVOKE ALL ON imported_bodies FROM infirmary_app;
REVOKE INSERT, UPDATE, DELETE ON encryption_keys FROM infirmary_app;
-- Linking one's record counts attempts as the door does.
GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempts TO infirmary_app;
-- A signature is seen with its note.
ALTER TABLE note_signatures ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON note_signatures USING (EXISTS (SELECT 1 FROM notes n WHERE n.id = note_signatures.note_id));
