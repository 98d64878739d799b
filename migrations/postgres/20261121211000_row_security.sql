-- The second wall: even a query that forgets whose rows it asks for gets those of its reader only. Whoever serves a request works as
-- infirmary_app, with who asks and for what in settings of the transaction; the owner (migrations, jobs, imports, sign-in) is not
-- held back. Without settings there is nothing to see.

DO $$
DECLARE
    may_work_as boolean;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'infirmary_app') THEN
        IF NOT (SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user) THEN
            RAISE EXCEPTION 'the role infirmary_app is missing and % may not make it', current_user USING HINT =
                format('As a superuser: CREATE ROLE infirmary_app NOLOGIN; GRANT infirmary_app TO %I;', current_user);
        END IF;
        BEGIN
            CREATE ROLE infirmary_app NOLOGIN NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            -- Another database of this server was brought up to date at the same moment.
            NULL;
        END;
    END IF;
    -- From PostgreSQL 16 on whoever makes a role is its member without the right to work as it.
    EXECUTE format('SELECT pg_has_role(current_user, ''infirmary_app'', %L)',
        CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END) INTO may_work_as;
    IF NOT may_work_as THEN
        EXECUTE format('GRANT infirmary_app TO %I', current_user);
    END IF;
END $$;

-- What the transaction says of its reader. Each is asked once a query, as (SELECT …).
CREATE FUNCTION reader_user() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('infirmary.user', true), '')::uuid
$$;
-- The permission that opened the door.
CREATE FUNCTION reader_may() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(current_setting('infirmary.may', true), '')
$$;
-- The clinics where the reader has it; '*' is all.
CREATE FUNCTION reader_clinics() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT CASE current_setting('infirmary.clinics', true)
        WHEN '*' THEN ARRAY(SELECT id FROM clinics)
        ELSE coalesce(nullif(current_setting('infirmary.clinics', true), '')::uuid[], '{}') END
$$;
-- Whose records the reader reads as a patient.
CREATE FUNCTION reader_patients() RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT coalesce(nullif(current_setting('infirmary.patients', true), '')::uuid[], '{}')
$$;
CREATE FUNCTION reader_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(current_setting('infirmary.now', true), '')::timestamptz
$$;

GRANT USAGE ON SCHEMA public TO infirmary_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO infirmary_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO infirmary_app;
-- Of tables that later migrations make, too.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO infirmary_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO infirmary_app;
REVOKE ALL ON _sqlx_migrations, imported_records, sessions, mails, forgotten_passwords, sign_in_attempts FROM infirmary_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON sessions, mails TO infirmary_app;
REVOKE UPDATE, DELETE, TRUNCATE ON audit_log, emergency_accesses, events FROM infirmary_app;
GRANT UPDATE (reviewed_at, reviewed_by, verdict, remark) ON emergency_accesses TO infirmary_app;
REVOKE SELECT ON events FROM infirmary_app;
REVOKE ALL ON audit_seals FROM infirmary_app;

-- Who is in whose care: of the reader's clinics, and oneself.
ALTER TABLE care ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON care FOR SELECT USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]));
CREATE POLICY desk ON care FOR INSERT
    WITH CHECK (clinic_id = ANY ((SELECT reader_clinics())::uuid[]) AND (SELECT reader_may()) = 'register_patients');
ALTER TABLE emergency_accesses ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON emergency_accesses FOR SELECT USING (user_id = (SELECT reader_user()) OR (SELECT reader_may()) = 'read_audit');
CREATE POLICY opening ON emergency_accesses FOR INSERT
    WITH CHECK (user_id = (SELECT reader_user()) AND (SELECT reader_may()) = 'break_glass');
CREATE POLICY judging ON emergency_accesses FOR UPDATE USING ((SELECT reader_may()) = 'read_audit');

-- Puts a table of patients' rows behind the wall. `patient` is what gives the row's patient; `more` opens it to others as well. A
-- migration that makes such a table calls this: SELECT guard_rows('the_table').
CREATE FUNCTION guard_rows(guarded regclass, patient text DEFAULT 'patient_id', more text DEFAULT 'false') RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    within text := format('(%1$s = ANY ((SELECT reader_patients())::uuid[])
        OR EXISTS (SELECT 1 FROM care k WHERE k.patient_id = %1$s AND k.clinic_id = ANY ((SELECT reader_clinics())::uuid[]))
        OR EXISTS (SELECT 1 FROM emergency_accesses x WHERE x.patient_id = %1$s AND x.user_id = (SELECT reader_user())
            AND x.ends_at > (SELECT reader_now())))', format('%s.%s', guarded, patient));
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', guarded);
    EXECUTE format('CREATE POLICY readers ON %s USING (%s OR %s) WITH CHECK (%s)', guarded, more, within, within);
END $$;
REVOKE ALL ON FUNCTION guard_rows FROM PUBLIC;

