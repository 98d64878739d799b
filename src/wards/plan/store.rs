//! The SQL of the plan.

use super::{Bed, NewTrolley, Ward, WardElsewhere, WardRoom};
use crate::{
    core::{BedClassId, BedId, ClinicId, Result, Stamp, WardId, time::Instant},
    db::{DbError, Lockable, Locked, Tx, sql},
};

impl Lockable for BedId {
    const TABLE: &'static str = "beds";
}

const WARD: &str =
    "SELECT id, clinic_id, name, code, kind, sex_rule, age_from, age_to, reservation_min, clean_min, terminal_min FROM wards WHERE ";

const BED: &str = "SELECT b.id, b.name, b.kind, b.class_id, c.name AS class_name, b.position, b.oxygen, b.suction, b.monitor, b.ventilator,
        b.bariatric, b.low_bed, b.beside_id, b.overflow, b.temporary_until,
        r.ward_id, w.clinic_id, r.name AS room, r.sex_rule AS room_rule, r.single, r.isolation AS room_isolation,
        b.retired_at IS NOT NULL AS retired
    FROM beds b JOIN ward_rooms r ON r.id = b.room_id JOIN wards w ON w.id = r.ward_id JOIN bed_classes c ON c.id = b.class_id WHERE ";

pub(super) async fn wards(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<Ward>> {
    let query = sql(WARD).push("retired_at IS NULL AND clinic_id = ").push_bind(clinic).push(" ORDER BY name, id");
    Ok(tx.all(query).await?)
}

pub(super) async fn ward(tx: &mut Tx, id: WardId) -> Result<Option<Ward>> {
    Ok(tx.optional(sql(WARD).push("id = ").push_bind(id)).await?)
}

pub(super) async fn bed(tx: &mut Tx, id: BedId) -> Result<Option<Bed>> {
    Ok(tx.optional(sql(BED).push("b.id = ").push_bind(id)).await?)
}

pub(super) async fn beds(tx: &mut Tx, ward: WardId) -> Result<Vec<Bed>> {
    let query = sql(BED).push("b.retired_at IS NULL AND r.ward_id = ").push_bind(ward);
    Ok(tx.all(query.push(" ORDER BY r.name, b.position, b.name, b.id")).await?)
}

pub(super) async fn classes(tx: &mut Tx) -> Result<Vec<(BedClassId, String)>> {
    Ok(tx.all(sql("SELECT id, name FROM bed_classes WHERE retired_at IS NULL ORDER BY name, id")).await?)
}

pub(super) async fn elsewhere(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<WardElsewhere>> {
    let query = sql("SELECT w.id AS ward_id, w.name AS ward, w.kind, k.name AS clinic, count(*) AS beds, count(t.bed_id) AS taken
        FROM wards w JOIN clinics k ON k.id = w.clinic_id JOIN ward_rooms r ON r.ward_id = w.id JOIN beds b ON b.room_id = r.id
        LEFT JOIN taken_beds t ON t.bed_id = b.id
        WHERE w.retired_at IS NULL AND b.retired_at IS NULL AND NOT b.overflow AND w.clinic_id <> ");
    Ok(tx.all(query.push_bind(clinic).push(" GROUP BY w.id, w.name, w.kind, k.name ORDER BY k.name, w.name, w.id")).await?)
}

/// Returns the open rooms of a ward by name.
pub(super) async fn rooms(tx: &mut Tx, ward: WardId) -> Result<Vec<WardRoom>> {
    let query = sql("SELECT id, name FROM ward_rooms WHERE retired_at IS NULL AND ward_id = ").push_bind(ward);
    Ok(tx.all(query.push(" ORDER BY name, id")).await?)
}

/// Whether there is a bed with this id.
pub(super) async fn is_there(tx: &mut Tx, bed: BedId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM beds WHERE id = ").push_bind(bed)).await? > 0)
}

/// Adds an extra trolley as the last place of a room.
pub(super) async fn insert_trolley(
    tx: &mut Tx,
    (id, new): (BedId, &NewTrolley),
    name: &str,
    class: BedClassId,
    stamp: Stamp,
) -> Result<(), DbError> {
    let query =
        sql("INSERT INTO beds (id, name, room_id, kind, class_id, position, overflow, temporary_until, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, 'trolley', $4, 99, true, $5, $6, $7, $8, $9)")
        .bind(id)
        .bind(name)
        .bind(new.room)
        .bind(class)
        .bind(new.until)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Returns the extra trolleys whose time is over and that are in no use.
pub(super) async fn over(tx: &mut Tx, now: Instant, limit: i64) -> Result<Vec<Bed>> {
    let query = sql(BED).push("b.retired_at IS NULL AND b.temporary_until <= ").push_bind(now);
    let query =
        query.push(" AND NOT EXISTS (SELECT 1 FROM bed_uses u WHERE u.bed_id = b.id AND u.ended_at IS NULL AND u.voided_at IS NULL)");
    Ok(tx.all(query.push(" ORDER BY b.temporary_until, b.id LIMIT ").push_bind(limit)).await?)
}

/// Retires an extra trolley.
pub(super) async fn retire(tx: &mut Tx, bed: Locked<BedId>, stamp: Stamp) -> Result<bool, DbError> {
    let query = sql("UPDATE beds SET retired_at = $2, updated_at = $3, updated_by = $4, version = version + 1
        WHERE id = $1 AND overflow AND retired_at IS NULL")
    .bind(bed.id())
    .bind(stamp.at)
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}
