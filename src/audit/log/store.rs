//! The SQL of queries of the audit log.

use std::collections::BTreeSet;

use uuid::Uuid;

use super::{AuditLine, FieldChange, Sought, changes::read};
use crate::{
    audit::Action,
    core::{PatientId, Result, UserId},
    db::{Tx, sql},
    keys::{PATIENT_CHANGES, Sealed},
};

/// Finds users by sign-in name, or staff by part of their name: staff are few enough for a scan.
pub(super) async fn users(tx: &mut Tx, text: &str) -> Result<Vec<UserId>> {
    let folded = text.to_lowercase();
    // The typed text is searched literally, not as a pattern.
    let pattern = format!("%{}%", folded.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let query = sql("SELECT id FROM users WHERE login = $1
        UNION SELECT user_id FROM staff WHERE user_id IS NOT NULL AND lower(display_name) LIKE $2 ESCAPE '\\' LIMIT 50")
    .bind(&folded)
    .bind(pattern);
    let rows: Vec<(UserId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn patient(tx: &mut Tx, mrn: &str) -> Result<Option<PatientId>> {
    let row: Option<(PatientId,)> = tx.optional(sql("SELECT id FROM patients WHERE mrn = $1").bind(mrn)).await?;
    Ok(row.map(|(id,)| id))
}

/// The most patients that words of a name find.
const NAMED: i64 = 50;

/// Finds patients by the beginnings of words of their names, without accents. Both engines compare in byte order: PostgreSQL has operators
/// of its own for that.
pub(super) async fn patients_named(tx: &mut Tx, words: &str) -> Result<Vec<PatientId>> {
    let folded: Vec<String> = words.split_whitespace().map(folded).filter(|word| !word.is_empty()).collect();
    let Some((first, others)) = folded.split_first() else { return Ok(Vec::new()) };
    let mut query = sql("SELECT DISTINCT t.patient_id FROM patient_search_terms t WHERE t.term ");
    query = query.push_for(">= ", "~>=~ ").push_bind(first).push(" AND t.term ").push_for("< ", "~<~ ").push_bind(after(first));
    for word in others {
        query = query
            .push(" AND EXISTS (SELECT 1 FROM patient_search_terms o WHERE o.patient_id = t.patient_id AND o.term ")
            .push_for(">= ", "~>=~ ")
            .push_bind(word)
            .push(" AND o.term ")
            .push_for("< ", "~<~ ")
            .push_bind(after(word))
            .push(")");
    }
    let rows: Vec<(PatientId,)> = tx.all(query.push(" ORDER BY t.patient_id LIMIT ").push_bind(NAMED)).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// Returns a text that sorts after everything with this beginning.
fn after(beginning: &str) -> String {
    format!("{beginning}\u{10FFFF}")
}

/// Returns a word as the terms of the search are written: lower case, without accents.
fn folded(word: &str) -> String {
    use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
    word.to_lowercase().nfd().filter(|letter| !is_combining_mark(*letter) && letter.is_alphanumeric()).collect()
}

/// Returns the records of the patients with each merged one replaced by the surviving one.
pub(super) async fn surviving(tx: &mut Tx, patients: impl IntoIterator<Item = PatientId>) -> Result<BTreeSet<PatientId>> {
    let mut patients: BTreeSet<PatientId> = patients.into_iter().collect();
    if patients.is_empty() {
        return Ok(patients);
    }
    let query = sql("SELECT merged_id, survivor_id FROM patient_merges WHERE state = 'merged' AND merged_id IN ")
        .push_list(patients.iter().copied());
    for (merged, survivor) in tx.all::<(PatientId, PatientId)>(query).await? {
        patients.remove(&merged);
        patients.insert(survivor);
    }
    Ok(patients)
}

/// Returns the surviving records of the patients, and all that were merged into these.
pub(super) async fn joined(tx: &mut Tx, patients: Vec<PatientId>) -> Result<Vec<PatientId>> {
    let mut patients: Vec<PatientId> = surviving(tx, patients).await?.into_iter().collect();
    if patients.is_empty() {
        return Ok(patients);
    }
    let query = sql("SELECT merged_id FROM patient_merges WHERE state = 'merged' AND survivor_id IN ").push_list(patients.iter().copied());
    let merged: Vec<(PatientId,)> = tx.all(query).await?;
    patients.extend(merged.into_iter().map(|(id,)| id));
    Ok(patients)
}

pub(super) async fn lines(tx: &mut Tx, sought: &Sought, limit: i64, offset: i64) -> Result<Vec<AuditLine>> {
    let mut query = sql("SELECT a.id, a.at, u.display_name AS user_name, u.login, a.roles, a.action, a.what, a.patient_id, p.mrn,
            p.given_names, p.family_name, a.address, a.request_id, a.why, coalesce(w.display_name, s.display_name) AS about
        FROM audit_log a LEFT JOIN users u ON u.id = a.user_id LEFT JOIN patients p ON p.id = a.patient_id
            LEFT JOIN users w ON w.id = a.subject_id AND a.what IN ('user', 'role', 'link', 'second_factor')
            LEFT JOIN staff s ON s.id = a.subject_id AND a.what = 'staff'
        WHERE 1 = 1");
    match sought.patients.as_slice() {
        [] => {}
        // One patient's lines come from the index in the order of time.
        [patient] => query = query.push(" AND a.patient_id = ").push_bind(*patient),
        patients => query = query.push(" AND a.patient_id IN ").push_list(patients.iter().copied()),
    }
    if let Some(from) = sought.from {
        query = query.push(" AND a.at >= ").push_bind(from);
    }
    if let Some(to) = sought.to {
        query = query.push(" AND a.at < ").push_bind(to);
    }
    if let Some(user) = sought.not_read_by {
        query = query.push(" AND NOT (a.action = 'read' AND a.user_id = ").push_bind(user).push(")");
    }
    if let Some(action) = sought.action {
        query = query.push(" AND a.action = ").push_bind(action);
    }
    for (users, head) in [(&sought.users, " AND a.user_id IN "), (&sought.except, " AND a.user_id NOT IN ")] {
        if !users.is_empty() {
            query = query.push(head).push_list(users.iter().copied());
        }
    }
    query = query.push(" ORDER BY a.at DESC, a.id DESC LIMIT ").push_bind(limit).push(" OFFSET ").push_bind(offset);
    let mut lines: Vec<AuditLine> = tx.all(query).await?;
    correct(tx, &mut lines).await?;
    Ok(lines)
}

/// Adds what each act changed in the facts of a record: the values of the open facts, and the names of the sealed ones.
async fn correct(tx: &mut Tx, lines: &mut [AuditLine]) -> Result<()> {
    let saves = |line: &AuditLine| line.what == "patient" && line.action == Action::Update;
    let requests: Vec<String> = lines.iter().filter(|line| saves(line)).map(|line| line.request_id.clone()).collect();
    for requests in requests.chunks(200) {
        let query =
            sql("SELECT id, patient_id, request_id, sealed FROM patient_changes WHERE request_id IN ").push_list(requests.iter().cloned());
        for (id, patient, request, sealed) in tx.all::<(Uuid, PatientId, String, Sealed)>(query).await? {
            let [open, reach] = PATIENT_CHANGES.open(tx.keys(), id, patient, &sealed)?;
            let names = read(&reach).into_iter().map(|change| FieldChange { before: String::new(), after: String::new(), ..change });
            let changes: Vec<FieldChange> = read(&open).into_iter().chain(names).collect();
            let own = lines.iter_mut().filter(|line| saves(line) && line.request_id == request && line.patient_id == Some(patient));
            own.for_each(|line| line.corrected.clone_from(&changes));
        }
    }
    Ok(())
}
