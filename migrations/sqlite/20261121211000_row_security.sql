-- What is known of people and times without their being in anybody's care. In PostgreSQL these views are how the program reads it
-- under row-level security; here they are the same views.

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
