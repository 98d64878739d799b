-- A hospital with 51,200 rows in every table that grows. Everything of number n has the id of number n.
UPDATE filler SET
    family = substr('bcdfghjklmnprstvz', n % 17 + 1, 1) || substr('aeiou', n / 17 % 5 + 1, 1)
        || substr('rlnstmdgk', n / 85 % 9 + 1, 1) || substr('aeiou', n / 765 % 5 + 1, 1) || substr('lnrst', n / 3825 % 5 + 1, 1),
    given = substr('mlpjsdtrc', n / 7 % 9 + 1, 1) || substr('aeiou', n / 63 % 5 + 1, 1) || substr('ntvrl', n / 315 % 5 + 1, 1)
        || substr('aeio', n / 1575 % 4 + 1, 1);
CREATE TABLE the AS SELECT
    (SELECT id FROM users WHERE login = 'system') AS program, (SELECT id FROM clinics WHERE code = 'NORTH') AS north,
    (SELECT s.id FROM services s JOIN clinics c ON c.id = s.clinic_id WHERE c.code = 'NORTH' AND s.name = 'General medicine') AS service,
    (SELECT id FROM departments WHERE code = 'MED') AS department, (SELECT id FROM staff WHERE display_name = 'Dr. Carmen Costa') AS costa,
    (SELECT id FROM insurers) AS insurer, (SELECT id FROM price_items WHERE code = 'CONS-MED') AS item;

INSERT INTO users (id, login, display_name, status, created_at, updated_at)
SELECT id, 'filler' || n, family || ' ' || given, 'active', now, now FROM filler;
INSERT INTO user_roles (user_id, role, granted_at, granted_by) SELECT id, 'patient', now, the.program FROM filler, the;
INSERT INTO staff (id, kind, display_name, department_id)
SELECT id, 'doctor', 'Dr. ' || family, the.department FROM filler, the WHERE n BETWEEN 1 AND 39;
INSERT INTO sessions (id_hash, user_id, data, created_at, last_seen_at, expires_at)
SELECT CAST(family || n AS BLOB), id, '{}', now, now, until FROM filler;
INSERT INTO patients (id, mrn, given_names, family_name, birth_date, birth_precision, sex, phone_index, national_id_index, email_index, name_key,
    created_at, created_by, updated_at, updated_by)
SELECT id, '2B' || n, given, family, day, 'day', 'female', CAST('phone' || (10000000000 + n) AS BLOB),
    CAST('natid' || (10000000000 + n) AS BLOB), CAST('email' || (10000000000 + n) AS BLOB), family || given, now, the.program, now, the.program
FROM filler, the;
INSERT INTO care (patient_id, clinic_id, since, because) SELECT id, the.north, now, 'registered' FROM filler, the;
INSERT INTO portal_codes (patient_id, selector, code_hash, created_at, created_by, expires_at)
SELECT f.id, 'FIL' || f.n, 'hash', f.now, the.program, f.until FROM filler f, the WHERE f.n < 5;
INSERT INTO guardians (id, patient_id, guardian_id, kind, from_day, until_day, ends_at, created_at, created_by, agreed_at, agreed_by, document)
SELECT f.id, f.id, p.id, 'child', f.day, '2030-01-01', '2030-01-02T00:00:00.000000Z', f.now, the.program, f.now, the.program, 'Birth certificate' FROM filler f JOIN filler p ON p.n = f.n + 1 JOIN the ON 1 = 1;
INSERT INTO emergency_accesses (id, patient_id, user_id, clinic_id, reason, began_at, ends_at)
SELECT id, id, id, the.north, 'Unconscious, allergies unknown', at, until FROM filler, the;
INSERT INTO access_grants (id, patient_id, kind, user_id, clinic_id, made_at) SELECT id, id, 'code', id, the.north, at FROM filler, the;
INSERT INTO patient_search_terms (term, patient_id) SELECT family, id FROM filler;
INSERT INTO patient_search_terms (term, patient_id) SELECT given, id FROM filler;
INSERT INTO patient_search_terms (term, patient_id) SELECT '~' || family, id FROM filler;
INSERT INTO patient_search_terms (term, patient_id) SELECT '~=' || given || family, id FROM filler;
INSERT INTO patient_identifiers (id, system, value_index, patient_id, sealed)
SELECT id, 'elsewhere', CAST('value' || (10000000000 + n) AS BLOB), id, CAST('' AS BLOB) FROM filler;
INSERT INTO patient_users (user_id, patient_id, linked_at, linked_by) SELECT id, id, now, the.program FROM filler, the;
INSERT INTO patient_contacts (id, patient_id, name) SELECT id, id, given FROM filler;
INSERT INTO patient_changes (id, patient_id, changed_at, changed_by, request_id)
SELECT f.id, f.id, f.at, the.program, 'request' || f.n FROM filler f, the;
INSERT INTO patient_former_names (patient_id, given_names, family_name) SELECT id, given, 'Before' FROM filler;
INSERT INTO allergies (id, patient_id, substance, category, criticality, clinical_status, verification, recorded_at, recorded_by)
SELECT id, id, 'Penicillin', 'medication', 'high', 'active', 'confirmed', now, the.program FROM filler, the;
INSERT INTO problems (id, patient_id, description, clinical_status, verification, recorded_at, recorded_by)
SELECT id, id, 'Asthma', 'active', 'confirmed', now, the.program FROM filler, the;
INSERT INTO coverages (id, patient_id, insurer_id, policy_index, copay_percent, created_at, created_by)
SELECT id, id, the.insurer, CAST('polic' || (10000000000 + n) AS BLOB), 20, now, the.program FROM filler, the;
INSERT INTO billing_accounts (id, patient_id, opened_at, opened_by) SELECT id, id, now, the.program FROM filler, the;
-- Of the past only those that no guard compares: filling is quicker.
INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, booked_through, idempotency_key,
    created_at, created_by, updated_at, updated_by)
SELECT f.id, f.id, CASE WHEN d.n = 0 THEN the.costa ELSE d.id END, the.north, the.service, f.at, f.until, 1,
    CASE WHEN f.at < f.now THEN 'no_show' ELSE 'booked' END, 'demo', f.id, f.now, the.program, f.now, the.program
FROM filler f JOIN filler d ON d.n = f.n % 40 JOIN the ON 1 = 1;
INSERT INTO told_prices (id, appointment_id, item_id, day, total, currency, told_at, told_by)
SELECT a.id, a.id, i.id, '2026-11-20', 12000, 'USD', a.created_at, a.created_by FROM appointments a JOIN price_items i ON i.code = 'CONS-MED'
WHERE NOT EXISTS (SELECT 1 FROM told_prices t WHERE t.appointment_id = a.id);
INSERT INTO waitlist (id, patient_id, clinic_id, service_id, urgent, until_day, state, created_at, created_by, updated_at, updated_by)
SELECT f.id, f.id, the.north, the.service, 1 = 0, '2027-01-01', CASE WHEN f.n % 1000 = 0 THEN 'waiting' ELSE 'expired' END, f.now, the.program,
    f.now, the.program
FROM filler f, the;
INSERT INTO bed_classes (id, name, item_id, created_at, created_by, updated_at, updated_by)
SELECT f.id, 'General', the.item, f.now, the.program, f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO wards (id, name, clinic_id, code, kind, sex_rule, created_at, created_by, updated_at, updated_by)
SELECT f.id, 'Filled ward ' || f.n, the.north, 'FILL' || f.n, 'mixed', 'any', f.now, the.program, f.now, the.program
FROM filler f, the WHERE f.n IN (1, 2);
INSERT INTO ward_rooms (id, name, ward_id, sex_rule, isolation, created_at, created_by, updated_at, updated_by)
SELECT f.id, 'Room 1', f.id, 'any', 'none', f.now, the.program, f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO beds (id, name, room_id, kind, class_id, created_at, created_by, updated_at, updated_by)
SELECT f.id, 'B' || f.n, one.id, 'adult', one.id, f.now, the.program, f.now, the.program
FROM filler f JOIN filler one ON one.n = 1 JOIN the ON 1 = 1 WHERE f.n < 5 OR f.n % 1000 = 0;
INSERT INTO admissions (id, number, clinic_id, patient_id, class, source, urgency, reason, ward_id, accepted_ward_id, wanted_on, isolation, state,
    requested_at, requested_by, admitted_at, left_at, updated_at, updated_by, mother_id)
