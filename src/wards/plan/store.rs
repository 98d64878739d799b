//! The SQL of the plan.

use super::{Bed, Ward};
use crate::{
    core::{BedClassId, BedId, ClinicId, Result, WardId},
    db::{Lockable, Tx, sql},
};

impl Lockable for BedId {
    const TABLE: &'static str = "beds";
}

const WARD: &str =
    "SELECT id, clinic_id, name, code, kind, sex_rule, age_from, age_to, reservation_min, clean_min, terminal_min FROM wards WHERE ";

const BED: &str =
    "SELECT b.id, b.name, b.kind, b.class_id, c.name AS class_name, b.position, b.oxygen, b.monitor, b.ventilator, b.beside_id,
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
