//! The SQL of days in a bed.

use chrono::NaiveDate;
use uuid::Uuid;

use super::{Bed, DayKind};
use crate::{
    core::{AdmissionId, BedClassId, ClinicId, PriceItemId, Result, time::Instant},
    db::{Tx, sql},
};

/// A day in a bed.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct BedDay {
    pub id: Uuid,
    pub day: NaiveDate,
    pub kind: DayKind,
    pub bed: String,
    pub class: String,
}

/// Returns the days of an admission, in order.
///
/// # Errors
/// When the database refuses.
pub async fn of_admission(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<BedDay>> {
    let query = sql("SELECT y.id, y.day, y.kind, b.name AS bed, c.name AS class FROM bed_days y JOIN beds b ON b.id = y.bed_id
        JOIN bed_classes c ON c.id = y.class_id WHERE y.admission_id = ");
    Ok(tx.all(query.push_bind(admission).push(" ORDER BY y.day")).await?)
}

/// Returns the admitted patients of a clinic who were there at the start of the day and lack the day before it; not those who have died.
///
/// # Errors
/// When the database refuses.
pub async fn lacking(tx: &mut Tx, clinic: ClinicId, (day, midnight): (NaiveDate, Instant), limit: i64) -> Result<Vec<AdmissionId>> {
    let query = sql("SELECT a.id FROM admissions a WHERE a.state = 'admitted' AND a.clinic_id = $1 AND a.admitted_at <= $2
        AND NOT EXISTS (SELECT 1 FROM bed_days y WHERE y.admission_id = a.id AND y.day = $3)
        AND NOT EXISTS (SELECT 1 FROM discharges d WHERE d.admission_id = a.id AND d.voided_at IS NULL AND d.died_at IS NOT NULL)
        ORDER BY a.id LIMIT $4")
    .bind(clinic)
    .bind(midnight)
    .bind(day)
    .bind(limit);
    Ok(tx.all::<(AdmissionId,)>(query).await?.into_iter().map(|(id,)| id).collect())
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
) -> Result<()> {
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