SELECT f.id, 'A-FILL-' || f.n, the.north, f.id, 'inpatient', 'planned', 'routine', 'Filled', one.id, one.id, f.day, 'none',
    CASE WHEN (f.n < 4 OR f.n % 1000 = 0) THEN 'admitted' ELSE 'discharged' END, f.at, the.program, f.at, CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN f.at END, f.at, the.program,
    CASE WHEN f.n % 2 = 1 THEN m.id END
FROM filler f JOIN filler one ON one.n = 1 JOIN filler m ON m.n = f.n - f.n % 2 JOIN the ON 1 = 1;
INSERT INTO admission_acts (id, admission_id, act, at, done_by) SELECT f.id, f.id, 'admitted', f.at, the.program FROM filler f, the;
INSERT INTO bed_uses (id, clinic_id, bed_id, kind, admission_id, patient_id, began_at, ended_at, ended_because, opened_by)
SELECT f.id, the.north, CASE WHEN f.n < 5 OR f.n % 1000 = 0 THEN f.id ELSE one.id END, 'stay', f.id, f.id, f.at,
    CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN f.at END, CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN 'discharged' END, the.program
FROM filler f JOIN filler one ON one.n = 1 JOIN the ON 1 = 1;
INSERT INTO transfers (id, admission_id, from_ward_id, to_ward_id, kind, handover, state, asked_at, asked_by, ended_at)
SELECT f.id, f.id, two.id, one.id, 'capacity', 'Filled', 'completed', f.at, the.program, f.at
FROM filler f JOIN filler one ON one.n = 1 JOIN filler two ON two.n = 2 JOIN the ON 1 = 1;
INSERT INTO bed_swaps (id, admission_id, with_id, state, proposed_at, proposed_by, ended_at)
SELECT f.id, f.id, one.id, 'withdrawn', f.at, the.program, f.at FROM filler f JOIN filler one ON one.n = CASE WHEN f.n = 1 THEN 2 ELSE 1 END JOIN the ON 1 = 1;
INSERT INTO ward_absences (id, admission_id, kind, left_at, back_at, noted_by) SELECT f.id, f.id, 'imaging', f.at, f.at, the.program FROM filler f, the;
INSERT INTO resuscitation_decisions (id, admission_id, level, ground, decided_at, decided_by, replaced_at)
SELECT f.id, f.id, 'full', 'clinical', f.at, the.program, f.at FROM filler f, the;
INSERT INTO nil_by_mouth (id, admission_id, from_at, reason, set_at, set_by, ended_at, ended_by)
SELECT f.id, f.id, f.at, 'Filled', f.at, the.program, f.at, the.program FROM filler f, the;
INSERT INTO discharges (id, admission_id, kind, admitted_at, decided_at, decided_by, diagnosis, left_at)
SELECT f.id, f.id, 'home', f.at, f.at, the.program, 'Filled', f.at FROM filler f, the WHERE (f.n >= 4 AND f.n % 1000 <> 0);
INSERT INTO discharge_steps (id, discharge_id, step, state, done_at, done_by)
SELECT f.id, f.id, 'clinical', 'done', f.at, the.program FROM filler f, the WHERE (f.n >= 4 AND f.n % 1000 <> 0);
INSERT INTO births (id, mother_id, plurality, birth_order, born_at, sex, outcome, baby_id, noted_at, noted_by)
SELECT f.id, m.id, 2, 2 - f.n % 2, f.at, 'female', CASE WHEN f.n % 2 = 1 THEN 'live' ELSE 'stillborn' END, CASE WHEN f.n % 2 = 1 THEN f.id END,
    f.at, the.program
FROM filler f JOIN filler m ON m.n = f.n - f.n % 2 JOIN the ON 1 = 1;
INSERT INTO bed_days (id, admission_id, day, bed_id, class_id, kind, item_id, created_at)
SELECT f.id, f.id, f.day, one.id, one.id, 'stay', the.item, f.at FROM filler f JOIN filler one ON one.n = 1 JOIN the ON 1 = 1;
INSERT INTO observation_plans (id, admission_id, patient_id, clinic_id, nth, reason, set_at, set_by)
SELECT f.id, f.id, f.id, the.north, 1, 'Filled', f.at, the.program FROM filler f, the;
INSERT INTO observations (id, admission_id, patient_id, clinic_id, set_id, version, kind, taken_at, recorded_at, recorded_by, respiration, spo2, oxygen,
    systolic, pulse, consciousness, temperature, spo2_scale, score)
SELECT f.id, f.id, f.id, the.north, f.id, 1, 'values', f.at, f.at, the.program, 16, 96, 0, 120, 70, 'alert', 370, 1, 0 FROM filler f, the;
INSERT INTO escalations (id, admission_id, patient_id, clinic_id, observation_id, because, level, state, opened_at, answer_by, closed_at, closed_by,
    withdrawn)
SELECT f.id, f.id, f.id, the.north, f.id, 'worry', 1, CASE WHEN (f.n < 4 OR f.n % 1000 = 0) THEN 'open' ELSE 'closed' END, f.at, f.until,
    CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN f.until END, CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN the.program END, (f.n >= 4 AND f.n % 1000 <> 0) FROM filler f, the;
INSERT INTO escalation_steps (id, escalation_id, nth, step, level, at, by_user) SELECT f.id, f.id, 1, 'opened', 1, f.at, the.program FROM filler f, the;
INSERT INTO fluid_entries (id, admission_id, patient_id, clinic_id, entry_id, version, direction, kind, ml, taken_at, recorded_at, recorded_by)
SELECT f.id, f.id, f.id, the.north, f.id, 1, 'in', 'oral', 200, f.at, f.at, the.program FROM filler f, the;
INSERT INTO nursing_task_plans (id, admission_id, patient_id, clinic_id, kind, repeats, starts_at, created_at, created_by, ended_at, ended_by)
SELECT f.id, f.id, f.id, the.north, 'turning', 'once', f.at, f.at, the.program, CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN f.at END,
    CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN the.program END FROM filler f, the;
INSERT INTO nursing_tasks (id, admission_id, patient_id, clinic_id, origin_id, due_at, state, settled_at, settled_by)
SELECT f.id, f.id, f.id, the.north, f.id, f.at, CASE WHEN (f.n < 4 OR f.n % 1000 = 0) THEN 'due' ELSE 'done' END, CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN f.at END,
    CASE WHEN (f.n >= 4 AND f.n % 1000 <> 0) THEN the.program END FROM filler f, the;
INSERT INTO nursing_allocations (id, admission_id, patient_id, clinic_id, nurse_id, day, shift, set_at, set_by)
SELECT f.id, f.id, f.id, the.north, the.program, f.day, 'day', f.at, the.program FROM filler f, the;
INSERT INTO handovers (id, clinic_id, ward_id, day, shift, state, created_at, created_by)
SELECT f.id, the.north, one.id, f.day, 'day', 'preparing', f.at, the.program FROM filler f JOIN filler one ON one.n = 1 JOIN the ON 1 = 1
WHERE f.n % 960 = 1;
INSERT INTO handover_notes (id, handover_id, admission_id, patient_id, clinic_id, version, written_at, written_by)
SELECT f.id, h.id, f.id, f.id, the.north, 1, f.at, the.program FROM filler f JOIN handovers h ON h.day = f.day JOIN the ON 1 = 1;
-- Whoever came less than a slot ago is still there.
INSERT INTO visits (id, patient_id, clinic_id, service_id, appointment_id, doctor_id, day, token_number, token, outcome, arrived_at, ended_at,
    idempotency_key, created_by, updated_at, updated_by)
