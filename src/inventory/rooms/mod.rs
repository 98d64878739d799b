//! Storerooms: the places of a clinic where stock is kept.

mod store;

use super::RoomKind;
use crate::{
    audit::{Action, FieldChange},
    core::{ClinicId, Error, Permission, Result, StoreroomId, error::FieldErrors, time::Instant},
    server::Ctx,
    tr,
};

pub use store::{quarantine_of, room, rooms, transit_of};

/// A storeroom.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Storeroom {
    pub id: StoreroomId,
    pub clinic_id: ClinicId,
    pub code: String,
    pub name: String,
    pub kind: RoomKind,
    pub retired_at: Option<Instant>,
    pub version: i64,
}

/// The fields of a storeroom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomDraft {
    pub code: String,
    pub name: String,
    pub kind: RoomKind,
}

impl RoomDraft {
    /// Reads a form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the fields.
    pub fn read(code: &str, name: &str, kind: &str) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", code, 20).to_uppercase();
        let name = errors.required_line("name", name, 120);
        let kind = errors.chosen::<RoomKind>("kind", kind).filter(|kind| RoomKind::CHOSEN.contains(kind));
        errors.finish()?;
        Ok(Self { code, name, kind: kind.ok_or_else(|| Error::invalid("kind", tr!(errors.choose)))? })
    }
}

/// Saves a storeroom of the user's clinic: a new one under its id when the version is 0.
///
/// # Errors
/// [`Error::Invalid`] when another has the code, or the clinic has a quarantine already; [`Error::Conflict`] when it was changed since.
pub async fn save_room(ctx: &mut Ctx, id: StoreroomId, version: i64, draft: &RoomDraft) -> Result<()> {
    let (stamp, clinic) = (ctx.stamp(), ctx.clinic.id);
    ctx.tx.take_turn("storerooms", "").await?;
    let before = store::room(&mut ctx.tx, id).await?;
    let taken = |error: crate::db::DbError| match (error.is_unique(), draft.kind) {
        (true, RoomKind::Quarantine) => Error::invalid("kind", tr!(inventory.one_quarantine)),
        (true, _) => Error::invalid("code", tr!(inventory.code_taken)),
        (false, _) => error.into(),
    };
    let change = |field: &str, before: &str, after: &str| FieldChange {
        field: field.to_owned(),
        before: before.to_owned(),
        after: after.to_owned(),
    };
    match before {
        None if version == 0 => {
            store::insert(&mut ctx.tx, id, clinic, draft, stamp).await.map_err(taken)?;
            let changes = [change("code", "", &draft.code), change("name", "", &draft.name), change("kind", "", draft.kind.as_str())];
            ctx.did_change(Action::Create, "storeroom", id, &changes);
        }
        // The form was sent twice.
        Some(_) if version == 0 => {}
        Some(before) => {
            ctx.at_clinic(Permission::ManageStock, before.clinic_id)?;
            let lock = ctx.tx.lock(id).await?;
            if !store::rename(&mut ctx.tx, lock, version, draft, stamp).await.map_err(taken)? {
                return Err(Error::conflict(tr!(errors.newer_version)));
            }
            let changes = [change("code", &before.code, &draft.code), change("name", &before.name, &draft.name)];
            ctx.did_change(Action::Update, "storeroom", id, &changes);
        }
        None => return Err(Error::NotFound),
    }
    Ok(())
}
