//! The SQL of rooms and their hours.

use uuid::Uuid;

use super::{ImagingRoom, RoomHours};
use crate::{
    core::{ClinicId, ImagingRoomId, Result, Stamp},
    db::{DbError, Lockable, Locked, Tx, sql},
    imaging::vocabulary::Modality,
};

impl Lockable for ImagingRoomId {
    const TABLE: &'static str = "imaging_rooms";
}

const ROOMS: &str = "SELECT id, clinic_id, name, modality, version, retired_at FROM imaging_rooms WHERE ";

pub(super) async fn rooms(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingRoom>> {
    Ok(tx.all(sql(ROOMS).push("clinic_id = ").push_bind(clinic).push(" ORDER BY name, id")).await?)
}

pub(super) async fn room(tx: &mut Tx, id: ImagingRoomId) -> Result<Option<ImagingRoom>> {
    Ok(tx.optional(sql(ROOMS).push("id = ").push_bind(id)).await?)
}

pub(super) async fn hours(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<RoomHours>> {
    let query = sql("SELECT h.id, h.room_id, h.weekday, h.from_minute, h.to_minute FROM imaging_room_hours h
        JOIN imaging_rooms r ON r.id = h.room_id WHERE r.clinic_id = ")
    .push_bind(clinic);
    Ok(tx.all(query.push(" ORDER BY h.room_id, h.weekday, h.from_minute")).await?)
}

pub(super) async fn insert(
    tx: &mut Tx,
    id: ImagingRoomId,
    clinic: ClinicId,
    (name, modality): (&str, Modality),
    stamp: Stamp,
) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_rooms (id, clinic_id, name, modality, updated_at, updated_by) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(id)
        .bind(clinic)
        .bind(name)
        .bind(modality)
        .bind(stamp.at)
        .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn rename(tx: &mut Tx, room: Locked<ImagingRoomId>, version: i64, name: &str, stamp: Stamp) -> Result<bool, DbError> {
    let query =
        sql("UPDATE imaging_rooms SET name = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE id = $1 AND version = $2")
            .bind(room.id())
            .bind(version)
            .bind(name)
            .bind(stamp.at)
            .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

/// Whether a study is booked into the room and not done yet.
pub(super) async fn is_booked(tx: &mut Tx, room: ImagingRoomId) -> Result<bool> {
    let query = sql("SELECT count(*) FROM imaging_orders WHERE step IN ('scheduled', 'arrived', 'started') AND room_id = ").push_bind(room);
    Ok(tx.count(query).await? > 0)
}

/// Retires a room, or takes it back into use.
pub(super) async fn set_retired(tx: &mut Tx, room: Locked<ImagingRoomId>, version: i64, retired: bool, stamp: Stamp) -> Result<bool> {
    let query = sql(
        "UPDATE imaging_rooms SET retired_at = $3, version = version + 1, updated_at = $4, updated_by = $5 WHERE id = $1 AND version = $2",
    )
    .bind(room.id())
    .bind(version)
    .bind(retired.then_some(stamp.at))
    .bind(stamp.at)
    .bind(stamp.by);
    Ok(tx.execute(query).await? == 1)
}

pub(super) async fn insert_hours(tx: &mut Tx, room: Locked<ImagingRoomId>, weekday: i64, (from, to): (i64, i64)) -> Result<(), DbError> {
    let query = sql("INSERT INTO imaging_room_hours (id, room_id, weekday, from_minute, to_minute) VALUES ($1, $2, $3, $4, $5)")
        .bind(Uuid::now_v7())
        .bind(room.id())
        .bind(weekday)
        .bind(from)
        .bind(to);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn remove_hours(tx: &mut Tx, room: Locked<ImagingRoomId>, part: Uuid) -> Result<bool> {
    let query = sql("DELETE FROM imaging_room_hours WHERE room_id = $1 AND id = $2").bind(room.id()).bind(part);
    Ok(tx.execute(query).await? == 1)
}