SELECT f.id, f.id, a.clinic_id, a.service_id, a.id, a.doctor_id, f.day, f.n + 1, 'A-' || f.n, CASE WHEN f.until < f.now THEN 'done' END, f.at,
    CASE WHEN f.until < f.now THEN f.until END, f.id, the.program, f.now, the.program
FROM filler f JOIN appointments a ON a.id = f.id JOIN the ON 1 = 1 WHERE f.at < f.now;
INSERT INTO queue_entries (id, visit_id, clinic_id, service_id, step, state, priority, doctor_id, waiting_since, opened_at, opened_by, closed_at,
    closed_by, closed_because)
SELECT v.id, v.id, v.clinic_id, v.service_id, 'doctor', CASE WHEN v.ended_at IS NULL THEN 'waiting' ELSE 'serving' END, 3, v.doctor_id,
    v.arrived_at, v.arrived_at, the.program, v.ended_at, CASE WHEN v.ended_at IS NOT NULL THEN the.program END,
    CASE WHEN v.ended_at IS NOT NULL THEN 'done' END
FROM visits v, the;
INSERT INTO encounters (id, patient_id, visit_id, clinic_id, department_id, doctor_id, kind, state, started_at, ended_at, created_by, updated_at,
    updated_by)
SELECT v.id, v.patient_id, v.id, v.clinic_id, the.department, v.doctor_id, 'outpatient', 'finished', v.arrived_at, v.ended_at, the.program,
    v.arrived_at, the.program
FROM visits v, the WHERE v.ended_at IS NOT NULL;
-- Before the notes: once there is one, a finished encounter takes no order any more.
INSERT INTO diagnoses (id, encounter_id, patient_id, code, description, certainty, rank, recorded_at, recorded_by)
SELECT e.id, e.id, e.patient_id, 'J20.9', 'Bronchitis Clinicalmark', 'confirmed', 'primary', e.started_at, the.program FROM encounters e, the;
INSERT INTO prescriptions (id, encounter_id, patient_id, drug, dose, route, frequency, state, prescribed_at, prescribed_by)
SELECT e.id, e.id, e.patient_id, 'Paracetamol Clinicalmark', '500 mg', 'oral', 'daily', 'active', e.started_at, the.program FROM encounters e, the;
INSERT INTO check_findings (id, prescription_id, patient_id, clinic_id, stage, rule_key, level, sentence, reason, decided_at, decided_by)
SELECT e.id, e.id, e.patient_id, e.clinic_id, 'write', 'interaction', 'warn', 'Higher risk Clinicalmark', 'Known', e.started_at, the.program FROM encounters e, the;
-- The pharmacy: an item for each ten batches, one batch for each movement, and what was handed out on other days.
INSERT INTO storerooms (id, clinic_id, code, name, kind, created_at, created_by, updated_at, updated_by)
SELECT f.id, the.north, 'FILL', 'Filler pharmacy', 'pharmacy', f.now, the.program, f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO stock_items (id, code, kind, name, unit, created_at, created_by, updated_at, updated_by)
SELECT f.id, 'FILL-' || f.n, 'consumable', 'Filler ' || f.n, 'piece', f.now, the.program, f.now, the.program FROM filler f, the WHERE f.n % 10 = 0;
INSERT INTO store_items (store_id, item_id, quantity, value) SELECT r.id, i.id, 10, 0 FROM stock_items i, storerooms r WHERE r.code = 'FILL';
INSERT INTO stock_batches (id, item_id, batch_no, batch_key, expires_on, status_at, status_by)
SELECT f.id, i.id, 'B' || f.n, 'B' || f.n, CASE WHEN f.n % 100 = 0 THEN f.day ELSE '2030-01-01' END, f.now, the.program
FROM filler f JOIN filler g ON g.n = f.n - f.n % 10 JOIN stock_items i ON i.id = g.id JOIN the ON 1 = 1;
INSERT INTO stock_lines (id, store_id, item_id, batch_id)
SELECT b.id, r.id, b.item_id, b.id FROM stock_batches b, storerooms r WHERE r.code = 'FILL';
UPDATE stock_lines SET on_hand = 1, seq = 1;
INSERT INTO stock_documents (id, kind, store_id, at, by_user) SELECT f.id, 'receipt', r.id, f.at, the.program FROM filler f, storerooms r, the WHERE r.code = 'FILL';
INSERT INTO stock_movements (id, document_id, line_id, seq, kind, quantity, on_hand_after, value, day, at)
SELECT f.id, f.id, f.id, 1, 'receipt', 1, 1, 0, f.day, f.at FROM filler f;
INSERT INTO supplies (id, patient_id, clinic_id, state, item_id, ordered, dispensed, signed_at, verified_at, verified_by, updated_at, updated_by)
SELECT e.id, e.patient_id, e.clinic_id, CASE WHEN f.day = f.today THEN 'to_verify' ELSE 'dispensed' END, CASE WHEN f.day <> f.today THEN b.item_id END,
    CASE WHEN f.day = f.today THEN 0 ELSE 1 END, CASE WHEN f.day = f.today THEN 0 ELSE 1 END, e.started_at,
    CASE WHEN f.day <> f.today THEN e.started_at END, CASE WHEN f.day <> f.today THEN the.program END, e.started_at, the.program
