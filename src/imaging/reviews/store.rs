//! The SQL of reviews.

use super::RadiologyReview;
use crate::{
    core::{ClinicId, ImagingOrderId, RadiologyReportId, RadiologyReviewId, Result, Stamp, UserId, time::Instant},
    db::{Lockable, Locked, Sql, Tx, sql},
    imaging::studies::ImagingStudy,
    lab::{ReviewAction, Weight},
};

impl Lockable for RadiologyReviewId {
    const TABLE: &'static str = "radiology_reviews";
}

const REVIEWS: &str =
    "SELECT v.id, v.report_id, r.imaging_id, v.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, p.birth_date,
        p.birth_precision, p.sex, v.clinic_id, v.clinician_id, u.display_name AS clinician, v.weight, v.state, v.due_at, v.created_at,
        r.version, q.number AS requisition
    FROM radiology_reviews v JOIN radiology_reports r ON r.id = v.report_id JOIN imaging_orders i ON i.id = r.imaging_id
    JOIN orders o ON o.id = i.order_id JOIN requisitions q ON q.id = o.requisition_id
    JOIN patients p ON p.id = v.patient_id JOIN users u ON u.id = v.clinician_id WHERE ";
const ORDER: &str = " ORDER BY CASE v.weight WHEN 'critical' THEN 1 WHEN 'abnormal' THEN 2 ELSE 3 END, v.created_at, v.id LIMIT 200";

pub(super) async fn review(tx: &mut Tx, id: RadiologyReviewId) -> Result<Option<RadiologyReview>> {
    Ok(tx.optional(sql(REVIEWS).push("v.id = ").push_bind(id)).await?)
}

/// The unsigned reports of a doctor, and those of the clinic's pool: their doctor is no doctor of the clinic any more.
fn mine(head: Sql, clinician: UserId, clinic: ClinicId) -> Sql {
    head.push("SELECT o.id FROM radiology_reviews o WHERE o.state = 'new' AND o.clinician_id = ")
        .push_bind(clinician)
        .push(
            " UNION SELECT o.id FROM radiology_reviews o JOIN users g ON g.id = o.clinician_id WHERE o.state = 'new'
                AND (g.status <> 'active' OR NOT EXISTS (SELECT 1 FROM user_roles x WHERE x.user_id = g.id AND x.role = 'doctor'
                    AND (x.clinic_id IS NULL OR x.clinic_id = o.clinic_id))) AND o.clinic_id = ",
        )
        .push_bind(clinic)
}

/// Reads the unsigned reports of a doctor and of the clinic's pool: critical ones first, then the oldest.
///
/// # Errors
/// When the database refuses.
pub async fn inbox(tx: &mut Tx, clinician: UserId, clinic: ClinicId) -> Result<Vec<RadiologyReview>> {
    Ok(tx.all(mine(sql(REVIEWS).push("v.id IN ("), clinician, clinic).push(")").push(ORDER)).await?)
}

/// Reads the unsigned reports of all doctors of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn of_clinic(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<RadiologyReview>> {
    let query = sql(REVIEWS).push("v.state = 'new' AND v.clinic_id = ").push_bind(clinic);
    Ok(tx.all(query.push(ORDER)).await?)
}

/// The query for the number of unsigned reports of a doctor and of the clinic's pool.
pub fn count_open(clinician: UserId, clinic: ClinicId) -> Sql {
    mine(sql("SELECT count(*) FROM ("), clinician, clinic).push(") mine")
}

/// Whether a user is an active doctor of the clinic.
pub(super) async fn can_sign(tx: &mut Tx, clinic: ClinicId, user: UserId) -> Result<bool> {
    Ok(doctors(tx, clinic).await?.iter().any(|(doctor, _)| *doctor == user))
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

/// Gives an unsigned review to another doctor.
pub(super) async fn set_clinician(tx: &mut Tx, review: Locked<RadiologyReviewId>, to: UserId) -> Result<bool> {
    let query = sql("UPDATE radiology_reviews SET clinician_id = $2 WHERE id = $1 AND state = 'new'").bind(review.id()).bind(to);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn who_signed(tx: &mut Tx, study: ImagingOrderId) -> Result<Vec<UserId>> {
    let query = sql("SELECT DISTINCT v.signed_by FROM radiology_reviews v JOIN radiology_reports r ON r.id = v.report_id
        WHERE v.state = 'signed' AND r.imaging_id = ")
    .push_bind(study);
    Ok(tx.all::<(UserId,)>(query).await?.into_iter().map(|(user,)| user).collect())
}

pub(super) async fn replace_open(tx: &mut Tx, study: ImagingOrderId) -> Result<()> {
    let query = sql("UPDATE radiology_reviews SET state = 'replaced' WHERE state = 'new'
        AND report_id IN (SELECT r.id FROM radiology_reports r WHERE r.imaging_id = ")
    .push_bind(study);
    tx.execute(query.push(")")).await?;
    Ok(())
}

pub(super) async fn insert(
    tx: &mut Tx,
    (id, clinician): (RadiologyReviewId, UserId),
    study: &ImagingStudy,
    report: RadiologyReportId,
    (weight, due_at): (Weight, Instant),
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO radiology_reviews (id, report_id, patient_id, clinic_id, clinician_id, weight, state, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'new', $7, $8)")
    .bind(id)
    .bind(report)
    .bind(study.patient_id)
    .bind(study.clinic_id)
    .bind(clinician)
    .bind(weight)
    .bind(due_at)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn sign(tx: &mut Tx, review: Locked<RadiologyReviewId>, action: ReviewAction, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE radiology_reviews SET state = 'signed', action = $2, signed_at = $3, signed_by = $4 WHERE id = $1")
        .bind(review.id())
        .bind(action)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn overdue(tx: &mut Tx, now: Instant) -> Result<Vec<RadiologyReviewId>> {
    let query = sql("SELECT id FROM radiology_reviews WHERE state = 'new' AND escalated_at IS NULL AND due_at <= ").push_bind(now);
    Ok(tx.all::<(RadiologyReviewId,)>(query.push(" ORDER BY due_at, id LIMIT 100")).await?.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn set_escalated(tx: &mut Tx, review: Locked<RadiologyReviewId>, now: Instant) -> Result<bool> {
    let query = sql("UPDATE radiology_reviews SET escalated_at = $2 WHERE id = $1 AND escalated_at IS NULL AND state = 'new'")
        .bind(review.id())
        .bind(now);
    Ok(tx.execute(query).await? == 1)
}
