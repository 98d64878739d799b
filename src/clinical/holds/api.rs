//! The functions that hold parts of a note, prescriptions and results back, and release them.

use leptos::prelude::*;

use crate::core::{EncounterId, Error, NoteHoldId};

#[cfg(feature = "ssr")]
use super::acts::{self, Released, TypedHold};
#[cfg(feature = "ssr")]
use crate::{
    core::{PatientId, Permission},
    server::{Ctx, redirect_to},
};

/// Holds a part of a note, or a prescription of its encounter, back from readers of the portal.
#[server(endpoint = "clinical/hold_note_part")]
pub async fn hold_note_part(
    encounter_id: EncounterId,
    /// An id created with the form.
    key: NoteHoldId,
    /// The word of a part, or `prescription:` and the id of one.
    #[server(default)]
    part: String,
    #[server(default)] hidden_from: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let typed = TypedHold { hidden_from: &hidden_from, reason: &reason };
    let encounter = acts::hold(&mut ctx, encounter_id, key, (&part, typed)).await?;
    ctx.commit().await?;
    go_back(&Released::Encounter(encounter), &back, "held");
    Ok(())
}

/// Holds the results of an order back from readers of the portal.
#[server(endpoint = "clinical/hold_result")]
pub async fn hold_result(
    /// The order's id.
    #[server(default)]
    order: String,
    /// An id created with the form.
    key: NoteHoldId,
    #[server(default)] hidden_from: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let patient = acts::hold_result(&mut ctx, &order, key, TypedHold { hidden_from: &hidden_from, reason: &reason }).await?;
    ctx.commit().await?;
    redirect_to(&held_address(patient, "held"));
    Ok(())
}

/// Releases a part of a note, a prescription, or the results of an order.
#[server(endpoint = "clinical/release_note_part")]
pub async fn release_note_part(hold_id: NoteHoldId, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteNotes).await?;
    let released = acts::release(&mut ctx, hold_id).await?;
    ctx.commit().await?;
    go_back(&released, &back, "released");
    Ok(())
}

#[cfg(feature = "ssr")]
fn held_address(patient: PatientId, done: &str) -> String {
    format!("/patients/{patient}/held?done={done}")
}

/// Returns to the consultation, to the chart, or to the list of what is held back.
#[cfg(feature = "ssr")]
fn go_back(released: &Released, back: &str, done: &str) {
    redirect_to(&match released {
        Released::Result(patient) => held_address(*patient, done),
        Released::Encounter(encounter) => match (encounter.visit, back) {
            (_, "held") => held_address(encounter.patient, done),
            (Some(visit), back) if back != "chart" => format!("/consultation/{visit}?done={done}"),
            _ => format!("/patients/{}/chart?done={done}", encounter.patient),
        },
    });
}