FROM encounters e JOIN filler f ON f.id = e.id JOIN stock_batches b ON b.id = e.id JOIN the ON 1 = 1;
INSERT INTO dispenses (id, supply_id, patient_id, clinic_id, quantity, identified_by, at, by_user)
SELECT s.id, s.id, s.patient_id, s.clinic_id, 1, 'card', s.signed_at, the.program FROM supplies s, the WHERE s.state = 'dispensed';
INSERT INTO dispense_lines (id, dispense_id, patient_id, batch_id, quantity) SELECT d.id, d.id, d.patient_id, d.id, 1 FROM dispenses d;
INSERT INTO dispense_returns (id, line_id, patient_id, quantity, reason, at, by_user)
SELECT d.id, d.id, d.patient_id, 1, 'not_needed', d.at, the.program FROM dispenses d, the;
INSERT INTO supply_findings (id, supply_id, patient_id, clinic_id, stage, rule_key, level, sentence, reason, at, by_user)
SELECT s.id, s.id, s.patient_id, s.clinic_id, 'verify', 'interaction', 'warn', 'Higher risk Clinicalmark', 'Known', s.signed_at, the.program FROM supplies s, the;
INSERT INTO supply_pauses (id, supply_id, patient_id, clinic_id, kind, until_on, at, by_user, outcome)
SELECT s.id, s.id, s.patient_id, s.clinic_id, 'on_hold', f.day, s.signed_at, the.program, 'changed' FROM supplies s JOIN filler f ON f.id = s.id JOIN the ON 1 = 1;
-- The pharmacy sent what a ward had asked for: each batch was reserved, and called back from the way.
INSERT INTO storerooms (id, clinic_id, code, name, kind, created_at, created_by, updated_at, updated_by)
SELECT f.id, the.north, 'FILLWARD', 'Filler ward', 'ward', f.now, the.program, f.now, the.program FROM filler f, the WHERE f.n = 2;
INSERT INTO stock_reservations (id, line_id, purpose, purpose_id, quantity, state, until_at, at, by_user)
SELECT l.id, l.id, 'supply', l.id, 1, 'open', f.now, f.at, the.program FROM stock_lines l JOIN filler f ON f.id = l.id JOIN the ON 1 = 1;
UPDATE stock_reservations SET state = 'used', ended_at = at;
INSERT INTO ward_requisitions (id, clinic_id, store_id, state, created_at, created_by)
SELECT f.id, the.north, r.id, 'draft', f.at, the.program FROM filler f, storerooms r, the WHERE r.code = 'FILLWARD';
INSERT INTO ward_requisition_lines (id, requisition_id, item_id, wanted) SELECT b.id, b.id, b.item_id, 1 FROM stock_batches b JOIN filler f ON f.id = b.id;
UPDATE ward_requisitions SET state = 'cancelled', version = version + 1, ended_at = created_at, ended_by = created_by;
INSERT INTO stock_transfers (id, clinic_id, from_id, to_id, requisition_id, state, created_at, created_by, ended_at, ended_by)
SELECT w.id, w.clinic_id, r.id, w.store_id, w.id, 'called_back', w.created_at, w.created_by, w.created_at, w.created_by
FROM ward_requisitions w, storerooms r WHERE r.code = 'FILL';
INSERT INTO stock_transfer_lines (id, transfer_id, requisition_line_id, item_id, batch_id, quantity)
SELECT w.id, w.requisition_id, w.id, w.item_id, w.id, 1 FROM ward_requisition_lines w;
-- Recalls of a few batches, and patients who got something of each.
INSERT INTO stock_recalls (id, notice_id, clinic_id, item_id, source, reference, reason, state, announced_at, announced_by)
SELECT b.id, b.id, the.north, b.item_id, 'maker', 'FILL', 'Filler', 'announced', f.now, the.program
FROM stock_batches b JOIN filler f ON f.id = b.id JOIN the ON 1 = 1 WHERE f.n % 20000 = 4;
INSERT INTO stock_recall_batches (recall_id, batch_id) SELECT c.id, c.id FROM stock_recalls c;
UPDATE stock_batches SET status = 'recalled', status_reason = 'Filler' WHERE id IN (SELECT c.id FROM stock_recalls c);
UPDATE stock_recalls SET state = 'quarantined', quarantined_at = announced_at, quarantined_by = announced_by, version = version + 1;
INSERT INTO recall_patients (id, recall_id, patient_id, clinic_id, found_at)
SELECT p.id, c.id, p.id, c.clinic_id, c.announced_at FROM stock_recalls c JOIN filler f ON f.id = c.id
JOIN filler p ON p.n / 40 = f.n / 20000;
UPDATE stock_recalls SET state = 'traced', traced_at = announced_at, traced_by = announced_by, version = version + 1;
INSERT INTO requisitions (id, number, patient_id, clinic_id, visit_id, encounter_id, requested_at, requested_by)
SELECT e.id, 'FILLER-Q26-' || f.n, e.patient_id, e.clinic_id, e.visit_id, e.id, e.started_at, the.program
FROM encounters e JOIN filler f ON f.id = e.id JOIN the ON 1 = 1;
INSERT INTO orders (id, patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, state, ordered_at, ordered_by, requested_at,
    accepted_at, accepted_by, started_at, started_by, completed_at, completed_by, updated_at, updated_by, requisition_id)
SELECT e.id, e.patient_id, e.clinic_id, e.visit_id, e.id, CASE WHEN f.day = f.today OR f.n % 7 = 0 THEN 'nursing' ELSE 'laboratory' END, 'Dressing Clinicalmark', 'routine',
    CASE WHEN f.day = f.today THEN 'requested' ELSE 'completed' END, e.started_at, the.program, e.started_at,
    CASE WHEN f.day <> f.today THEN e.started_at END, CASE WHEN f.day <> f.today THEN the.program END,
    CASE WHEN f.day <> f.today THEN e.started_at END, CASE WHEN f.day <> f.today THEN the.program END,
    CASE WHEN f.day <> f.today THEN e.ended_at END, CASE WHEN f.day <> f.today THEN the.program END, e.ended_at, the.program, e.id
FROM encounters e JOIN filler f ON f.id = e.id JOIN the ON 1 = 1;
-- Imaging: a quarter of the encounters has an order more. Its study has the encounter's number.
INSERT INTO orders (id, patient_id, clinic_id, visit_id, encounter_id, kind, service, priority, state, ordered_at, ordered_by, requested_at,
    accepted_at, accepted_by, started_at, started_by, completed_at, completed_by, updated_at, updated_by, requisition_id)
SELECT f.other, e.patient_id, e.clinic_id, e.visit_id, e.id, 'imaging', 'Filler scan', 'routine', 'completed', e.started_at, the.program, e.started_at,
    e.started_at, the.program, e.started_at, the.program, e.ended_at, the.program, e.ended_at, the.program, e.id
FROM encounters e JOIN filler f ON f.id = e.id JOIN the ON 1 = 1 WHERE f.n < 5 OR f.n % 4 = 0;
-- The laboratory: each order of another day is one test with a critical result that was called, released, reported and signed.
INSERT INTO lab_containers (id, code, name_en, name_es, volume_ul, draw_order)
SELECT f.id, 'fill', 'Filler tube', 'Tubo', 5000, 1 FROM filler f WHERE f.n = 1;
INSERT INTO lab_tests (id, code, name_en, name_es, result_type, unit, specimen, container_id, bench, tat_stat, tat_urgent, tat_routine, updated_at,
    updated_by)
SELECT f.id, 'fill', 'Filler test', 'Prueba', 'quantity', 'mmol/L', 'serum', f.id, 'Chemistry', 60, 120, 1440, f.now, the.program
FROM filler f, the WHERE f.n = 1;
INSERT INTO lab_orders (order_id, patient_id, test_id)
SELECT o.id, o.patient_id, t.id FROM orders o, lab_tests t WHERE o.kind = 'laboratory';
INSERT INTO lab_draws (id, patient_id, clinic_id, drawn_at, drawn_by, identified_by)
SELECT o.id, o.patient_id, o.clinic_id, o.requested_at, the.program, 'wristband' FROM orders o, the WHERE o.kind = 'laboratory';
INSERT INTO lab_samples (id, number, patient_id, clinic_id, requisition_id, specimen, container_id, priority, wanted_from, state, draw_id, expected_at,
    collected_at, collected_by, received_at, received_by, updated_at, updated_by)
SELECT o.id, CAST(100000000000 + f.n AS TEXT), o.patient_id, o.clinic_id, o.requisition_id, 'serum', t.container_id, 'routine', o.requested_at, 'received',
    o.id, o.requested_at, o.requested_at, the.program, o.requested_at, the.program, o.requested_at, the.program
FROM orders o JOIN filler f ON f.id = o.id JOIN lab_tests t ON 1 = 1 JOIN the ON 1 = 1 WHERE o.kind = 'laboratory';
INSERT INTO lab_analyses (id, order_id, test_id, patient_id, clinic_id, sample_id, bench, priority, due_at, state, updated_at, updated_by)
SELECT s.id, s.id, t.id, s.patient_id, s.clinic_id, s.id, 'Chemistry', 'routine', s.expected_at, 'released', s.expected_at, the.program
FROM lab_samples s, lab_tests t, the;
INSERT INTO lab_results (id, analysis_id, patient_id, clinic_id, test_id, version, kind, value_text, millionths, unit, flag, measured_at, entered_at,
    entered_by)
SELECT a.id, a.id, a.patient_id, a.clinic_id, a.test_id, 1, 'quantity', '6.9', 6900000, 'mmol/L', 'HH', a.due_at, a.due_at, the.program
FROM lab_analyses a, the;
UPDATE lab_results SET checked_at = entered_at, checked_by = entered_by;
INSERT INTO lab_critical_calls (id, result_id, patient_id, clinic_id, value, opened_at)
SELECT id, id, patient_id, clinic_id, '6.9 mmol/L', checked_at FROM lab_results;
INSERT INTO lab_call_attempts (id, call_id, at, by_user, whom, how, outcome)
SELECT c.id, c.id, c.opened_at, the.program, 'Dr. Costa', 'phone', 'read_back' FROM lab_critical_calls c, the;
UPDATE lab_critical_calls SET closed_at = opened_at, closed_by = id, read_back_name = 'Dr. Costa';
UPDATE lab_results SET released_at = checked_at, released_by = id;
INSERT INTO lab_result_wishes (patient_id, wish, updated_at, updated_by) SELECT DISTINCT r.patient_id, 'rules', f.now, the.program
FROM lab_results r JOIN filler f ON f.n = 1 JOIN the ON 1 = 1;
INSERT INTO lab_rejudgements (result_id, patient_id, clinic_id, was_sex, was_birth_precision, state, noticed_at, settled_at, settled_by)
SELECT r.id, r.patient_id, r.clinic_id, 'female', 'unknown', 'same', r.entered_at, r.entered_at, the.program FROM lab_results r, the;
INSERT INTO lab_hold_overrides (result_id, at, by_user, reason) SELECT id, checked_at, id, 'Measured again elsewhere' FROM lab_results;
INSERT INTO lab_reports (id, requisition_id, patient_id, clinic_id, version, state, digest, created_at, created_by)
SELECT s.id, s.requisition_id, s.patient_id, s.clinic_id, 1, 'final',
    '0000000000000000000000000000000000000000000000000000000000000000', s.expected_at, the.program FROM lab_samples s, the;
