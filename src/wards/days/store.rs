//! The SQL of days in a bed.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Bed, DayKind};
use crate::{
    core::{AdmissionId, BedClassId, BedId, ClinicId, PatientId, PriceItemId, Result, time::Instant},
    db::{DbError, Tx, sql},
};

/// A day in a bed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BedDay {
    pub id: Uuid,
    pub day: NaiveDate,
    pub kind: DayKind,
    pub bed_id: BedId,
    pub bed: String,
    pub class: String,
    /// Whether it is not charged any more.
    pub taken_back: bool,
}

/// Returns the days of an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<BedDay>> {
    let query = sql("SELECT y.id, y.day, y.kind, y.bed_id, b.name AS bed, c.name AS class, y.taken_back_at IS NOT NULL AS taken_back
        FROM bed_days y JOIN beds b ON b.id = y.bed_id JOIN bed_classes c ON c.id = y.class_id WHERE y.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY y.day")).await?)
}

/// Returns the admitted patients of a clinic whose days are to be settled: those who were there at the start of the day and lack the day before it,
/// and those with a day after the death that their record has. A patient who has died lacks no day.
///
/// # Errors
/// When the database refuses.
pub async fn lacking(tx: &mut Tx, clinic: ClinicId, (day, midnight): (NaiveDate, Instant), limit: i64) -> Result<Vec<AdmissionId>> {
    let query = sql("SELECT a.id FROM admissions a JOIN patients p ON p.id = a.patient_id
        WHERE a.state = 'admitted' AND a.clinic_id = $1 AND a.admitted_at <= $2 AND (CASE
            WHEN p.deceased_on IS NULL OR p.deceased_precision NOT IN ('day', 'unknown') OR p.deceased_on > $3 THEN
                NOT EXISTS (SELECT 1 FROM bed_days y WHERE y.admission_id = a.id AND y.day = $4 AND y.taken_back_at IS NULL)
                AND NOT EXISTS (SELECT 1 FROM discharges d WHERE d.admission_id = a.id AND d.voided_at IS NULL AND d.died_at IS NOT NULL)
            ELSE EXISTS (SELECT 1 FROM bed_days y WHERE y.admission_id = a.id AND y.day >= p.deceased_on AND y.taken_back_at IS NULL) END)
        ORDER BY a.id LIMIT $5")
    .bind(clinic)
    .bind(midnight)
    .bind(day)
    .bind(day)
    .bind(limit);
    Ok(tx.all::<(AdmissionId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// A day that was taken back while an invoice had it, and whose charge a credit note released.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub struct Released {
    pub id: Uuid,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
}

/// Returns the days that were taken back and whose charges could be invoiced again.
///
/// # Errors
/// When the database refuses.
pub async fn released(tx: &mut Tx, limit: i64) -> Result<Vec<Released>> {
    // The days come first: SQLite would otherwise walk through the charges of all days.
    let query = sql("SELECT y.id, y.admission_id, a.patient_id, a.clinic_id FROM bed_days y CROSS JOIN charges c
        JOIN admissions a ON a.id = y.admission_id
        WHERE y.taken_back_at IS NOT NULL AND c.source = 'bed_day' AND c.source_id = y.id
            AND c.state NOT IN ('cancelled', 'entered_in_error') AND c.state IN ('planned', 'billable')
        ORDER BY y.taken_back_at, y.id LIMIT ");
    Ok(tx.all(query.push_bind(limit)).await?)
}

/// Returns the time at which the patient died on the ward.
pub(super) async fn died_at(tx: &mut Tx, admission: AdmissionId) -> Result<Option<Instant>> {
    let query = sql("SELECT died_at FROM discharges WHERE voided_at IS NULL AND died_at IS NOT NULL AND admission_id = ");
    Ok(tx.optional::<(Instant,)>(query.push_bind(admission)).await?.map(|(at,)| at))
}

/// Returns the price item of a class.
pub(super) async fn item(tx: &mut Tx, class: BedClassId) -> Result<PriceItemId> {
    Ok(tx.one::<(PriceItemId,)>(sql("SELECT item_id FROM bed_classes WHERE id = ").push_bind(class)).await?.0)
}

/// Returns the price item of a class for days on leave.
pub(super) async fn leave_item(tx: &mut Tx, class: BedClassId) -> Result<Option<PriceItemId>> {
    Ok(tx.one::<(Option<PriceItemId>,)>(sql("SELECT leave_item_id FROM bed_classes WHERE id = ").push_bind(class)).await?.0)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: Uuid,
    (admission, day): (AdmissionId, NaiveDate),
    (bed, kind, item): (&Bed, DayKind, PriceItemId),
    now: Instant,
) -> Result<(), DbError> {
    let query = sql(
        "INSERT INTO bed_days (id, admission_id, day, bed_id, class_id, kind, item_id, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(admission)
    .bind(day)
    .bind(bed.id)
    .bind(bed.class_id)
    .bind(kind)
    .bind(item)
    .bind(now);
    tx.execute(query).await?;
    Ok(())
}

/// Sets the bed of a day, which counts.
pub(super) async fn place(tx: &mut Tx, id: Uuid, (bed, kind, item): (&Bed, DayKind, PriceItemId)) -> Result<()> {
    let query = sql("UPDATE bed_days SET bed_id = $2, class_id = $3, kind = $4, item_id = $5, taken_back_at = NULL WHERE id = $1")
        .bind(id)
        .bind(bed.id)
        .bind(bed.class_id)
        .bind(kind)
        .bind(item);
    tx.execute(query).await?;
    Ok(())
}

/// Lets a day count no more.
pub(super) async fn take_back(tx: &mut Tx, id: Uuid, now: Instant) -> Result<()> {
    tx.execute(sql("UPDATE bed_days SET taken_back_at = $2 WHERE id = $1").bind(id).bind(now)).await?;
    Ok(())
}
