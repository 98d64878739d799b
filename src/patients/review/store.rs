//! The SQL of the auditors' lists.

use uuid::Uuid;

use super::{Kind, Review, Verdict};
use crate::{
    core::{
        PatientId, Result, Stamp, UserId,
        list::{PAGE_SIZE, Slice},
    },
    db::{Tx, sql},
    ui::Tab,
};

const EMERGENCIES: &str = "SELECT e.id, e.patient_id, p.mrn, p.given_names, p.family_name, p.preferred_name, u.display_name AS user_name,
        u.login, k.name AS clinic, e.began_at, e.ends_at, e.reason, CAST(NULL AS TEXT) AS grant_kind, '' AS given_to, '' AS document,
        e.reviewed_at, r.display_name AS reviewed_by, e.verdict, e.remark
    FROM emergency_accesses e JOIN patients p ON p.id = e.patient_id JOIN users u ON u.id = e.user_id
    JOIN clinics k ON k.id = e.clinic_id LEFT JOIN users r ON r.id = e.reviewed_by";

const GRANTS: &str = "SELECT e.id, e.patient_id, p.mrn, p.given_names, p.family_name, p.preferred_name, u.display_name AS user_name,
        u.login, k.name AS clinic, e.made_at AS began_at, e.made_at AS ends_at, '' AS reason, e.kind AS grant_kind,
        coalesce((SELECT trim(i.given_names || ' ' || i.family_name) || ' · ' || i.mrn FROM patient_identities i WHERE i.id = e.guardian_id), '')
            AS given_to,
        e.document, e.reviewed_at, r.display_name AS reviewed_by, e.verdict, e.remark
    FROM access_grants e JOIN patients p ON p.id = e.patient_id JOIN users u ON u.id = e.user_id
    JOIN clinics k ON k.id = e.clinic_id LEFT JOIN users r ON r.id = e.reviewed_by";

impl Kind {
    const fn table(self) -> &'static str {
        match self {
            Self::Emergency => "emergency_accesses",
            Self::Grant => "access_grants",
        }
    }

    /// Returns the beginning of the list's query, and the column that it is ordered by.
    const fn listed(self) -> (&'static str, &'static str) {
        match self {
            Self::Emergency => (EMERGENCIES, "e.began_at"),
            Self::Grant => (GRANTS, "e.made_at"),
        }
    }
}

/// Returns the list, newest first: the entries that are not judged yet, or all.
pub(super) async fn listed(tx: &mut Tx, kind: Kind, all: bool, page: i64, offset: i64) -> Result<Slice<Review>> {
    let (rows, at) = kind.listed();
    let query = sql(rows)
        .push(if all { "" } else { " WHERE e.reviewed_at IS NULL" })
        .push(" ORDER BY ")
        .push(at)
        .push(" DESC, e.id DESC LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(Slice::from_surplus(tx.all(query).await?, page))
}

/// Returns the number of entries that are not judged yet. It stops counting above the number that a tab shows, so that the page stays
/// fast.
pub(super) async fn waiting(tx: &mut Tx, kind: Kind) -> Result<i64> {
    let (_, at) = kind.listed();
    let query = sql("SELECT count(*) FROM (SELECT 1 AS one FROM ")
        .push(kind.table())
        .push(" e WHERE e.reviewed_at IS NULL ORDER BY ")
        .push(at)
        .push(" DESC, e.id DESC LIMIT ")
        .push_bind(Tab::MOST + 1)
        .push(") AS newest");
    Ok(tx.count(query).await?)
}

/// Returns the patient whose record was opened, and the user who opened it or gave the access.
pub(super) async fn of(tx: &mut Tx, kind: Kind, id: Uuid) -> Result<Option<(PatientId, UserId)>> {
    let query = sql("SELECT patient_id, user_id FROM ").push(kind.table()).push(" WHERE id = ").push_bind(id);
    Ok(tx.optional(query).await?)
}

/// Records the verdict; returns `false` when the entry is judged already.
pub(super) async fn judge(tx: &mut Tx, kind: Kind, id: Uuid, verdict: Verdict, remark: &str, stamp: Stamp) -> Result<bool> {
    let query = sql("UPDATE ")
        .push(kind.table())
        .push(" SET reviewed_at = ")
        .push_bind(stamp.at)
        .push(", reviewed_by = ")
        .push_bind(stamp.by)
        .push(", verdict = ")
        .push_bind(verdict)
        .push(", remark = ")
        .push_bind(remark)
        .push(" WHERE id = ")
        .push_bind(id)
        .push(" AND reviewed_at IS NULL AND user_id <> ")
        .push_bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