INSERT INTO lab_report_results (report_id, result_id) SELECT id, id FROM lab_results;
INSERT INTO lab_result_inputs (result_id, input_id) SELECT id, id FROM lab_results;
INSERT INTO lab_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, action, created_at, signed_at, signed_by)
SELECT p.id, p.id, p.patient_id, p.clinic_id, the.program, 'critical', 'signed', p.created_at, 'none', p.created_at, p.created_at, the.program
FROM lab_reports p, the;
INSERT INTO lab_analysers (id, clinic_id, name, bench, protocol, peers, updated_at, updated_by)
SELECT f.id, the.north, 'Filled', 'Chemistry', 'hl7', '10.0.0.1', f.at, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO lab_analyser_messages (id, analyser_id, clinic_id, control_id, digest, sealed, received_at, received_by, state)
SELECT f.id, one.id, the.north, 'M' || f.n, '0000000000000000000000000000000000000000000000000000000000000000', CAST('' AS BLOB), f.at, the.program,
    CASE WHEN f.n % 1000 = 0 THEN 'unmatched' ELSE 'filed' END
FROM filler f JOIN filler one ON one.n = 1 JOIN the ON 1 = 1;
INSERT INTO lab_analyser_values (id, message_id, analyser_id, clinic_id, position, sample_number, code, digest, state, reason, resolved_at, resolved_by,
    resolution)
SELECT m.id, m.id, m.analyser_id, m.clinic_id, 1, '260000000000', 'K', m.digest, CASE WHEN m.state = 'unmatched' THEN 'unmatched' ELSE 'discarded' END,
    'unknown_sample', CASE WHEN m.state = 'filed' THEN m.received_at END, CASE WHEN m.state = 'filed' THEN m.received_by END, 'Filled'
FROM lab_analyser_messages m;
INSERT INTO notes (id, encounter_id, patient_id, author_id, state, signed_at, signed_by, signed_digest, created_at, updated_at)
SELECT e.id, e.id, e.patient_id, the.program, 'signed', e.ended_at, the.program, 'digest', e.started_at, e.ended_at FROM encounters e, the;
INSERT INTO addenda (id, note_id, written_at, written_by) SELECT e.id, e.id, e.ended_at, the.program FROM encounters e, the;
INSERT INTO signing_keys (id, user_id, public_key, sealed, created_at)
SELECT f.id, the.program, CAST('a public key of thirty two bytes' AS BLOB), CAST('' AS BLOB), f.now FROM filler f, the WHERE f.n = 1;
INSERT INTO note_signatures (id, note_id, key_id, name, meaning, signed_at, format, signature)
SELECT e.id, e.id, k.id, 'Dr. Costa', 'author', e.ended_at, 1,
    CAST('sixty-four bytes that are the signature of nothing at all, sure!' AS BLOB) FROM encounters e, signing_keys k;
INSERT INTO drugs (id, name) SELECT f.id, 'Filled medicine' FROM filler f WHERE f.n = 1;
-- Those who lie on a ward have active orders.
INSERT INTO care_orders (id, admission_id, patient_id, clinic_id, kind, priority, mode, state, title, drug_id, dose, route, timing, times, starts_at,
    prescriber_id, ordered_at, ordered_by, signed_at, signed_by, key_id, signature, planned_until, ended_at)
SELECT a.id, a.id, a.patient_id, a.clinic_id, 'medicine', 'routine', 'written', CASE WHEN a.state = 'admitted' THEN 'active' ELSE 'stopped' END,
    'Filled medicine Clinicalmark', d.id, '1 tablet', 'oral', 'daily', '08:00', a.admitted_at, the.program, a.admitted_at, the.program, a.admitted_at,
    the.program, k.id, CAST('sixty-four bytes that are the signature of nothing at all, sure!' AS BLOB), a.admitted_at, a.left_at
FROM admissions a JOIN drugs d ON d.name = 'Filled medicine' JOIN signing_keys k ON 1 = 1 JOIN the ON 1 = 1;
INSERT INTO care_order_acts (id, order_id, patient_id, act, reason, at, done_by)
SELECT o.id, o.id, o.patient_id, 'held', 'procedure', o.ordered_at, the.program FROM care_orders o, the;
INSERT INTO ward_supplies (id, order_id, patient_id, clinic_id, item_id, quantity, at, by_user)
SELECT o.id, o.id, o.patient_id, o.clinic_id, i.id, 1, o.ordered_at, the.program FROM care_orders o
JOIN stock_items i ON i.code = 'FILL-0' JOIN the ON 1 = 1 WHERE o.state = 'active';
INSERT INTO order_hold_rules (order_id, measure, comparator, bound) SELECT o.id, 'systolic', 'below', 100 FROM care_orders o;
INSERT INTO order_reviews (id, order_id, due_at, set_at, set_by) SELECT o.id, o.id, f.now, o.ordered_at, the.program
FROM care_orders o JOIN filler f ON f.n = 1 JOIN the ON 1 = 1 WHERE o.ordered_at < f.now;
INSERT INTO doses (id, order_id, due_at, state) SELECT o.id, o.id, o.starts_at, 'refused' FROM care_orders o;
INSERT INTO administrations (id, dose_id, order_id, patient_id, clinic_id, version, outcome, recorded_at, recorded_by, reason)
SELECT o.id, o.id, o.id, o.patient_id, o.clinic_id, 1, 'refused', o.starts_at, the.program, 'refused' FROM care_orders o, the;
-- Each of them has an infusion; it runs where the patient lies on a ward.
INSERT INTO infusion_orders (order_id, patient_id, volume_ul, rate_ul_h) SELECT o.id, o.patient_id, 1000000, 125000 FROM care_orders o;
INSERT INTO infusions (id, order_id, admission_id, patient_id, clinic_id, state, rate_ul_h, started_at, last_at, seq, ended_at)
SELECT o.id, o.id, o.admission_id, o.patient_id, o.clinic_id, CASE WHEN o.state = 'active' THEN 'running' ELSE 'stopped' END, 125000, o.starts_at,
    o.starts_at, 1, CASE WHEN o.state <> 'active' THEN o.starts_at END FROM care_orders o;
