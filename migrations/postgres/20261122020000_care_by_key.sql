-- Whether somebody is in the reader's care is looked up by the key, for the rows that a query comes to. Left to itself PostgreSQL may
-- make a list of all of `care` first, for each query: so it did in a hospital of 100,000 patients. OFFSET 0 forbids that and nothing else.

-- As before, see 20261121211000_row_security.sql; it may be called again for a table that has its wall.
CREATE OR REPLACE FUNCTION guard_rows(guarded regclass, patient text DEFAULT 'patient_id', more text DEFAULT 'false') RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    within text := format('(%1$s = ANY ((SELECT reader_patients())::uuid[])
        OR EXISTS (SELECT 1 FROM care k WHERE k.patient_id = %1$s AND k.clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OFFSET 0)
        OR EXISTS (SELECT 1 FROM emergency_accesses x WHERE x.patient_id = %1$s AND x.user_id = (SELECT reader_user())
            AND x.ends_at > (SELECT reader_now()) OFFSET 0))', format('%s.%s', guarded, patient));
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    IF EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = guarded AND polname = 'readers') THEN
        EXECUTE format('DROP POLICY readers ON %s', guarded);
    END IF;
    EXECUTE format('CREATE POLICY readers ON %s USING (%s OR %s) WITH CHECK (%s)', guarded, more, within, within);
END $$;

SELECT guard_rows(guarded) FROM unnest(ARRAY['allergies', 'problems', 'coverages', 'patient_contacts', 'patient_identifiers',
    'billing_accounts', 'vitals', 'notes', 'diagnoses', 'prescriptions', 'imported_records', 'portal_codes']::regclass[]) AS guarded;
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['appointments', 'visits', 'encounters', 'charges', 'invoices', 'payments']::regclass[]) AS guarded;
SELECT guard_rows('patient_users', 'patient_id', 'patient_users.user_id = (SELECT reader_user())');
SELECT guard_rows('guardians', 'patient_id', 'guardians.guardian_id = ANY ((SELECT reader_patients())::uuid[])');

DO $$
DECLARE
    within text := '(patients.id = ANY ((SELECT reader_patients())::uuid[])
        OR EXISTS (SELECT 1 FROM care k WHERE k.patient_id = patients.id AND k.clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OFFSET 0)
        OR EXISTS (SELECT 1 FROM emergency_accesses x WHERE x.patient_id = patients.id AND x.user_id = (SELECT reader_user())
            AND x.ends_at > (SELECT reader_now()) OFFSET 0))';
BEGIN
    EXECUTE format('ALTER POLICY readers ON patients USING ((SELECT reader_may()) IN (''register_patients'', ''read_audit'') OR %s)', within);
    EXECUTE format('ALTER POLICY writers ON patients USING (%s)', within);
END $$;

-- What hangs on such a row.
ALTER POLICY readers ON queue_entries
    USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OR EXISTS (SELECT 1 FROM visits v WHERE v.id = queue_entries.visit_id OFFSET 0))
    WITH CHECK (EXISTS (SELECT 1 FROM visits v WHERE v.id = queue_entries.visit_id OFFSET 0));
ALTER POLICY readers ON addenda USING (EXISTS (SELECT 1 FROM notes n WHERE n.id = addenda.note_id OFFSET 0));
ALTER POLICY readers ON note_signatures USING (EXISTS (SELECT 1 FROM notes n WHERE n.id = note_signatures.note_id OFFSET 0));
ALTER POLICY readers ON invoice_lines USING (EXISTS (SELECT 1 FROM invoices i WHERE i.id = invoice_lines.invoice_id OFFSET 0));
