//! The SQL of the round's patients.

use super::{RoundOf, RoundPatient};
use crate::{
    core::{AdmissionId, ClinicId, Result, time::Instant},
    db::{Sql, Tx, sql},
};

/// The stays with what happened since a time; `times` are that time, the begin of the day, and now. PostgreSQL compares a row under row security with a column by its index, and not with a
/// subquery: the stays are computed first.
fn counted(stays: &'static str, [since, today, now]: [Instant; 3]) -> Sql {
    sql("SELECT q.*, p.given_names, p.family_name, p.preferred_name, p.birth_date, p.birth_precision, p.sex, r.name AS room,
            b.name AS bed, w.name AS ward, s.display_name AS doctor, o.score AS last_score, o.single_red AS last_red,
            e.level AS open_level, g.total AS pews,
            EXISTS (SELECT 1 FROM assessment_answers x WHERE x.assessment_id = g.id AND x.points >= 3) AS pews_red
        FROM (SELECT i.id AS admission_id, i.patient_id, i.private, i.reason, i.admitted_at, i.doctor_id, u.bed_id,
            (SELECT x.id FROM observations x WHERE x.admission_id = i.id AND x.superseded_at IS NULL AND x.score IS NOT NULL
                ORDER BY x.taken_at DESC, x.recorded_at DESC, x.id DESC LIMIT 1) AS last_set,
            (SELECT max(x.score) FROM observations x WHERE x.admission_id = i.id AND x.superseded_at IS NULL AND x.taken_at >= ")
    .push_bind(since)
    .push(
        ") AS worst_score,
            (SELECT x.id FROM assessments x JOIN assessment_tools y ON y.id = x.tool_id WHERE x.admission_id = i.id AND x.state = 'final'
                AND y.code = 'pews' ORDER BY x.assessed_at DESC, x.id DESC LIMIT 1) AS child_score,
            (SELECT max(x.total) FROM assessments x JOIN assessment_tools y ON y.id = x.tool_id WHERE x.admission_id = i.id
                AND x.state = 'final' AND y.code = 'pews' AND x.assessed_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS worst_pews,
            (SELECT max(x.temperature) FROM observations x WHERE x.admission_id = i.id AND x.superseded_at IS NULL AND x.taken_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS highest_temperature,
            (SELECT count(*) FROM escalations x WHERE x.admission_id = i.id AND x.opened_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS escalations,
            (SELECT count(*) FROM doses d JOIN care_orders c ON c.id = d.order_id WHERE c.admission_id = i.id
                AND d.state IN ('held', 'refused', 'not_available', 'missed') AND d.due_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS doses_not_given,
            (SELECT count(*) FROM lab_reviews x WHERE x.patient_id = i.patient_id AND x.state <> 'replaced' AND x.created_at >= ",
    )
    .push_bind(since)
    .push(
        ") + (SELECT count(*) FROM radiology_reviews x WHERE x.patient_id = i.patient_id AND x.state <> 'replaced'
                AND x.created_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS reports,
            (SELECT CAST(coalesce(sum(x.ml), 0) AS BIGINT) FROM fluid_entries x WHERE x.admission_id = i.id AND x.superseded_at IS NULL
                AND x.direction = 'in' AND x.taken_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS taken_in_ml,
            (SELECT CAST(coalesce(sum(x.ml), 0) AS BIGINT) FROM fluid_entries x WHERE x.admission_id = i.id AND x.superseded_at IS NULL
                AND x.direction = 'out' AND x.taken_at >= ",
    )
    .push_bind(since)
    .push(
        ") AS lost_ml,
            (SELECT count(*) FROM stay_devices x WHERE x.admission_id = i.id AND x.removed_at IS NULL) AS devices,
            (SELECT count(*) FROM care_orders x WHERE x.admission_id = i.id AND x.signed_at IS NULL
                AND (x.state = 'active' OR x.state = 'on_hold')) AS orders_to_sign,
            (SELECT count(*) FROM care_orders c WHERE c.admission_id = i.id AND (c.state = 'active' OR c.state = 'on_hold')
                AND EXISTS (SELECT 1 FROM order_reviews z WHERE z.order_id = c.id AND z.superseded_at IS NULL AND z.due_at <= ",
    )
    .push_bind(now)
    .push(
        ")) AS reviews_overdue,
            EXISTS (SELECT 1 FROM stay_notes x WHERE x.admission_id = i.id AND x.kind = 'round' AND x.state = 'final'
                AND x.created_at >= ",
    )
    .push_bind(today)
    .push(
        ") AS noted_today,
            (SELECT count(*) FROM stay_notes x WHERE x.admission_id = i.id AND x.state = 'draft') AS drafts
        FROM admissions i JOIN bed_uses u ON u.admission_id = i.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
        WHERE i.state = 'admitted' AND ",
    )
    .push(stays)
}

/// The details of the stays.
const DETAILS: &str = ") q JOIN patients p ON p.id = q.patient_id JOIN beds b ON b.id = q.bed_id JOIN ward_rooms r ON r.id = b.room_id
        JOIN wards w ON w.id = r.ward_id LEFT JOIN staff s ON s.id = q.doctor_id LEFT JOIN observations o ON o.id = q.last_set
        LEFT JOIN assessments g ON g.id = q.child_score
        LEFT JOIN escalations e ON e.admission_id = q.admission_id AND e.state <> 'closed'";

pub(super) async fn patients(tx: &mut Tx, clinic: ClinicId, of: RoundOf, times: [Instant; 3]) -> Result<Vec<RoundPatient>> {
    let query = match of {
        RoundOf::Doctor(doctor) => counted("i.clinic_id = ", times).push_bind(clinic).push(" AND i.doctor_id = ").push_bind(doctor),
        RoundOf::Ward(ward) => counted("i.clinic_id = ", times)
            .push_bind(clinic)
            .push(" AND u.bed_id IN (SELECT v.id FROM beds v JOIN ward_rooms m ON m.id = v.room_id WHERE m.ward_id = ")
            .push_bind(ward)
            .push(")"),
    };
    let query = query.push_for("", " OFFSET 0").push(DETAILS);
    Ok(tx.all(query.push(" ORDER BY w.name, r.name, b.position, b.name, q.admission_id")).await?)
}

pub(super) async fn patient(tx: &mut Tx, id: AdmissionId, times: [Instant; 3]) -> Result<Option<RoundPatient>> {
    let query = counted("i.id = ", times).push_bind(id).push_for("", " OFFSET 0").push(DETAILS);
    Ok(tx.optional(query).await?)
}
