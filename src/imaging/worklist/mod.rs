//! The modality worklist: devices of imaging read the studies that are booked for them (DICOM, C-FIND as a service class provider).
//!
//! Only a device that is named here may ask: its AE title, called from one of its addresses, to the AE title of the program. It sees the studies of
//! its clinic that are scheduled, arrived or started; each answer is audited.

mod dataset;
mod dimse;
mod listener;
mod query;
mod store;

use crate::{
    audit::Action,
    core::{ClinicId, Error, ImagingRoomId, ImagingStationId, Permission, Result, error::FieldErrors, time::Instant},
    db::DbError,
    server::{Ctx, address::Proxies},
    tr,
};

pub use listener::{listen, serve};
pub use store::stations;

use super::rooms;

/// A device that reads the worklist.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct ImagingStation {
    pub id: ImagingStationId,
    pub clinic_id: ClinicId,
    pub room_id: ImagingRoomId,
    pub room: String,
    pub ae_title: String,
    pub peers: String,
    pub version: i64,
    pub asked_at: Option<Instant>,
    pub retired_at: Option<Instant>,
}

/// The fields of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationForm {
    pub room: ImagingRoomId,
    pub ae_title: String,
    pub peers: String,
}

impl StationForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(room: &str, ae_title: &str, peers: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let ae_title = errors.required_line("ae_title", ae_title, 16);
        if ae_title.chars().any(|letter| !letter.is_ascii_graphic() || letter == '\\') {
            errors.add("ae_title", tr!(imaging.ae_title_wrong));
        }
        let peers = errors.required_line("peers", peers, 300);
        if peers.parse::<Proxies>().is_err() {
            errors.add("peers", tr!(imaging.peers_wrong));
        }
        let room = room.parse::<ImagingRoomId>().ok();
        if room.is_none() {
            errors.add("room", tr!(errors.choose));
        }
        errors.finish()?;
        let Some(room) = room else { return Err(Error::NotFound) };
        Ok(Self { room, ae_title, peers })
    }
}

fn changed() -> Error {
    Error::conflict(tr!(imaging.station_changed))
}

/// Adds a device (`version` 0), or changes its room and addresses. The same form of a new one sent again changes nothing.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when somebody else changed it.
pub async fn save_station(ctx: &mut Ctx, id: ImagingStationId, version: i64, form: &StationForm) -> Result<()> {
    let stamp = ctx.stamp();
    let room = rooms::room(&mut ctx.tx, form.room).await?;
    ctx.at_clinic(Permission::ManageImaging, room.clinic_id)?;
    if version == 0 {
        if let Some(there) = store::station(&mut ctx.tx, id).await? {
            return if there.ae_title == form.ae_title { Ok(()) } else { Err(Error::key_used()) };
        }
        let taken = |error: DbError| if error.is_unique() { Error::invalid("ae_title", tr!(imaging.ae_title_taken)) } else { error.into() };
        store::insert(&mut ctx.tx, (id, room.clinic_id), form, stamp).await.map_err(taken)?;
        ctx.did(Action::Create, "imaging_station", id, None);
        return Ok(());
    }
    let before = store::station(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    if before.ae_title != form.ae_title || before.clinic_id != room.clinic_id {
        return Err(Error::invalid("ae_title", tr!(imaging.field_fixed)));
    }
    let lock = ctx.tx.lock(id).await?;
    if !store::update(&mut ctx.tx, lock, version, form, stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "imaging_station", id, None);
    Ok(())
}

/// Retires a device, or brings it back.
///
/// # Errors
/// [`Error::Conflict`] when somebody else changed it.
pub async fn retire_station(ctx: &mut Ctx, id: ImagingStationId, version: i64, is_retired: bool) -> Result<()> {
    let before = store::station(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::ManageImaging, before.clinic_id)?;
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(id).await?;
    if !store::set_retired(&mut ctx.tx, lock, version, is_retired.then_some(stamp.at), stamp).await? {
        return Err(changed());
    }
    ctx.did(Action::Update, "imaging_station", id, None);
    Ok(())
}
