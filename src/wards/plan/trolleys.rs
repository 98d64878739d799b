//! Extra trolleys: beds that stand on a ward for a time, while its own beds do not suffice. They are counted apart from the beds.

use uuid::Uuid;

use super::{Bed, Ward, beds, store};
use crate::{
    audit::{self, Action, AuditRow, FieldChange},
    core::{
        BedClassId, BedId, Error, Result, Stamp, UserId, WardId,
        time::{Instant, show_date_time},
    },
    db::{Locked, Tx},
    server::{AppState, Ctx, Event},
    tr,
    wards::{WARDS, uses},
};

/// Trolleys that a ward has at most at one time.
const MOST: usize = 20;

/// A room of a ward.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct WardRoom {
    pub id: Uuid,
    pub name: String,
}

/// Returns the open rooms of a ward by name.
///
/// # Errors
/// When the database refuses.
pub async fn rooms(tx: &mut Tx, ward: WardId) -> Result<Vec<WardRoom>> {
    store::rooms(tx, ward).await
}

/// Returns the class of a trolley in a room: that of the room's last bed, otherwise that of the ward's first bed.
fn class_of(beds: &[Bed], room: &str) -> Option<BedClassId> {
    let own = |bed: &&Bed| !bed.overflow;
    beds.iter().filter(own).rfind(|bed| bed.room == room).or_else(|| beds.iter().find(own)).map(|bed| bed.class_id)
}

/// Returns the first of the labels T1, T2, … that no bed of the ward has.
fn free_label(beds: &[Bed]) -> String {
    let label = |number: usize| format!("T{number}");
    (1..=beds.len())
        .map(label)
        .find(|name| beds.iter().all(|bed| !bed.name.eq_ignore_ascii_case(name)))
        .unwrap_or_else(|| label(beds.len() + 1))
}

/// An extra trolley that is added.
#[derive(Clone, Copy, Debug)]
pub struct NewTrolley {
    pub room: Uuid,
    /// The time after which no patient is put on it; `None` until it is empty.
    pub until: Option<Instant>,
}

/// Adds an extra trolley to a room of the ward, under the id `id`. The same id again adds nothing.
///
/// # Errors
/// [`Error::Invalid`] when the room is not one of the ward; [`Error::Conflict`] when the ward has no bed, or too many trolleys.
pub async fn add_trolley(ctx: &mut Ctx, ward: &Ward, new: &NewTrolley, id: BedId) -> Result<()> {
    // As all changes of master data, so that two trolleys do not get one label.
    ctx.tx.take_turn("master data", "").await?;
    if store::is_there(&mut ctx.tx, id).await? {
        return Ok(());
    }
    let rooms = store::rooms(&mut ctx.tx, ward.id).await?;
    let room = rooms.into_iter().find(|one| one.id == new.room).ok_or_else(|| Error::invalid("room", tr!(errors.choose)))?;
    let beds = beds(&mut ctx.tx, ward.id).await?;
    let Some(class) = class_of(&beds, &room.name) else { return Err(Error::conflict(tr!(wards.no_beds_text))) };
    if beds.iter().filter(|bed| bed.overflow).count() >= MOST {
        return Err(Error::conflict(tr!(wards.trolleys_most, most = MOST)));
    }
    let (stamp, name) = (ctx.stamp(), free_label(&beds));
    store::insert_trolley(&mut ctx.tx, (id, new), &name, class, stamp).await.map_err(|error| match () {
        () if error.violates("parent_retired") || error.is_unique() => Error::conflict(tr!(wards.bed_changed)),
        () => error.into(),
    })?;
    let field = |field: &str, after: String| FieldChange { field: field.to_owned(), before: String::new(), after };
    let mut fields = vec![field("name", name), field("room_id", room.name), field("overflow", "true".to_owned())];
    let zone = ctx.zone();
    fields.extend(new.until.map(|until| field("temporary_until", show_date_time(zone.local(until)))));
    ctx.did_change(Action::Create, "bed", id, &fields);
    Ok(())
}

