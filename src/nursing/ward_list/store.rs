//! The SQL of the patients of wards and of the nurses' allocation.

use chrono::NaiveDate;

use super::{Around, Patient};
use crate::{
    core::{AdmissionId, NurseAllocationId, Result, Stamp, UserId, time::Instant},
    db::{Tx, sql},
    nursing::bedside::Whose,
    wards::WardShift,
};

/// The stays with the ids of their last set, their last scored set, their plan and the last score of a child.
const STAYS: &str = "SELECT a.id AS admission_id, a.patient_id, p.given_names, p.family_name, p.preferred_name, p.mrn, \
                     p.birth_date, p.birth_precision, p.sex, a.private, a.reason, w.name AS ward, r.name AS room, b.name AS bed, \
                     a.admitted_at, o.taken_at, o.score, o.single_red, o.unscored, s.taken_at AS scored_at, \
                     s.score AS last_score, s.single_red AS last_red, g.total AS pews, h.risk AS fall_risk, \
                     EXISTS (SELECT 1 FROM assessment_answers x WHERE x.assessment_id = g.id AND x.points >= 3) AS pews_red, \
                     k.spo2_scale, k.pregnant, k.interval_min, k.stopped_until, \
                     e.level, e.state AS escalation, e.answer_by, n.nurse_id, t.display_name AS nurse \
                     FROM (SELECT u.bed_id, u.admission_id, \
                     (SELECT x.id FROM observations x WHERE x.admission_id = u.admission_id AND x.superseded_at IS NULL \
                     AND x.kind <> 'error' AND NOT x.weighed_only ORDER BY x.taken_at DESC, x.recorded_at DESC, x.id DESC LIMIT 1) AS last_set, \
                     (SELECT x.id FROM observations x WHERE x.admission_id = u.admission_id AND x.superseded_at IS NULL \
                     AND x.score IS NOT NULL ORDER BY x.taken_at DESC, x.recorded_at DESC, x.id DESC LIMIT 1) AS scored_set, \
                     (SELECT x.id FROM observation_plans x WHERE x.admission_id = u.admission_id ORDER BY x.nth DESC LIMIT 1) AS plan, \
                     (SELECT x.id FROM assessments x JOIN assessment_tools y ON y.id = x.tool_id WHERE x.admission_id = u.admission_id \
                     AND x.state = 'final' AND y.code = 'pews' ORDER BY x.assessed_at DESC, x.id DESC LIMIT 1) AS child_score, \
                     (SELECT x.id FROM assessments x JOIN assessment_tools y ON y.id = x.tool_id WHERE x.admission_id = u.admission_id \
                     AND x.state = 'final' AND y.code = 'morse' ORDER BY x.assessed_at DESC, x.id DESC LIMIT 1) AS fall_score \
                     FROM bed_uses u JOIN beds c ON c.id = u.bed_id JOIN ward_rooms d ON d.id = c.room_id \
                     JOIN admissions i ON i.id = u.admission_id \
                     WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND ";
/// The details of the stays.
const DETAILS: &str = ") q JOIN beds b ON b.id = q.bed_id JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id \
                       JOIN admissions a ON a.id = q.admission_id JOIN patients p ON p.id = a.patient_id \
                       LEFT JOIN observations o ON o.id = q.last_set LEFT JOIN observations s ON s.id = q.scored_set \
                       LEFT JOIN observation_plans k ON k.id = q.plan LEFT JOIN assessments g ON g.id = q.child_score \
                       LEFT JOIN assessments h ON h.id = q.fall_score \
                       LEFT JOIN escalations e ON e.admission_id = a.id AND e.state <> 'closed' \
                       LEFT JOIN nursing_allocations n ON n.admission_id = a.id AND n.day = ";

/// Reads the patients who lie on a ward, or on all wards of a clinic, by room and bed.
pub(super) async fn patients(tx: &mut Tx, around: Around, (day, shift): (NaiveDate, WardShift)) -> Result<Vec<Patient>> {
    let query = match around {
        Around::Ward(ward) => sql(STAYS).push("d.ward_id = ").push_bind(ward),
        Around::Clinic(clinic) => sql(STAYS).push("i.state = 'admitted' AND i.clinic_id = ").push_bind(clinic),
    };
    // PostgreSQL compares a row under row security with a column by its index, and not with a subquery: the stays are computed first.
    let query = query.push_for("", " OFFSET 0").push(DETAILS).push_bind(day).push(" AND n.shift = ").push_bind(shift);
    Ok(tx.all(query.push(" LEFT JOIN users t ON t.id = n.nurse_id ORDER BY w.name, r.name, b.position, b.name, b.id")).await?)
}

/// Reads the allocation of an admission in a shift, with its nurse.
pub(super) async fn allocation(
    tx: &mut Tx,
    admission: AdmissionId,
    (day, shift): (NaiveDate, WardShift),
) -> Result<Option<(NurseAllocationId, Option<UserId>)>> {
    let query = sql("SELECT id, nurse_id FROM nursing_allocations WHERE admission_id = $1 AND day = $2 AND shift = $3")
        .bind(admission)
        .bind(day)
        .bind(shift);
    Ok(tx.optional(query).await?)
}

pub(super) async fn insert_allocation(
    tx: &mut Tx,
    (id, whose): (NurseAllocationId, Whose),
    (day, shift): (NaiveDate, WardShift),
    nurse: UserId,
    now: Instant,
) -> Result<()> {
    let query = sql("INSERT INTO nursing_allocations (id, admission_id, patient_id, clinic_id, nurse_id, day, shift, set_at, set_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)")
    .bind(id)
    .bind(whose.admission)
    .bind(whose.patient)
    .bind(whose.clinic)
    .bind(nurse)
    .bind(day)
    .bind(shift)
    .bind(now)
    .bind(nurse);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn set_nurse(tx: &mut Tx, id: NurseAllocationId, nurse: Option<UserId>, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE nursing_allocations SET nurse_id = $2, set_at = $3, set_by = $4 WHERE id = $1")
        .bind(id)
        .bind(nurse)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}
