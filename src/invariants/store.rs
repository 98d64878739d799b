//! The questions: each counts the rows that break a rule.

use uuid::Uuid;

use super::Finding;
use crate::{
    core::{PrescriptionId, Result},
    db::{Engine, Tx, sql},
};

/// The rules, each with the count of what breaks it.
const RULES: &[(&str, &str)] = &[
    (
        "an open visit has exactly one open queue entry, an ended one none",
        "SELECT count(*) FROM visits v WHERE (SELECT count(*) FROM queue_entries q WHERE q.visit_id = v.id AND q.closed_at IS NULL)
            <> CASE WHEN v.ended_at IS NULL THEN 1 ELSE 0 END",
    ),
    (
        "tokens of a service and day run from 1 without a gap",
        "SELECT count(*) FROM (SELECT v.service_id, v.day FROM visits v LEFT JOIN token_series t ON t.service_id = v.service_id AND t.day = v.day
            GROUP BY v.service_id, v.day, t.last
            HAVING count(*) <> max(v.token_number) OR min(v.token_number) <> 1 OR t.last IS NULL OR t.last <> max(v.token_number)) broken",
    ),
    (
        "a queue entry belongs to the clinic and service of its visit or to another service of that clinic",
        "SELECT count(*) FROM queue_entries q JOIN visits v ON v.id = q.visit_id JOIN services s ON s.id = q.service_id
            WHERE q.clinic_id <> v.clinic_id OR s.clinic_id <> q.clinic_id",
    ),
    (
        "a doctor's seat is held by one appointment at a time",
        "SELECT count(*) FROM appointments a JOIN appointments b ON b.doctor_id = a.doctor_id AND b.seat = a.seat AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
            WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
              AND b.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')",
    ),
    (
        "a patient has one appointment at a time",
        "SELECT count(*) FROM appointments a JOIN appointments b ON b.patient_id = a.patient_id AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
            WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
              AND b.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')",
    ),
    (
        "an appointment is at its service's clinic",
        "SELECT count(*) FROM appointments a JOIN services s ON s.id = a.service_id WHERE s.clinic_id <> a.clinic_id",
    ),
    (
        "a patient who is checked in or in consultation has a visit",
        "SELECT count(*) FROM appointments a WHERE a.state IN ('checked_in', 'in_consultation')
            AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.appointment_id = a.id)",
    ),
    (
        "a visit and its appointment are of one patient",
        "SELECT count(*) FROM visits v JOIN appointments a ON a.id = v.appointment_id WHERE a.patient_id <> v.patient_id",
    ),
    (
        "what is charted for a visit is charted for its patient",
        "SELECT (SELECT count(*) FROM encounters e JOIN visits v ON v.id = e.visit_id WHERE e.patient_id <> v.patient_id)
            + (SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.patient_id <> e.patient_id)
            + (SELECT count(*) FROM diagnoses d JOIN encounters e ON e.id = d.encounter_id WHERE d.patient_id <> e.patient_id)
            + (SELECT count(*) FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id WHERE p.patient_id <> e.patient_id)
            + (SELECT count(*) FROM vitals x JOIN visits v ON v.id = x.visit_id WHERE x.patient_id <> v.patient_id)",
    ),
    (
        "addenda stand under signed notes only",
        "SELECT count(*) FROM addenda a JOIN notes n ON n.id = a.note_id WHERE n.state = 'draft'",
    ),
    (
        "a signed note that the audit log tells of is there, signed",
        "SELECT count(*) FROM (SELECT subject_id FROM audit_log WHERE action = 'sign' AND what = 'note' AND subject_id IS NOT NULL
            EXCEPT SELECT id FROM notes WHERE state = 'signed') gone",
    ),
    (
        "an addendum that the audit log tells of is there",
        "SELECT count(*) FROM (SELECT subject_id FROM audit_log WHERE action IN ('create', 'sign') AND what = 'addendum' AND subject_id IS NOT NULL
            EXCEPT SELECT id FROM addenda) gone",
    ),
    (
        "a signature stands on a signed note of a finished encounter",
        "SELECT (SELECT count(*) FROM note_signatures s JOIN notes n ON n.id = s.note_id WHERE n.state <> 'signed')
            + (SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.state = 'signed' AND e.state <> 'finished')",
    ),
    (
        "the audit log tells of each author's signature, at its time",
        "SELECT count(*) FROM (SELECT coalesce(s.addendum_id, s.note_id), k.user_id, s.signed_at
            FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id WHERE s.meaning = 'author'
            EXCEPT SELECT subject_id, user_id, at FROM audit_log
            WHERE (action = 'sign' AND what = 'note') OR (action = 'create' AND what = 'addendum')) untold",
    ),
    (
        "the audit log tells of no signature after its key was retired",
        "SELECT count(*) FROM audit_log r JOIN note_signatures s ON s.key_id = r.subject_id
            JOIN audit_log l ON l.at = s.signed_at AND l.subject_id = coalesce(s.addendum_id, s.note_id) AND l.id > r.id
            WHERE r.action = 'update' AND r.what = 'signing_key' AND l.what IN ('note', 'addendum') AND l.action IN ('sign', 'create')",
    ),
    (
        "a signed prescription is in the state that the audit log tells of",
        "SELECT count(*) FROM prescriptions p JOIN notes n ON n.encounter_id = p.encounter_id AND n.state = 'signed'
            LEFT JOIN (SELECT subject_id, max(what) AS what FROM audit_log
                WHERE action = 'update' AND what IN ('prescription', 'prescription_replaced') GROUP BY subject_id) l ON l.subject_id = p.id
            WHERE p.state <> 'entered_in_error' AND p.state <> CASE l.what WHEN 'prescription' THEN 'stopped'
                WHEN 'prescription_replaced' THEN 'completed' ELSE 'active' END",
    ),
    (
        "a finished encounter leaves no draft note",
        "SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.state = 'draft' AND e.state <> 'in_progress'",
    ),
    (
        "the encounter of a visit has a note, and a finished one a signed note",
        "SELECT count(*) FROM encounters e LEFT JOIN notes n ON n.encounter_id = e.id WHERE e.visit_id IS NOT NULL
            AND (n.id IS NULL OR (e.state = 'finished' AND n.state <> 'signed') OR (e.state = 'in_progress' AND n.state = 'signed'))",
    ),
    (
        "one of the diagnoses of a consultation is the primary one",
        "SELECT count(*) FROM encounters e JOIN notes n ON n.encounter_id = e.id
            WHERE EXISTS (SELECT 1 FROM diagnoses d WHERE d.encounter_id = e.id AND d.entered_in_error_at IS NULL)
              AND NOT EXISTS (SELECT 1 FROM diagnoses d WHERE d.encounter_id = e.id AND d.entered_in_error_at IS NULL AND d.rank = 'primary')",
    ),
    (
        "an ended visit leaves nobody checked in or in consultation",
        "SELECT count(*) FROM visits v JOIN appointments a ON a.id = v.appointment_id
            WHERE v.ended_at IS NOT NULL AND a.state IN ('checked_in', 'in_consultation')",
    ),
    (
        "the lines of an invoice add up to it",
        "SELECT count(*) FROM invoices i WHERE i.total <> (SELECT coalesce(sum(l.amount), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)
            OR i.patient_share <> (SELECT coalesce(sum(l.patient_share), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)",
    ),
    (
        "the payments of an invoice add up to what it says is paid",
        "SELECT count(*) FROM invoices i WHERE i.paid <> (SELECT coalesce(sum(p.amount), 0) FROM payments p WHERE p.invoice_id = i.id)",
    ),
    (
        "an invoice's state follows what is paid",
        "SELECT count(*) FROM invoices WHERE (state = 'part_paid' AND (paid = 0 OR paid >= patient_share))
            OR (state = 'issued' AND patient_share = 0) OR (state = 'draft' AND paid <> 0)",
    ),
    (
        "invoices are numbered without a gap",
        "SELECT abs((SELECT count(*) FROM invoices WHERE number IS NOT NULL) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'invoice%'), 0))",
    ),
    (
        "receipts are numbered without a gap",
        "SELECT abs((SELECT count(*) FROM payments) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'receipt%'), 0))",
    ),
    (
        "a charge is billed exactly when an invoice has it",
        "SELECT count(*) FROM charges c LEFT JOIN invoice_lines l ON l.charge_id = c.id
            WHERE (c.state IN ('billed', 'paid') AND l.id IS NULL) OR (c.state IN ('planned', 'billable', 'cancelled') AND l.id IS NOT NULL)",
    ),
    (
        "a charge is paid exactly when its invoice is",
        "SELECT count(*) FROM charges c JOIN invoice_lines l ON l.charge_id = c.id JOIN invoices i ON i.id = l.invoice_id
            WHERE (c.state = 'paid') <> (i.state = 'paid')",
    ),
    (
        "charges, invoices and payments are of the account's patient",
        "SELECT (SELECT count(*) FROM charges c JOIN billing_accounts a ON a.id = c.account_id WHERE a.patient_id <> c.patient_id)
            + (SELECT count(*) FROM invoices i JOIN billing_accounts a ON a.id = i.account_id WHERE a.patient_id <> i.patient_id)
            + (SELECT count(*) FROM payments p JOIN invoices i ON i.id = p.invoice_id WHERE i.patient_id <> p.patient_id)",
    ),
    (
        "every patient has a billing account",
        "SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM billing_accounts a WHERE a.patient_id = p.id)",
    ),
    (
        "every patient can be found",
        "SELECT count(*) FROM patients p WHERE p.name_key <> '' AND NOT EXISTS (SELECT 1 FROM patient_search_terms t WHERE t.patient_id = p.id)",
    ),
    (
        "the banner's word on allergies follows the allergies",
        "SELECT count(*) FROM patients p WHERE (p.allergy_status = 'recorded') <> EXISTS (SELECT 1 FROM allergies a WHERE a.patient_id = p.id
            AND a.entered_in_error_at IS NULL AND a.clinical_status = 'active' AND a.verification <> 'refuted')",
    ),
    (
        "while somebody who works here can sign in, an administrator of all clinics can",
        "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id AND r.role <> 'patient'
                WHERE u.status = 'active' AND u.password_hash IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id AND r.role = 'administrator' AND r.clinic_id IS NULL
                WHERE u.status = 'active' AND u.password_hash IS NOT NULL)
            THEN 1 ELSE 0 END AS BIGINT)",
    ),
    (
        "demo sign-ins exist in a demo hospital only",
        "SELECT count(*) FROM users u WHERE u.demo AND NOT EXISTS (SELECT 1 FROM hospital h WHERE h.demo)",
    ),
];

pub(super) async fn check(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut findings = Vec::with_capacity(RULES.len() + 2);
    if tx.engine() == Engine::Sqlite {
        let broken = tx.all::<(Option<String>,)>(sql("SELECT \"table\" FROM pragma_foreign_key_check")).await?.len();
        findings.push(Finding::of("every reference leads somewhere", i64::try_from(broken).unwrap_or(i64::MAX)));
        let words = tx.all::<(String,)>(sql("SELECT integrity_check FROM pragma_integrity_check")).await?;
        let broken = words.iter().filter(|(word,)| word != "ok").count();
        findings.push(Finding::of("the file is whole", i64::try_from(broken).unwrap_or(i64::MAX)));
    }
    for (rule, question) in RULES {
        findings.push(Finding::of(rule, tx.count(sql(question)).await?));
    }
    let drafts = sql("SELECT p.id FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id
        WHERE p.state = 'draft' AND e.state <> 'in_progress' ORDER BY p.id");
    let rows: Vec<Uuid> = tx.all::<(PrescriptionId,)>(drafts).await?.into_iter().map(|(id,)| id.0).collect();
    let broken = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    findings.push(Finding { rule: "a finished encounter leaves no draft prescription", broken, rows });
    Ok(findings)
}
