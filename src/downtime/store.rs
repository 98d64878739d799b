//! The SQL of the downtime pack.

use crate::{
    core::{AdmissionId, PatientId, Result, WardId, time::Instant},
    db::{Tx, sql},
    organisation::Isolation,
};

/// A patient in a bed of the ward, with the last set of observations.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct BedRow {
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub room: String,
    pub bed: String,
    pub isolation: Isolation,
    pub organism: String,
    pub doctor: Option<String>,
    pub reason: String,
    pub admitted_at: Instant,
    pub away: bool,
    pub taken_at: Option<Instant>,
    pub respiration: Option<i64>,
    pub spo2: Option<i64>,
    pub oxygen: Option<i64>,
    pub systolic: Option<i64>,
    pub diastolic: Option<i64>,
    pub pulse: Option<i64>,
    pub temperature: Option<i64>,
    pub score: Option<i64>,
    /// The last score of a child.
    pub pews: Option<i64>,
}

/// Reads the patients who lie on a ward, by room and bed.
pub(super) async fn beds(tx: &mut Tx, ward: WardId) -> Result<Vec<BedRow>> {
    let query = sql("SELECT a.id AS admission_id, a.patient_id, q.room, q.bed, a.isolation, a.organism, f.display_name AS doctor, a.reason, a.admitted_at,
            EXISTS (SELECT 1 FROM ward_absences w WHERE w.admission_id = a.id AND w.back_at IS NULL) AS away,
            o.taken_at, o.respiration, o.spo2, o.oxygen, o.systolic, o.diastolic, o.pulse, o.temperature, o.score, g.total AS pews
        FROM (SELECT r.name AS room, b.name AS bed, b.position AS place, u.admission_id,
                (SELECT x.id FROM observations x WHERE x.admission_id = u.admission_id AND x.superseded_at IS NULL AND x.kind = 'values' AND NOT x.weighed_only
                    ORDER BY x.taken_at DESC, x.recorded_at DESC, x.id DESC LIMIT 1) AS last_set,
                (SELECT x.id FROM assessments x JOIN assessment_tools y ON y.id = x.tool_id WHERE x.admission_id = u.admission_id
                    AND x.state = 'final' AND y.code = 'pews' ORDER BY x.assessed_at DESC, x.id DESC LIMIT 1) AS child_score
            FROM ward_rooms r JOIN beds b ON b.room_id = r.id
            JOIN bed_uses u ON u.bed_id = b.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
            WHERE r.ward_id = ")
    .push_bind(ward)
    .push(
        ") q JOIN admissions a ON a.id = q.admission_id AND a.state = 'admitted' LEFT JOIN observations o ON o.id = q.last_set
        LEFT JOIN assessments g ON g.id = q.child_score
        LEFT JOIN staff f ON f.id = a.doctor_id
        ORDER BY q.room, q.place, q.bed, a.id LIMIT 200",
    );
    Ok(tx.all(query).await?)
}

/// Reads the wards of all clinics that have a patient in a bed.
pub(super) async fn wards(tx: &mut Tx) -> Result<Vec<WardId>> {
    let query = sql("SELECT DISTINCT r.ward_id FROM bed_uses u JOIN beds b ON b.id = u.bed_id JOIN ward_rooms r ON r.id = b.room_id
        WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL");
    let rows: Vec<(WardId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(ward,)| ward).collect())
}