INSERT INTO infusion_events (id, infusion_id, patient_id, seq, kind, at, recorded_at, recorded_by, rate_ul_h, volume_ul)
SELECT i.id, i.id, i.patient_id, 1, 'start', i.started_at, i.started_at, the.program, 125000, 1000000 FROM infusions i, the;
INSERT INTO outages (id, clinic_id, started_at, ended_at, source, recorded_at, recorded_by)
SELECT f.id, the.north, f.at, f.until, 'stated', f.until, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO back_entries (administration_id, outage_id, patient_id, entered_at)
SELECT a.id, u.id, a.patient_id, u.ended_at FROM administrations a, outages u;
INSERT INTO bedside_scans (id, ward_id, clinic_id, kind, outcome, admission_id, patient_id, at, done_by)
SELECT a.id, a.ward_id, a.clinic_id, 'band', 'right', a.id, a.patient_id, a.admitted_at, the.program FROM admissions a, the;
INSERT INTO dose_hold_checks (administration_id, measure, value, taken_at, recent)
SELECT a.id, 'systolic', 120, a.recorded_at, 1 = 1 FROM administrations a;
INSERT INTO dose_effects (id, dose_id, effect, at, recorded_by) SELECT a.id, a.dose_id, 'better', a.recorded_at, the.program FROM administrations a, the;
INSERT INTO dose_scans (administration_id, patient_id, unscanned) SELECT a.id, a.patient_id, 'emergency' FROM administrations a;
INSERT INTO dose_stock (movement_id, administration_id, patient_id, quantity)
SELECT m.id, a.id, a.patient_id, 1 FROM administrations a JOIN stock_movements m ON m.id = a.id;
INSERT INTO order_sets (id, root_id, version, name, made_at, made_by) SELECT f.id, f.id, 1, 'Filled set', f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO order_set_lines (id, set_id, position, kind, fields, ticked)
SELECT f.id, f.id, 1, 'diet', '{"title":"Soft"}', 1 = 1 FROM filler f WHERE f.n = 1;
INSERT INTO order_set_origins (order_id, patient_id, line_id) SELECT o.id, o.patient_id, l.id FROM care_orders o, order_set_lines l;
INSERT INTO ward_protocols (id, root_id, version, ward_id, name, indication, drug_id, dose, route, interval_min, most_in_day, hours, sign_hours, made_at,
    made_by)
SELECT f.id, f.id, 1, f.id, 'Filled protocol', 'Pain', d.id, '1 tablet', 'oral', 240, 4, 24, 12, f.now, the.program
FROM filler f JOIN drugs d ON d.name = 'Filled medicine' JOIN the ON 1 = 1 WHERE f.n = 1;
INSERT INTO order_protocols (order_id, patient_id, protocol_id) SELECT o.id, o.patient_id, p.id FROM care_orders o, ward_protocols p;
INSERT INTO stay_notes (id, note_id, admission_id, patient_id, clinic_id, version, kind, style, state, created_at, author_id)
SELECT a.id, a.id, a.id, a.patient_id, a.clinic_id, 1, 'round', 'soap', 'draft', a.admitted_at, the.program FROM admissions a, the;
UPDATE stay_notes SET state = 'final', signed_at = created_at, signed_by = author_id, signer_name = 'Dr. Costa',
    key_id = (SELECT k.id FROM signing_keys k), signature = CAST('sixty-four bytes that are the signature of nothing at all, sure!' AS BLOB);
INSERT INTO stay_note_addenda (id, version_id, patient_id, written_at, written_by, signer_name, key_id, signature)
SELECT n.id, n.id, n.patient_id, n.signed_at, n.signed_by, n.signer_name, n.key_id, n.signature FROM stay_notes n;
INSERT INTO assessments (id, admission_id, patient_id, clinic_id, tool_id, because, state, assessed_at, assessed_by, total, risk)
SELECT a.id, a.id, a.patient_id, a.clinic_id, t.id, 'routine', 'open', a.admitted_at, the.program, 0, 'none'
FROM admissions a JOIN assessment_tools t ON t.code = 'pain' JOIN the ON 1 = 1;
INSERT INTO assessment_answers (id, assessment_id, tool_id, item_id, choice_id, points)
SELECT x.id, x.id, x.tool_id, i.id, c.id, 0 FROM assessments x JOIN assessment_items i ON i.tool_id = x.tool_id
JOIN assessment_choices c ON c.item_id = i.id AND c.points = 0;
UPDATE assessments SET state = 'final';
INSERT INTO care_plans (id, admission_id, patient_id, clinic_id, state, opened_at, opened_by)
SELECT a.id, a.id, a.patient_id, a.clinic_id, 'open', a.admitted_at, the.program FROM admissions a, the;
INSERT INTO nursing_task_plans (id, admission_id, patient_id, clinic_id, kind, detail, repeats, starts_at, created_at, created_by, ended_at, ended_by)
SELECT f.other, f.id, f.id, the.north, 'care', 'Filled', 'once', f.at, f.at, the.program, f.at, the.program FROM filler f, the;
INSERT INTO care_plan_actions (id, care_plan_id, task_plan_id) SELECT f.id, f.id, f.other FROM filler f;
INSERT INTO care_plan_evaluations (id, care_plan_id, outcome, at, by_user) SELECT c.id, c.id, 'same', c.opened_at, c.opened_by FROM care_plans c;
INSERT INTO stay_devices (id, admission_id, patient_id, clinic_id, kind, site, side, inserted_at, recorded_at, recorded_by)
SELECT a.id, a.id, a.patient_id, a.clinic_id, 'cannula', 'Forearm', 'left', a.admitted_at, a.admitted_at, the.program FROM admissions a, the;
INSERT INTO stay_device_checks (id, device_id, act, vip, at, by_user) SELECT d.id, d.id, 'check', 0, d.recorded_at, d.recorded_by FROM stay_devices d;
UPDATE stay_devices SET removed_at = recorded_at, removed_by = recorded_by, removal = 'not_needed'
WHERE admission_id IN (SELECT a.id FROM admissions a WHERE a.state <> 'admitted');
INSERT INTO discharge_summaries (id, admission_id, patient_id, clinic_id, version, state, created_at, author_id)
SELECT a.id, a.id, a.patient_id, a.clinic_id, 1, 'draft', a.admitted_at, the.program FROM admissions a, the;
INSERT INTO discharge_medicines (id, summary_id, patient_id, nth, order_id, decision) SELECT o.id, o.id, o.patient_id, 1, o.id, 'continue' FROM care_orders o;
INSERT INTO home_medicines (id, admission_id, order_id, decision, decided_at, decided_by)
SELECT o.id, o.admission_id, o.id, 'stopped', o.ordered_at, the.program FROM care_orders o, the;
UPDATE discharge_summaries SET state = 'final', signed_at = created_at, signed_by = author_id, signer_name = 'Dr. Costa',
    key_id = (SELECT k.id FROM signing_keys k), signature = CAST('sixty-four bytes that are the signature of nothing at all, sure!' AS BLOB)
WHERE admission_id IN (SELECT a.id FROM admissions a WHERE a.state <> 'admitted');
INSERT INTO summary_releases (admission_id, readers, set_at, set_by)
SELECT s.admission_id, 'all', s.signed_at, s.signed_by FROM discharge_summaries s WHERE s.state = 'final';
INSERT INTO follow_ups (id, patient_id, clinic_id, admission_id, service_id, weeks, due_on, until_on, state, proposed_at, proposed_by)
SELECT f.id, f.id, the.north, f.id, the.service, 6, f.day, '2030-01-01', 'proposed', f.now, the.program FROM filler f, the;
UPDATE follow_ups SET state = 'declined', settled_at = proposed_at, settled_by = proposed_by
WHERE id IN (SELECT f.id FROM filler f WHERE (f.n >= 4 AND f.n % 1000 <> 0));
INSERT INTO imaging_procedures (id, code, name_en, name_es, modality, contrast, minutes, ionising, needs_vetting, updated_at, updated_by)
SELECT f.id, 'fill', 'Filler scan', 'Examen', 'CT', 'iv', 15, 1 = 1, 1 = 1, f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO imaging_rooms (id, clinic_id, name, modality, updated_at, updated_by)
SELECT f.id, the.north, 'Filler room', 'CT', f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO imaging_orders (id, order_id, patient_id, clinic_id, procedure_id, side, priority, step, accession, study_uid, requested_at, room_id,
    starts_at, ends_at, booked_by, arrived_at, arrived_by, started_at, started_by, acquired_at, acquired_by, updated_at, updated_by)
SELECT f.id, o.id, o.patient_id, o.clinic_id, p.id, 'none', 'routine', 'reported', 'R' || CAST(100000000000 + f.n AS TEXT), '2.25.' || f.n,
    o.requested_at, r.id, f.at, f.until, the.program, f.at, the.program, f.at, the.program, f.at, the.program, f.at, the.program
