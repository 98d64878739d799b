//! Acts on patients of a ward: move, swap, transfer, away and back.

use leptos::prelude::*;

use super::admissions::finish;
use crate::{
    core::{
        AdmissionId, BedId, Error, Permission, Result, SwapId, WardId,
        error::FieldErrors,
        form::{chosen, text},
        time::parse_time,
    },
    organisation::{Isolation, Typed},
    server::{Ctx, redirect_to},
    tr,
    wards::{
        admission,
        equipment::Equipment,
        moves::{self, AwayKind, Escort, Labelled, NewTransfer, TransferKind, TransferState, required},
    },
};

/// Moves the patient to another bed of the ward. The label of a bed on another ward leads to the form that asks for a transfer.
#[server(endpoint = "wards/move")]
pub async fn move_patient(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] bed_id: String,
    /// The label of the bed, typed instead.
    #[server(default)]
    label: String,
    #[server(default)] with_babies: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let named = match label.trim() {
            "" => bed_id,
            label => match moves::bed_labelled(&mut ctx, &turn, label).await? {
                Labelled::Here(bed) => bed.to_string(),
                Labelled::On(ward) => {
                    redirect_to(&format!("/admissions/{admission_id}/ask?ward={ward}"));
                    return Ok(());
                }
            },
        };
        let (bed, because) = bed_and_reason(&named, &because)?;
        moves::move_to(&mut ctx, &turn, bed, !with_babies.is_empty(), &because).await?;
    }
    finish(ctx, &turn, "moved").await
}

/// Takes a move back, within 30 seconds.
#[server(endpoint = "wards/undo_move")]
pub async fn undo_move(admission_id: AdmissionId, #[server(default)] key: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        moves::undo_move(&mut ctx, &turn).await?;
    }
    finish(ctx, &turn, "undone").await
}

/// Reads a bed and the reason for which it may break a rule.
fn bed_and_reason(bed_id: &str, because: &str) -> Result<(BedId, String)> {
    let mut errors = FieldErrors::new();
    let bed = errors.chosen::<BedId>("bed_id", bed_id);
    let because = errors.line("because", because, 500);
    errors.finish()?;
    Ok((bed.ok_or(Error::NotFound)?, because))
}

/// Swaps the beds of two patients, or proposes it.
#[server(endpoint = "wards/swap")]
pub async fn swap(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// The key of the same act on the other admission.
    #[server(default)]
    seen: String,
    #[server(default)] other: String,
    #[server(default)] because: String,
    /// The swap is only proposed.
    #[server(default)]
    propose: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let mut errors = FieldErrors::new();
    let other = errors.chosen::<AdmissionId>("other", &other);
    let because = errors.line("because", &because, 500);
    errors.finish()?;
    let Some(other) = other else { return Err(Error::NotFound) };
    if other == admission_id {
        return Err(Error::invalid("other", tr!(errors.choose)));
    }
    let (one, second) = moves::both_turns(&mut ctx, admission_id, other, (key.as_str(), seen.as_str())).await?;
    if !propose.is_empty() {
        if !one.done_before {
            moves::propose(&mut ctx, &one, &second, &because).await?;
        }
        return finish(ctx, &one, "proposed").await;
    }
    if !one.done_before {
        moves::swap(&mut ctx, &one, &second, &because).await?;
    }
    finish(ctx, &one, "swapped").await
}

/// Withdraws a proposal to swap.
#[server(endpoint = "wards/withdraw_swap")]
pub async fn withdraw_swap(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] swap_id: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let swap = chosen::<SwapId>("swap_id", &swap_id)?;
        moves::withdraw(&mut ctx, &turn, swap).await?;
    }
    finish(ctx, &turn, "swap_withdrawn").await
}

/// Asks another ward to take the patient.
#[server(endpoint = "wards/ask_transfer")]
pub async fn ask_transfer(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] ward: String,
    #[server(default)] kind: String,
    #[server(default)] handover: String,
    #[server(default)] isolation: String,
    #[server(default)] needs_note: String,
    #[server(default)] escort: String,
    /// The ticks for the equipment.
    #[server(flatten)]
    fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let to = errors.chosen::<WardId>("ward", &ward);
        let kind = errors.chosen::<TransferKind>("kind", &kind);
        let handover = errors.check(text("handover", &handover, 2_000));
        if handover.as_ref().is_some_and(String::is_empty) {
            errors.add("handover", tr!(errors.required));
        }
        let isolation = if isolation.is_empty() { None } else { errors.chosen::<Isolation>("isolation", &isolation) };
        let needs_note = errors.line("needs_note", &needs_note, 200);
        let escort = errors.chosen::<Escort>("escort", &escort);
        errors.finish()?;
        let (Some(to), Some(kind), Some(handover), Some(escort)) = (to, kind, handover, escort) else { return Err(Error::NotFound) };
        let equipment = Equipment::ticked(|name| fields.get(name).is_some_and(|value| !value.is_empty()));
        let new = NewTransfer { to, kind, handover, equipment, isolation, needs_note, escort };
        moves::ask_transfer(&mut ctx, &turn, &new).await?;
    }
    finish(ctx, &turn, "transfer_asked").await
}

/// The receiving ward accepts a transfer and reserves a bed.
#[server(endpoint = "wards/accept_transfer")]
pub async fn accept_transfer(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] bed_id: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let (bed, because) = bed_and_reason(&bed_id, &because)?;
        moves::accept_transfer(&mut ctx, &turn, bed, &because).await?;
    }
    finish(ctx, &turn, "transfer_accepted").await
}

/// Ends a transfer: the receiving ward refuses it, or the asking ward cancels it.
#[server(endpoint = "wards/end_transfer")]
pub async fn end_transfer(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] refused: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let reason = required("reason", &reason, 500)?;
        let state = if refused.is_empty() { TransferState::Cancelled } else { TransferState::Refused };
        moves::end_transfer(&mut ctx, &turn, state, &reason).await?;
    }
    finish(ctx, &turn, "transfer_ended").await
}

/// The patient arrives on the receiving ward.
#[server(endpoint = "wards/arrive")]
pub async fn arrive(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] bed_id: String,
    #[server(default)] with_babies: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let (bed, because) = bed_and_reason(&bed_id, &because)?;
        moves::arrive(&mut ctx, &turn, bed, !with_babies.is_empty(), &because).await?;
    }
    finish(ctx, &turn, "arrived").await
}

/// The patient leaves the ward for a time; the bed is kept.
#[server(endpoint = "wards/go_away")]
pub async fn go_away(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] kind: String,
    #[server(default)] expected: String,
    #[server(default)] note: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<AwayKind>("kind", &kind);
        let note = errors.line("note", &note, 500);
        let time = if expected.trim().is_empty() { None } else { errors.check(parse_time("expected", &expected)) };
        errors.finish()?;
        let Some(kind) = kind else { return Err(Error::NotFound) };
        // A time that has passed today is tomorrow's.
        let (zone, today) = (ctx.zone(), ctx.today());
        let days = [Some(today), today.succ_opt()];
        let expected =
            time.and_then(|time| days.into_iter().flatten().filter_map(|day| zone.instant(day.and_time(time))).find(|at| *at > ctx.now));
        moves::go_away(&mut ctx, &turn, kind, expected, &note).await?;
    }
    finish(ctx, &turn, "away").await
}

/// The patient is back on the ward.
#[server(endpoint = "wards/come_back")]
pub async fn come_back(admission_id: AdmissionId, #[server(default)] key: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        moves::come_back(&mut ctx, &turn).await?;
    }
    finish(ctx, &turn, "back").await
}
