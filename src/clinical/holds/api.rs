//! The functions that hold a part of a note back and release it.

use leptos::prelude::*;

use crate::core::{EncounterId, Error, NoteHoldId};

#[cfg(feature = "ssr")]
use super::acts;
#[cfg(feature = "ssr")]
use crate::{
    clinical::Encounter,
    core::Permission,
    server::{Ctx, redirect_to},
};

/// Holds a part of a note back from readers of the portal.
#[server(endpoint = "clinical/hold_note_part")]
pub async fn hold_note_part(
    encounter_id: EncounterId,
    /// An id created with the form.
    key: NoteHoldId,
    #[server(default)] part: String,
    #[server(default)] hidden_from: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let encounter = acts::hold(&mut ctx, encounter_id, key, (&part, &hidden_from, &reason)).await?;
    ctx.commit().await?;
    go_back(&encounter, &back, "held");
    Ok(())
}

/// Releases a part of a note.
#[server(endpoint = "clinical/release_note_part")]
pub async fn release_note_part(hold_id: NoteHoldId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let encounter = acts::release(&mut ctx, hold_id).await?;
    ctx.commit().await?;
    go_back(&encounter, &back, "released");
    Ok(())
}

/// Returns to the consultation, or to the chart.
#[cfg(feature = "ssr")]
fn go_back(encounter: &Encounter, back: &str, done: &str) {
    redirect_to(&match encounter.visit.filter(|_| back != "chart") {
        Some(visit) => format!("/consultation/{visit}?done={done}"),
        None => format!("/patients/{}/chart?done={done}", encounter.patient),
    });
}