FROM orders o JOIN filler f ON f.other = o.id JOIN imaging_procedures p ON 1 = 1 JOIN imaging_rooms r ON 1 = 1 JOIN the ON 1 = 1;
INSERT INTO imaging_safety (id, imaging_id, question, answer, asked_at, answered_at, answered_by)
SELECT i.id, i.id, 'kidney', 'no', i.requested_at, i.requested_at, the.program FROM imaging_orders i, the;
INSERT INTO imaging_doses (id, imaging_id, ctdi_vol, dlp, source, recorded_at, recorded_by)
SELECT i.id, i.id, 12000000, 400000000, 'typed', i.acquired_at, the.program FROM imaging_orders i, the;
INSERT INTO imaging_archives (id, clinic_id, name, base_url, sealed, updated_at, updated_by)
SELECT f.id, the.north, 'Filled', 'https://pacs.test/dicom-web', CAST('' AS BLOB), f.now, the.program FROM filler f, the WHERE f.n = 1;
INSERT INTO imaging_studies (id, archive_id, clinic_id, study_uid, series_count, image_count, sealed, state, reason, imaging_id, patient_id, matched_at,
    matched_by, found_at, updated_at, updated_by)
SELECT i.id, a.id, i.clinic_id, i.study_uid, 1, 1, CAST('' AS BLOB), CASE WHEN f.n % 1000 = 0 THEN 'unmatched' ELSE 'matched' END,
    CASE WHEN f.n % 1000 = 0 THEN 'closed' ELSE '' END, CASE WHEN f.n % 1000 <> 0 THEN i.id END, CASE WHEN f.n % 1000 <> 0 THEN i.patient_id END,
    CASE WHEN f.n % 1000 <> 0 THEN i.acquired_at END, CASE WHEN f.n % 1000 <> 0 THEN the.program END, i.acquired_at, i.acquired_at, the.program
FROM imaging_orders i JOIN filler f ON f.id = i.id JOIN imaging_archives a ON 1 = 1 JOIN the ON 1 = 1;
INSERT INTO radiology_reports (id, imaging_id, patient_id, clinic_id, version, state, weight, created_at, author_id, signed_at, signed_by, signer_name,
    key_id, signature)
SELECT i.id, i.id, i.patient_id, i.clinic_id, 1, 'final', 'critical', i.acquired_at, the.program, i.acquired_at, the.program, 'Dr. Costa', k.id,
    CAST('sixty-four bytes that are the signature of nothing at all, sure!' AS BLOB) FROM imaging_orders i, signing_keys k, the;
INSERT INTO radiology_addenda (id, report_id, patient_id, written_at, written_by, signer_name, key_id, signature)
SELECT r.id, r.id, r.patient_id, r.signed_at, r.signed_by, r.signer_name, r.key_id, r.signature FROM radiology_reports r;
INSERT INTO radiology_findings (id, imaging_id, patient_id, clinic_id, within, opened_at, opened_by, due_at, next_at, closed_at, closed_by,
    read_back_name)
SELECT i.id, i.id, i.patient_id, i.clinic_id, 'minutes_60', i.starts_at, the.program, i.ends_at, i.ends_at, i.starts_at, the.program, 'Dr. Costa'
FROM imaging_orders i, the;
INSERT INTO radiology_call_attempts (id, finding_id, at, by_user, whom, how, outcome)
SELECT f.id, f.id, f.opened_at, f.opened_by, 'Dr. Costa', 'phone', 'read_back' FROM radiology_findings f;
INSERT INTO radiology_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, action, created_at, signed_at, signed_by)
SELECT r.id, r.id, r.patient_id, r.clinic_id, the.program, 'critical', 'signed', r.signed_at, 'none', r.signed_at, r.signed_at, the.program
FROM radiology_reports r, the;
INSERT INTO treatment_plans (id, encounter_id, patient_id, clinic_id, version, written_at, written_by)
SELECT e.id, e.id, e.patient_id, e.clinic_id, 1, e.started_at, the.program FROM encounters e, the;
INSERT INTO vitals (id, patient_id, visit_id, taken_at, taken_by, pulse_bpm)
SELECT v.id, v.patient_id, v.id, v.arrived_at, the.program, 72 FROM visits v, the;
INSERT INTO charges (id, account_id, patient_id, clinic_id, visit_id, service_day, department_id, item_id, code, description, quantity_milli,
    unit_price, gross, net, state, source, source_id, raised_at, raised_by, updated_at)
SELECT e.id, e.id, e.patient_id, e.clinic_id, e.visit_id, '2026-11-20', the.department, the.item, 'CONS-MED', 'Consultation', 1000, 12000, 12000,
    12000, 'billed', 'consultation', e.id, e.ended_at,
    the.program, e.ended_at
FROM encounters e, the;
-- The last ones are not paid yet.
INSERT INTO invoices (id, account_id, patient_id, clinic_id, state, total, patient_share, created_at, created_by, updated_at)
SELECT f.id, f.id, f.id, the.north, 'draft', 12000, 12000, f.until, the.program, f.until
FROM filler f JOIN charges c ON c.id = f.id JOIN the ON 1 = 1;
INSERT INTO invoice_lines (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, gross, net, total, insurer_share,
    patient_share)