/// Removes an extra trolley on which no patient lies and which is reserved for none.
///
/// # Errors
/// [`Error::Conflict`] when it is in use, or no extra trolley.
pub async fn remove_trolley(ctx: &mut Ctx, bed: &Bed, locked: Locked<BedId>) -> Result<()> {
    let stamp = ctx.stamp();
    if !store::retire(&mut ctx.tx, locked, stamp).await.map_err(uses::refused)? {
        return Err(Error::conflict(tr!(wards.bed_changed)));
    }
    let change = FieldChange { field: "retired".to_owned(), before: String::new(), after: "true".to_owned() };
    ctx.did_change(Action::Update, "bed", bed.id, &[change]);
    Ok(())
}

/// Removes an extra trolley that was left and is clean; another bed stays.
///
/// # Errors
/// As [`remove_trolley`].
pub async fn retire_when_empty(ctx: &mut Ctx, bed: &Bed, locked: Locked<BedId>) -> Result<()> {
    if bed.overflow && !bed.retired { remove_trolley(ctx, bed, locked).await } else { Ok(()) }
}

/// Retires the extra trolleys whose time is over and that are in no use; returns their number. One on which a patient lies, or that is
/// cleaned, leaves the plan when it is clean.
///
/// # Errors
/// When the database refuses.
pub async fn retire_over(state: &AppState, at_once: i64) -> Result<usize> {
    let now = state.clock.now();
    let over = store::over(&mut state.db.read().await?, now, at_once).await?;
    let mut retired = 0;
    for bed in over {
        let mut tx = state.db.write().await?;
        let locked = tx.lock(bed.id).await?;
        if uses::open_use(&mut tx, locked).await?.is_some() || !store::retire(&mut tx, locked, Stamp::system(now)).await? {
            continue;
        }
        let row = AuditRow {
            at: now,
            user: UserId::SYSTEM,
            roles: String::new(),
            action: Action::Update,
            what: "bed",
            subject: Some(bed.id.0),
            patient: None,
            clinic: Some(bed.clinic_id),
            address: String::new(),
            request: String::new(),
            why: String::new(),
        };
        audit::write(&mut tx, &[row]).await?;
        let events = [Event::new(&WARDS).at(bed.clinic_id).about(bed.id)];
        state.hub.store(&mut tx, now, &events).await?;
        tx.commit().await?;
        state.hub.announce(&events);
        retired += 1;
    }
    Ok(retired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        core::ClinicId,
        organisation::{BedKind, Isolation, RoomRule},
        wards::equipment::Equipment,
    };

    fn bed(name: &str, room: &str, overflow: bool) -> Bed {
        Bed {
            id: BedId::new(),
            name: name.to_owned(),
            kind: if overflow { BedKind::Trolley } else { BedKind::Adult },
            class_id: BedClassId::new(),
            class_name: "General".to_owned(),
            position: 1,
            equipment: Equipment::default(),
            beside_id: None,
            overflow,
            temporary_until: None,
            ward_id: WardId::new(),
            clinic_id: ClinicId::new(),
            room: room.to_owned(),
            room_rule: RoomRule::Any,
            single: false,
            room_isolation: Isolation::None,
            retired: false,
        }
    }

    #[test]
    fn a_trolley_has_the_first_free_label_and_the_class_of_its_room() {
        assert_eq!((free_label(&[]), class_of(&[], "Room 1")), ("T1".to_owned(), None));
        let beds = [bed("1A", "Room 1", false), bed("1B", "Room 1", false), bed("2A", "Room 2", false), bed("t1", "Room 2", true)];
        assert_eq!(free_label(&beds), "T2");
        assert_eq!(class_of(&beds, "Room 1"), Some(beds[1].class_id));
        assert_eq!(class_of(&beds, "Room 2"), Some(beds[2].class_id), "a trolley has no class of its own");
        assert_eq!(class_of(&beds, "Corridor"), Some(beds[0].class_id));
        let gap = [bed("T1", "Room 1", true), bed("T3", "Room 1", true)];
        assert_eq!(free_label(&gap), "T2");
        assert_eq!(class_of(&gap, "Room 1"), None);
    }
}
