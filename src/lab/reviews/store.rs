//! The SQL of reviews.

use super::LabReview;
use crate::{
    core::{ClinicId, LabReviewId, RequisitionId, Result, Stamp, UserId, list::PAGE_SIZE, time::Instant},
    db::{Lockable, Locked, Sql, Tx, sql},
    lab::{
        reports::LabReport,
        vocabulary::{ReviewAction, Weight},
    },
};

impl Lockable for LabReviewId {
    const TABLE: &'static str = "lab_reviews";
}

const REVIEWS: &str = "SELECT v.id, v.report_id, v.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date,
        p.birth_precision, p.sex, v.clinic_id, v.clinician_id, u.display_name AS clinician, v.weight, v.state, v.due_at, v.created_at,
        l.state AS report_state, q.number AS requisition
    FROM lab_reviews v JOIN lab_reports l ON l.id = v.report_id JOIN requisitions q ON q.id = l.requisition_id
    JOIN patients p ON p.id = v.patient_id JOIN users u ON u.id = v.clinician_id WHERE ";
const ORDER: &str = " ORDER BY CASE v.weight WHEN 'critical' THEN 1 WHEN 'abnormal' THEN 2 ELSE 3 END, v.created_at, v.id LIMIT ";

pub(super) async fn review(tx: &mut Tx, id: LabReviewId) -> Result<Option<LabReview>> {
    Ok(tx.optional(sql(REVIEWS).push("v.id = ").push_bind(id)).await?)
}

/// The unsigned reports of a doctor, and those of the clinic's pool: their doctor is no doctor of the clinic any more.
fn mine(head: Sql, clinician: UserId, clinic: ClinicId) -> Sql {
    head.push("SELECT o.id FROM lab_reviews o WHERE (o.state = 'new' OR o.state = 'seen') AND o.clinician_id = ")
        .push_bind(clinician)
        .push(
            " UNION SELECT o.id FROM lab_reviews o JOIN users g ON g.id = o.clinician_id WHERE (o.state = 'new' OR o.state = 'seen')
                AND (g.status <> 'active' OR NOT EXISTS (SELECT 1 FROM user_roles x WHERE x.user_id = g.id AND x.role = 'doctor'
                    AND (x.clinic_id IS NULL OR x.clinic_id = o.clinic_id))) AND o.clinic_id = ",
        )
        .push_bind(clinic)
}

async fn a_page(tx: &mut Tx, query: Sql, offset: i64) -> Result<Vec<LabReview>> {
    Ok(tx.all(query.push(ORDER).push_bind(PAGE_SIZE + 1).push(" OFFSET ").push_bind(offset)).await?)
}

/// Reads a page of the unsigned reports of a doctor and of the clinic's pool: critical ones first, then the oldest; with one more than the page
/// has.
///
/// # Errors
/// When the database refuses.
pub async fn inbox(tx: &mut Tx, clinician: UserId, clinic: ClinicId, offset: i64) -> Result<Vec<LabReview>> {
    a_page(tx, mine(sql(REVIEWS).push("v.id IN ("), clinician, clinic).push(")"), offset).await
}