SELECT id, id, id, 1, 'CONS-MED', 'Consultation', 1000, 12000, 12000, 12000, 12000, 0, 12000 FROM invoices;
INSERT INTO revenue_parts (line_id, document, position, gross, discount, net, tax) SELECT id, invoice_id, 1, 12000, 0, 12000, 0 FROM invoice_lines;
INSERT INTO invoice_shares (id, invoice_id, rank, debtor, amount, changed_at) SELECT id, id, 1, 'patient', 12000, updated_at FROM invoices;
UPDATE invoices SET state = 'issued', due_day = '2026-11-28', lines_total = 12000, shares_total = 12000, patient_due = 12000, issued_at = invoices.created_at, issued_by = invoices.created_by, number = 'FILLER-' || f.n
FROM filler f WHERE f.id = invoices.id AND invoices.state = 'draft';
INSERT INTO instalments (invoice_id, position, due_day, amount, made_at, made_by)
SELECT id, 1, '2027-01-01', 1, issued_at, issued_by FROM invoices;
INSERT INTO till_shifts (id, clinic_id, cashier_id, state, float_amount, opened_at)
SELECT f.id, the.north, the.program, 'open', 0, f.at FROM filler f, the WHERE f.n = 1;
INSERT INTO payments (id, patient_id, clinic_id, amount, tendered, change_given, receipt_number, idempotency_key, taken_at, taken_by, shift_id)
SELECT i.id, i.patient_id, i.clinic_id, 12000, 12000, 0, i.number, i.id, i.issued_at, i.issued_by, s.id
FROM invoices i JOIN filler f ON f.id = i.id JOIN till_shifts s ON s.cashier_id = i.issued_by WHERE f.day <> f.today;
INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given) SELECT id, 1, 'card', 12000, 12000, 0 FROM payments;
INSERT INTO receipt_prints (payment_id, number, printed_at, printed_by) SELECT id, 1, taken_at, taken_by FROM payments;
INSERT INTO invoice_prints (invoice_id, number, printed_at, printed_by) SELECT id, 1, created_at, created_by FROM invoices;
INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at)
SELECT p.id, p.id, p.id, 12000, p.taken_at, p.taken_by, p.taken_at FROM payments p;
-- The sums as triggers leave them: on PostgreSQL the triggers are off here.
UPDATE payments SET allocated = 12000 WHERE allocated = 0;
UPDATE invoice_shares SET settled = 12000 WHERE settled = 0 AND id IN (SELECT share_id FROM allocations);
UPDATE invoices SET paid = 12000, patient_due = 0, state = 'paid' WHERE id IN (SELECT id FROM payments);
UPDATE charges SET state = 'paid' WHERE state = 'billed' AND id IN (SELECT id FROM payments);
INSERT INTO credit_notes (id, invoice_id, patient_id, clinic_id, state, reason, total, asked_at, asked_by)
SELECT id, id, patient_id, clinic_id, 'asked', 'goodwill', 100, issued_at, issued_by FROM invoices;
INSERT INTO credit_note_lines (credit_note_id, line_id, amount, insurer_part, patient_part) SELECT id, id, 100, 0, 100 FROM credit_notes;
UPDATE credit_notes SET state = 'rejected', decided_at = asked_at, decided_by = asked_by;
INSERT INTO credit_note_prints (credit_note_id, number, printed_at, printed_by) SELECT id, 1, asked_at, asked_by FROM credit_notes;
INSERT INTO refunds (id, payment_id, patient_id, clinic_id, kind, state, amount, method, reason, asked_at, asked_by)
SELECT id, id, patient_id, clinic_id, 'void', 'asked', amount, 'card', 'wrong', taken_at, taken_by FROM payments;
UPDATE refunds SET state = 'rejected', decided_at = asked_at, decided_by = asked_by;
INSERT INTO refund_prints (refund_id, number, printed_at, printed_by) SELECT id, 1, asked_at, asked_by FROM refunds;
INSERT INTO write_offs (id, share_id, patient_id, clinic_id, state, amount, reason, alone, asked_at, asked_by, decided_at, decided_by)
SELECT id, id, patient_id, clinic_id, 'rejected', 100, 'charity', 1 = 0, issued_at, issued_by, issued_at, issued_by FROM invoices;
INSERT INTO message_channels (id, patient_id, kind, confirmed_at, created_at, created_by) SELECT id, id, 'email', now, now, the.program FROM filler, the;
INSERT INTO message_preferences (patient_id, quiet_from, quiet_until, updated_at, updated_by) SELECT id, 1260, 480, now, id FROM filler;
INSERT INTO messages (id, patient_id, person_id, channel, channel_id, kind, clinic_id, subject_id, link, state, due_at, sent_at, created_at)
SELECT id, id, id, 'email', id, 'receipt', the.north, id, '/portal', 'sent', at, until, at FROM filler, the;
INSERT INTO past_orders (id, patient_id, clinic_id, kind, state, code, title, at, by_user)
SELECT f.id, f.id, the.north, 'laboratory', 'completed', '6690-2', 'Filled', f.at, the.program FROM filler f, the;
INSERT INTO past_specimens (id, patient_id, clinic_id, title, at) SELECT f.id, f.id, the.north, 'Blood', f.at FROM filler f, the;
INSERT INTO past_results (id, patient_id, clinic_id, order_id, specimen_id, code, title, value, unit, at, by_user)
SELECT f.id, f.id, the.north, f.id, f.id, '6690-2', 'Filled', '6.9', '10*3/uL', f.at, the.program FROM filler f, the;
INSERT INTO past_studies (id, patient_id, clinic_id, order_id, title, at) SELECT f.id, f.id, the.north, f.id, 'Filled', f.at FROM filler f, the;
INSERT INTO past_reports (id, patient_id, clinic_id, order_id, study_id, kind, title, at, by_user)
SELECT f.id, f.id, the.north, f.id, f.id, 'imaging', 'Filled', f.at, the.program FROM filler f, the;
INSERT INTO past_doses (id, patient_id, clinic_id, drug, outcome, at, day, by_user)
SELECT f.id, f.id, the.north, 'Filled', 'given', f.at, f.day, the.program FROM filler f, the;
INSERT INTO past_stays (admission_id, patient_id, encounter_id, charged_from, brought_at)
SELECT a.id, a.patient_id, e.id, f.day, f.at FROM admissions a JOIN encounters e ON e.patient_id = a.patient_id AND e.id = a.patient_id
    JOIN filler f ON f.id = a.patient_id;
INSERT INTO patient_documents (id, patient_id, clinic_id, kind, media, size, chunks, digest, day, portal, by_patient, added_at, added_by)
SELECT id, id, the.north, 'letter', 'pdf', 1, 1, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', day, 1 = 0, 1 = 0, at, id FROM filler, the;
INSERT INTO patient_consents (id, patient_id, clinic_id, kind, given_on, recorded_at, recorded_by)
SELECT id, id, the.north, 'research', day, at, id FROM filler, the;
INSERT INTO patient_merges (id, survivor_id, merged_id, clinic_id, state, reason, proposed_at, proposed_by)
SELECT f.id, f.id, p.id, the.north, 'proposed', 'imported', f.at, f.id FROM filler f JOIN filler p ON p.n = f.n + 1 JOIN the ON 1 = 1;
UPDATE patient_merges SET state = 'rejected', decided_at = proposed_at, decided_by = (SELECT program FROM the);
INSERT INTO patient_merge_rows (merge_id, table_name, column_name, row_id, act) SELECT id, 'allergies', 'patient_id', id, 'moved' FROM patient_merges;
INSERT INTO record_exports (id, patient_id, clinic_id, state, purpose, by_patient, asked_at, asked_by, decided_at, decided_by)
SELECT id, id, the.north, 'refused', 'insurer', 1 = 0, at, id, at, the.program FROM filler, the;
INSERT INTO erasure_requests (id, patient_id, clinic_id, state, by_patient, asked_at, asked_by)
SELECT id, id, the.north, 'asked', 1 = 0, at, id FROM filler, the;
UPDATE erasure_requests SET state = 'refused', decided_at = asked_at, decided_by = (SELECT program FROM the);
INSERT INTO patient_photos (id, patient_id, media, taken_at, taken_by) SELECT id, id, 'jpeg', at, id FROM filler, the;
INSERT INTO patient_phones (id, patient_id, kind, phone_index, added_at, added_by)
SELECT id, id, 'home', CAST('homes' || (10000000000 + n) AS BLOB), at, id FROM filler, the;
INSERT INTO profile_requests (id, patient_id, kind, state, document_id, asked_at, asked_by)
SELECT id, id, 'coverage', 'told', id, at, id FROM filler, the;
UPDATE profile_requests SET state = 'refused', decided_at = asked_at, decided_by = (SELECT program FROM the);
INSERT INTO first_visits (id, clinic_id, language, suits, state, asked_at) SELECT id, the.north, 'en', 'any', 'waiting', at FROM filler, the;
UPDATE first_visits SET state = 'refused', decided_at = asked_at, decided_by = (SELECT program FROM the);
INSERT INTO note_holds (id, encounter_id, patient_id, part, hidden_from, held_at, held_by)
SELECT e.id, e.id, e.patient_id, 'plan', 'guardians', e.ended_at, the.program FROM encounters e, the;
INSERT INTO patient_statements (id, patient_id, clinic_id, by_guardian, state, told_at, told_by)
SELECT id, id, the.north, 1 = 0, 'told', at, id FROM filler, the;
INSERT INTO appointment_symptoms (id, appointment_id, patient_id, told_at, told_by) SELECT a.id, a.id, a.patient_id, a.created_at, a.created_by FROM appointments a;
INSERT INTO document_chunks (id, document_id, patient_id, position, sealed) SELECT id, id, id, 0, CAST('' AS BLOB) FROM filler;
INSERT INTO notifications (id, user_id, kind, created_at, read_at) SELECT id, id, 'appointment_booked', at, until FROM filler;
INSERT INTO events (at, topic, clinic_id, patient_id) SELECT f.at, 'queue', the.north, f.id FROM filler f, the;
INSERT INTO audit_log (at, user_id, roles, action, what, patient_id) SELECT at, id, 'patient', 'read', 'chart', id FROM filler;
INSERT INTO imported_records (source, kind, external_id, local_id, patient_id, imported_at) SELECT 'x', 'Patient', 'E' || n, id, id, now FROM filler;
DROP TABLE filler;
DROP TABLE the;
ANALYZE;
