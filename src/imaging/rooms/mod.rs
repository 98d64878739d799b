//! Rooms with one kind of device, their weekly hours, and whether a time is within them.

mod slots;
mod store;

use chrono::{Datelike as _, NaiveDateTime, NaiveTime, Timelike as _};
use uuid::Uuid;

use super::vocabulary::Modality;
use crate::{
    audit::Action,
    core::{
        ClinicId, Error, ImagingRoomId, Permission, Result,
        error::FieldErrors,
        time::{Instant, Zone, parse_time},
    },
    db::{DbError, Tx},
    server::Ctx,
    tr,
};

pub use slots::free_times;

/// A room of imaging.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ImagingRoom {
    pub id: ImagingRoomId,
    pub clinic_id: ClinicId,
    pub name: String,
    pub modality: Modality,
    pub version: i64,
    pub retired_at: Option<Instant>,
}

/// A part of the week in which a room is open, in minutes of the clinic's day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RoomHours {
    pub id: Uuid,
    pub room_id: ImagingRoomId,
    /// Monday is 1.
    pub weekday: i64,
    pub from_minute: i64,
    pub to_minute: i64,
}

/// Reads the rooms of a clinic, with retired ones, in the order of their names.
///
/// # Errors
/// When the database refuses.
pub async fn rooms(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<ImagingRoom>> {
    store::rooms(tx, clinic).await
}

/// Reads a room.
///
/// # Errors
/// [`Error::NotFound`].
pub async fn room(tx: &mut Tx, id: ImagingRoomId) -> Result<ImagingRoom> {
    store::room(tx, id).await?.ok_or(Error::NotFound)
}

/// Reads the hours of the rooms of a clinic.
///
/// # Errors
/// When the database refuses.
pub async fn hours(tx: &mut Tx, clinic: ClinicId) -> Result<Vec<RoomHours>> {
    store::hours(tx, clinic).await
}

fn minute(time: NaiveTime) -> i64 {
    i64::from(time.hour() * 60 + time.minute())
}

/// Returns the time of a minute of the day; midnight at the end is `24:00`.
pub fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Whether a room is open from one local time to another, by the hours of all rooms.
pub fn is_open(hours: &[RoomHours], room: ImagingRoomId, from: NaiveDateTime, to: NaiveDateTime) -> bool {
    let end = match (to.date() == from.date(), to.time() == NaiveTime::MIN && Some(to.date()) == from.date().succ_opt()) {
        (true, _) => minute(to.time()),
        (false, true) => 1_440,
        (false, false) => return false,
    };
    let weekday = i64::from(from.weekday().number_from_monday());
    hours
        .iter()
        .any(|part| part.room_id == room && part.weekday == weekday && part.from_minute <= minute(from.time()) && part.to_minute >= end)
}

/// Whether a room is open from one instant to another.
pub fn is_open_at(hours: &[RoomHours], room: ImagingRoomId, zone: Zone, from: Instant, to: Instant) -> bool {
    is_open(hours, room, zone.local(from), zone.local(to))
}

/// Adds a room (`version` 0), or changes the name of one.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed it.
pub async fn save(ctx: &mut Ctx, id: ImagingRoomId, version: i64, name: &str, modality: &str) -> Result<()> {
    let mut errors = FieldErrors::new();
    let name = errors.required_line("name", name, 80);
    let modality = errors.chosen::<Modality>("modality", modality);
    errors.finish()?;
    let Some(modality) = modality else { return Err(Error::NotFound) };
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    let taken = |error: DbError| match error.violates("imaging_rooms_name") || error.is_unique() {
        true => Error::invalid("name", tr!(imaging.room_name_taken)),
        false => error.into(),
    };
    if version == 0 {
        if let Some(there) = store::room(&mut ctx.tx, id).await? {
            return if (there.clinic_id, there.name) == (clinic, name) { Ok(()) } else { Err(Error::key_used()) };
        }
        store::insert(&mut ctx.tx, id, clinic, (&name, modality), stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "imaging_room", id, None);
        return Ok(());
    }
    let lock = ctx.tx.lock(id).await?;
    let before = room(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    if before.modality != modality {
        return Err(Error::invalid("modality", tr!(imaging.field_fixed)));
    }
    if before.name == name {
        return Ok(());
    }
    if !store::rename(&mut ctx.tx, lock, version, &name, stamp).await.map_err(taken)? {
        return Err(Error::conflict(tr!(imaging.room_changed)));
    }
    ctx.did(Action::Update, "imaging_room", id, None);
    Ok(())
}

/// Retires a room, or takes it back into use. A room with bookings is not retired.
///
/// # Errors
/// [`Error::Conflict`] when it has bookings, or somebody else changed it.
pub async fn retire(ctx: &mut Ctx, id: ImagingRoomId, version: i64, retired: bool) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let before = room(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    if before.retired_at.is_some() == retired {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if retired && store::is_booked(&mut ctx.tx, id).await? {
        return Err(Error::conflict(tr!(imaging.room_booked)));
    }
    if !store::set_retired(&mut ctx.tx, lock, version, retired, stamp).await? {
        return Err(Error::conflict(tr!(imaging.room_changed)));
    }
    ctx.did(Action::Update, "imaging_room", id, None);
    Ok(())
}

/// Adds hours of a room on several days of the week.
///
/// # Errors
/// [`Error::Invalid`] with the field; also when they overlap with other hours.
pub async fn add_hours(ctx: &mut Ctx, id: ImagingRoomId, weekdays: &[i64], (from, to): (&str, &str)) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let before = room(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    let mut errors = FieldErrors::new();
    let from = errors.check(parse_time("from", from)).map(minute);
    let to = if to.trim() == "24:00" { Some(1_440) } else { errors.check(parse_time("to", to)).map(minute) };
    if weekdays.is_empty() {
        errors.add("weekdays", tr!(errors.choose));
    }
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        errors.add("to", tr!(imaging.hours_crossed));
    }
    errors.finish()?;
    let (Some(from), Some(to)) = (from, to) else { return Err(Error::NotFound) };
    for weekday in weekdays {
        let overlaps = |error: DbError| match error.violates("imaging_hours_no_overlap") {
            true => Error::invalid("from", tr!(imaging.hours_overlap)),
            false => error.into(),
        };
        store::insert_hours(&mut ctx.tx, lock, *weekday, (from, to)).await.map_err(overlaps)?;
    }
    ctx.did(Action::Update, "imaging_room", id, None);
    Ok(())
}

/// Removes hours of a room. Bookings stay.
///
/// # Errors
/// When the database refuses.
pub async fn remove_hours(ctx: &mut Ctx, id: ImagingRoomId, part: Uuid) -> Result<()> {
    let lock = ctx.tx.lock(id).await?;
    let before = room(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    if store::remove_hours(&mut ctx.tx, lock, part).await? {
        ctx.did(Action::Update, "imaging_room", id, None);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_within_the_hours_of_its_day() {
        let room = ImagingRoomId::new();
        let hours = [RoomHours { id: Uuid::nil(), room_id: room, weekday: 5, from_minute: 480, to_minute: 1_440 }];
        let at = |text: &str| text.parse::<NaiveDateTime>().expect("a time");
        // 27 November 2026 is a Friday.
        for (from, to, open) in [
            ("2026-11-27T08:00:00", "2026-11-27T08:30:00", true),
            ("2026-11-27T07:59:00", "2026-11-27T08:30:00", false),
            ("2026-11-27T23:30:00", "2026-11-28T00:00:00", true),
            ("2026-11-27T23:45:00", "2026-11-28T00:15:00", false),
            ("2026-11-28T08:00:00", "2026-11-28T08:30:00", false),
        ] {
            assert_eq!(is_open(&hours, room, at(from), at(to)), open, "{from}");
            assert!(!is_open(&hours, ImagingRoomId::new(), at(from), at(to)), "another room");
        }
        assert_eq!((clock(480), clock(1_440)), ("08:00".to_owned(), "24:00".to_owned()));
    }
}
