//! The SQL of the figures.

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, Result, WardId, time::Instant},
    db::{Tx, sql},
};

/// Returns the number of beds of each ward, without extra trolleys.
pub(super) async fn beds(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<(WardId, i64)>> {
    let query = sql("SELECT r.ward_id, count(*) FROM beds b JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id
        WHERE b.retired_at IS NULL AND NOT b.overflow AND w.clinic_id = ");
    Ok(tx.all(query.push_bind(clinic).push(" GROUP BY r.ward_id")).await?)
}

/// Returns the days in each ward's own beds, and those on its extra trolleys.
pub(super) async fn bed_days(tx: &mut Tx, clinic: ClinicId, (from, to): (NaiveDate, NaiveDate)) -> Result<Vec<(WardId, i64, i64)>> {
    let query = sql("SELECT r.ward_id, count(CASE WHEN NOT b.overflow THEN 1 END), count(CASE WHEN b.overflow THEN 1 END) FROM bed_days y JOIN beds b ON b.id = y.bed_id JOIN ward_rooms r ON r.id = b.room_id
        JOIN wards w ON w.id = r.ward_id WHERE w.clinic_id = $1 AND y.day >= $2 AND y.day <= $3 AND y.taken_back_at IS NULL GROUP BY r.ward_id")
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}

/// Returns the number of patients who were admitted to each ward, wherever they were transferred later.
pub(super) async fn came(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant)) -> Result<Vec<(WardId, i64)>> {
    let query = sql("SELECT coalesce(h.ward_id, a.accepted_ward_id), count(DISTINCT a.id) FROM admissions a
        LEFT JOIN admission_acts h ON h.admission_id = a.id AND h.act = 'admitted'
        WHERE a.clinic_id = $1 AND a.admitted_at IS NOT NULL AND a.admitted_at >= $2 AND a.admitted_at < $3
        GROUP BY coalesce(h.ward_id, a.accepted_ward_id)")
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}

/// The patients who left a ward.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct LeftRow {
    pub ward_id: WardId,
    pub left_count: i64,
    pub died: i64,
}

/// Returns the number of patients who left the hospital from each ward, and of those who died.
pub(super) async fn left(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant)) -> Result<Vec<LeftRow>> {
    let query = sql("SELECT a.accepted_ward_id AS ward_id, count(DISTINCT a.id) AS left_count,
            count(DISTINCT CASE WHEN d.kind = 'died' THEN a.id END) AS died
        FROM admissions a LEFT JOIN discharges d ON d.admission_id = a.id AND d.voided_at IS NULL
        WHERE a.clinic_id = $1 AND a.left_at IS NOT NULL AND a.left_at >= $2 AND a.left_at < $3 GROUP BY a.accepted_ward_id")
    .bind(clinic)
    .bind(from)
    .bind(to);
    Ok(tx.all(query).await?)
}

/// Returns how many of those who left the hospital had days in each ward's beds, and those days.
pub(super) async fn stayed(tx: &mut Tx, clinic: ClinicId, (from, to): (Instant, Instant)) -> Result<Vec<(WardId, i64, i64)>> {
    // Both engines are led from the few who left to their days.
    let query = sql("SELECT r.ward_id, count(DISTINCT a.id), count(*) FROM admissions a ")
        .push_for(
            "CROSS JOIN bed_days y ON y.admission_id = a.id AND y.taken_back_at IS NULL",
            "CROSS JOIN LATERAL (SELECT x.bed_id FROM bed_days x WHERE x.admission_id = a.id AND x.taken_back_at IS NULL OFFSET 0) y",
        )
        .push(
            " JOIN beds b ON b.id = y.bed_id JOIN ward_rooms r ON r.id = b.room_id
            WHERE a.clinic_id = $1 AND a.left_at IS NOT NULL AND a.left_at >= $2 AND a.left_at < $3 GROUP BY r.ward_id",
        )
        .bind(clinic)
        .bind(from)
        .bind(to);
    Ok(tx.all(query).await?)
}
