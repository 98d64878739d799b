//! The SQL of queries of the audit log.

use super::{AuditLine, Sought};
use crate::{
    core::{PatientId, Result, UserId},
    db::{Tx, sql},
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

pub(super) async fn lines(tx: &mut Tx, sought: &Sought, limit: i64, offset: i64) -> Result<Vec<AuditLine>> {
    let mut query = sql("SELECT a.id, a.at, u.display_name AS user_name, u.login, a.roles, a.action, a.what, a.patient_id, p.mrn,
            p.given_names, p.family_name, a.address, a.request_id, a.why, coalesce(w.display_name, s.display_name) AS about
        FROM audit_log a LEFT JOIN users u ON u.id = a.user_id LEFT JOIN patients p ON p.id = a.patient_id
            LEFT JOIN users w ON w.id = a.subject_id AND a.what IN ('user', 'role', 'link', 'second_factor')
            LEFT JOIN staff s ON s.id = a.subject_id AND a.what = 'staff'
        WHERE 1 = 1");
    if let Some(patient) = sought.patient {
        query = query.push(" AND a.patient_id = ").push_bind(patient);
    }
    if let Some((from, to)) = sought.between {
        query = query.push(" AND a.at >= ").push_bind(from).push(" AND a.at < ").push_bind(to);
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
    Ok(tx.all(query).await?)
}