SELECT guard_rows('allergies'), guard_rows('problems'), guard_rows('coverages'), guard_rows('patient_contacts'),
    guard_rows('patient_identifiers'), guard_rows('billing_accounts'), guard_rows('vitals'), guard_rows('notes'), guard_rows('diagnoses'),
    guard_rows('prescriptions'), guard_rows('imported_records');
-- Whatever is of one of the reader's clinics is of somebody in its care.
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['appointments', 'visits', 'encounters', 'charges', 'invoices', 'payments']::regclass[]) AS guarded;
SELECT guard_rows('patient_users', 'patient_id', 'patient_users.user_id = (SELECT reader_user())');

-- The record itself. Registering looks among all for who may be the same person; the auditor reads names in the log.
ALTER TABLE patients ENABLE ROW LEVEL SECURITY;
CREATE FUNCTION guard_patients() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    within text := '(patients.id = ANY ((SELECT reader_patients())::uuid[])
        OR EXISTS (SELECT 1 FROM care k WHERE k.patient_id = patients.id AND k.clinic_id = ANY ((SELECT reader_clinics())::uuid[]))
        OR EXISTS (SELECT 1 FROM emergency_accesses x WHERE x.patient_id = patients.id AND x.user_id = (SELECT reader_user())
            AND x.ends_at > (SELECT reader_now())))';
BEGIN
    EXECUTE format('CREATE POLICY readers ON patients FOR SELECT USING ((SELECT reader_may()) IN (''register_patients'', ''read_audit'') OR %s)', within);
    EXECUTE format('CREATE POLICY writers ON patients FOR UPDATE USING %s', within);
END $$;
SELECT guard_patients();
DROP FUNCTION guard_patients();
CREATE POLICY desk ON patients FOR INSERT WITH CHECK ((SELECT reader_may()) = 'register_patients');

-- What hangs on such a row is seen with it.
ALTER TABLE queue_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON queue_entries
    USING (clinic_id = ANY ((SELECT reader_clinics())::uuid[]) OR EXISTS (SELECT 1 FROM visits v WHERE v.id = queue_entries.visit_id))
    WITH CHECK (EXISTS (SELECT 1 FROM visits v WHERE v.id = queue_entries.visit_id));
ALTER TABLE addenda ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON addenda USING (EXISTS (SELECT 1 FROM notes n WHERE n.id = addenda.note_id));
ALTER TABLE invoice_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON invoice_lines USING (EXISTS (SELECT 1 FROM invoices i WHERE i.id = invoice_lines.invoice_id));

-- A bell is its owner's; anybody who works here may ring it.
ALTER TABLE notifications ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON notifications USING (user_id = (SELECT reader_user())) WITH CHECK ((SELECT reader_user()) IS NOT NULL);

-- The log is written by everybody and read by the auditor, and by patients as far as it is about them.
ALTER TABLE audit_log ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON audit_log FOR SELECT
    USING ((SELECT reader_may()) = 'read_audit' OR patient_id = ANY ((SELECT reader_patients())::uuid[]));
CREATE POLICY writers ON audit_log FOR INSERT WITH CHECK (user_id = (SELECT reader_user()));

-- What is known of people and times without their being in anybody's care: read with the owner's eyes.

-- Who somebody is, for finding: never how they are reached.
CREATE VIEW patient_identities AS
SELECT id, mrn, given_names, family_name, preferred_name, birth_date, birth_precision, sex, created_at FROM patients;

-- When doctors are taken, not by whom.
CREATE VIEW taken_times AS
SELECT doctor_id, starts_at, ends_at, seat, state, held_until FROM appointments;

-- How many stand before one in a queue, not who.
CREATE VIEW waiting_places AS
SELECT e.id, e.visit_id, e.clinic_id, e.service_id, e.step, e.state, e.priority, e.doctor_id, e.waiting_since, e.opened_at,
    before.closed_because AS came_by
FROM queue_entries e LEFT JOIN queue_entries before ON before.id = e.previous_id WHERE e.closed_at IS NULL;

-- How long the last ones took, and by whom they were served.
CREATE VIEW served_times AS
SELECT service_id, step, opened_at, closed_at, closed_by FROM queue_entries
WHERE closed_at IS NOT NULL AND state <> 'waiting' AND closed_because IN ('moved_on', 'done');

-- Times that somebody held too long: whoever books gives them back.
CREATE VIEW stale_holds AS
SELECT doctor_id, starts_at, state, held_until, cancelled_at, cancelled_by, updated_at, updated_by, version FROM appointments
WHERE state = 'held' AND held_until <= coalesce(reader_now(), 'infinity');

-- Views can be written through where they are simple; these are for reading.
REVOKE INSERT, UPDATE, DELETE ON patient_identities, taken_times, waiting_places, served_times FROM infirmary_app;
REVOKE INSERT, DELETE ON stale_holds FROM infirmary_app;