/// Reads a page of the unsigned reports of all doctors of a clinic, with one more than the page has.
///
/// # Errors
/// When the database refuses.
pub async fn of_clinic(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<LabReview>> {
    let query = sql(REVIEWS).push("(v.state = 'new' OR v.state = 'seen') AND v.clinic_id = ").push_bind(clinic);
    a_page(tx, query, offset).await
}

/// The query for the number of unsigned reports of a doctor and of the clinic's pool.
pub fn count_open(clinician: UserId, clinic: ClinicId) -> Sql {
    mine(sql("SELECT count(*) FROM ("), clinician, clinic).push(") mine")
}

/// Whether the doctor of a review can sign it: an active user who is a doctor of its clinic.
pub(super) async fn can_sign(tx: &mut Tx, review: &LabReview) -> Result<bool> {
    Ok(doctors(tx, review.clinic_id).await?.iter().any(|(user, _)| *user == review.clinician_id))
}

/// Reads the doctors of a clinic with their names.
///
/// # Errors
/// When the database refuses.
pub async fn doctors(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(UserId, String)>> {
    let query = sql("SELECT DISTINCT u.id, u.display_name FROM users u JOIN user_roles r ON r.user_id = u.id
        WHERE u.status = 'active' AND r.role = 'doctor' AND (r.clinic_id IS NULL OR r.clinic_id = ")
    .push_bind(clinic);
    Ok(tx.all(query.push(") ORDER BY u.display_name, u.id")).await?)
}

/// Gives an unsigned review to another doctor, for whom it is new.
pub(super) async fn set_clinician(tx: &mut Tx, review: Locked<LabReviewId>, to: UserId) -> Result<bool> {
    let query = sql("UPDATE lab_reviews SET clinician_id = $2, state = 'new', seen_at = NULL
        WHERE id = $1 AND (state = 'new' OR state = 'seen')")
    .bind(review.id())
    .bind(to);
    Ok(tx.execute(query).await? == 1)
}

/// Whether a doctor is away from a clinic for whole days.
///
/// # Errors
/// When the database refuses.
pub async fn is_away(tx: &mut Tx, doctor: UserId, clinic: ClinicId, now: Instant) -> Result<bool> {
    let query = sql("SELECT count(*) FROM absences a JOIN staff s ON s.id = a.doctor_id WHERE a.whole_days AND a.withdrawn_at IS NULL
        AND s.user_id = $1 AND (a.clinic_id IS NULL OR a.clinic_id = $2) AND a.starts_at <= $3 AND a.ends_at > $4")
    .bind(doctor)
    .bind(clinic)
    .bind(now)
    .bind(now);
    Ok(tx.count(query).await? > 0)
}

/// Reads the doctors in whose inboxes earlier reports of a requisition were seen or signed, and those who signed them.
pub(super) async fn who_saw(tx: &mut Tx, requisition: RequisitionId) -> Result<Vec<UserId>> {
    let query = sql("SELECT v.clinician_id FROM lab_reviews v JOIN lab_reports l ON l.id = v.report_id
        WHERE v.state IN ('seen', 'signed') AND l.requisition_id = ")
    .push_bind(requisition)
    .push(" UNION SELECT v.signed_by FROM lab_reviews v JOIN lab_reports l ON l.id = v.report_id WHERE v.state = 'signed' AND l.requisition_id = ")
    .push_bind(requisition);
    Ok(tx.all::<(UserId,)>(query).await?.into_iter().map(|(user,)| user).collect())
}

pub(super) async fn replace_open(tx: &mut Tx, requisition: RequisitionId) -> Result<()> {
    let query = sql("UPDATE lab_reviews SET state = 'replaced' WHERE (state = 'new' OR state = 'seen')
        AND report_id IN (SELECT l.id FROM lab_reports l WHERE l.requisition_id = ")
    .push_bind(requisition);
    tx.execute(query.push(")")).await?;
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, clinician): (LabReviewId, UserId),
    report: &LabReport,
    weight: Weight,
    due_at: Instant,
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO lab_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'new', $7, $8)")
    .bind(id)
    .bind(report.id)
    .bind(report.patient_id)
    .bind(report.clinic_id)
    .bind(clinician)
    .bind(weight)
    .bind(due_at)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn sign(tx: &mut Tx, review: Locked<LabReviewId>, action: ReviewAction, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE lab_reviews SET state = 'signed', action = $2, signed_at = $3, signed_by = $4,
        seen_at = CASE WHEN seen_at IS NULL THEN $5 ELSE seen_at END WHERE id = $1")
    .bind(review.id())
    .bind(action)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_seen(tx: &mut Tx, review: Locked<LabReviewId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE lab_reviews SET state = 'seen', seen_at = $2 WHERE id = $1 AND state = 'new'").bind(review.id()).bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn overdue(tx: &mut Tx, now: Instant) -> Result<Vec<LabReviewId>> {
    let query =
        sql("SELECT id FROM lab_reviews WHERE (state = 'new' OR state = 'seen') AND escalated_at IS NULL AND due_at <= ").push_bind(now);
    Ok(tx.all::<(LabReviewId,)>(query.push(" ORDER BY due_at, id LIMIT 100")).await?.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn set_escalated(tx: &mut Tx, review: Locked<LabReviewId>, now: Instant) -> Result<bool> {
    let query =
        sql("UPDATE lab_reviews SET escalated_at = $2 WHERE id = $1 AND escalated_at IS NULL AND (state = 'new' OR state = 'seen')")
            .bind(review.id())
            .bind(now);
    Ok(tx.execute(query).await? == 1)
}
