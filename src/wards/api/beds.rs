//! Acts on beds: close, reopen, report as cleaned; add and remove an extra trolley.

use leptos::prelude::*;

use crate::{
    audit::Action,
    core::{BedId, BedUseId, Error, IdempotencyKey, Permission, Result, WardId, error::FieldErrors, form::chosen, time::parse_date},
    db::Locked,
    server::{Ctx, Event, redirect_to},
    tr,
    wards::{
        WARDS,
        plan::{self, Bed, NewTrolley},
        uses::{self, BedUse, NewUse, UseEnd, UseKind},
    },
};

/// Locks a bed of the user's clinic.
async fn locked(ctx: &mut Ctx, permission: Permission, id: BedId) -> Result<(Locked<BedId>, Bed, Option<BedUse>)> {
    let bed = plan::bed(&mut ctx.tx, id).await?;
    ctx.at_clinic(permission, bed.clinic_id)?;
    let locked = ctx.tx.lock(id).await?;
    let open = uses::open_use(&mut ctx.tx, locked).await?;
    Ok((locked, bed, open))
}

/// Audits the act, commits it and goes to the ward's board.
async fn finish(mut ctx: Ctx, bed: &Bed, done: &str) -> Result<()> {
    ctx.did(Action::Update, "bed_use", bed.id, None);
    ctx.tell(Event::new(&WARDS).at(bed.clinic_id).about(bed.id));
    ctx.commit().await?;
    redirect_to(&format!("/wards/{}?done={done}", bed.ward_id));
    Ok(())
}

/// Closes a bed that is available or in cleaning.
#[server(endpoint = "wards/close_bed")]
pub async fn close_bed(bed_id: BedId, #[server(default)] reason: String, #[server(default)] until: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let (locked, bed, open) = locked(&mut ctx, Permission::ManageWards, bed_id).await?;
    let (stamp, today, zone) = (ctx.stamp(), ctx.today(), ctx.zone());
    let mut errors = FieldErrors::new();
    let reason = errors.required_line("reason", &reason, 500);
    let until = errors.check(parse_date("until", &until));
    if until.is_some_and(|day| day < today) {
        errors.add("until", tr!(wards.until_wrong));
    }
    errors.finish()?;
    match &open {
        None => {}
        Some(open) if open.kind == UseKind::Cleaning => uses::end(&mut ctx.tx, locked, open.id, UseEnd::Released, stamp).await?,
        Some(open) => return Err(Error::conflict(tr!(wards.bed_is, state = open.kind.words()))),
    }
    let new = NewUse {
        clinic: bed.clinic_id,
        kind: UseKind::OutOfService,
        whose: None,
        terminal: false,
        began_at: stamp.at,
        due_at: until.map(|day| zone.day_bounds(day).1),
        reason,
    };
    uses::begin(&mut ctx.tx, locked, &new, stamp.by).await?;
    finish(ctx, &bed, "closed").await
}

/// Opens a closed bed again.
#[server(endpoint = "wards/reopen_bed")]
pub async fn reopen_bed(bed_id: BedId, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let (locked, bed, open) = locked(&mut ctx, Permission::ManageWards, bed_id).await?;
    let open = shown(open, &seen, UseKind::OutOfService)?;
    let stamp = ctx.stamp();
    uses::end(&mut ctx.tx, locked, open.id, UseEnd::Reopened, stamp).await?;
    plan::retire_when_empty(&mut ctx, &bed, locked).await?;
    finish(ctx, &bed, "reopened").await
}

/// Reports a bed as cleaned. After isolation the steps of the terminal cleaning are confirmed.
#[server(endpoint = "wards/clean_bed")]
pub async fn clean_bed(bed_id: BedId, #[server(default)] seen: String, #[server(default)] steps: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::CleanBeds).await?;
    let (locked, bed, open) = locked(&mut ctx, Permission::CleanBeds, bed_id).await?;
    let open = shown(open, &seen, UseKind::Cleaning)?;
    if open.terminal && steps.is_empty() {
        return Err(Error::invalid("steps", tr!(wards.terminal_steps_missing)));
    }
    let stamp = ctx.stamp();
    uses::end(&mut ctx.tx, locked, open.id, UseEnd::Cleaned, stamp).await?;
    plan::retire_when_empty(&mut ctx, &bed, locked).await?;
    finish(ctx, &bed, "cleaned").await
}

/// Adds an extra trolley to a room of a ward, in one step.
#[server(endpoint = "wards/add_trolley")]
pub async fn add_trolley(
    ward_id: WardId,
    #[server(default)] key: String,
    #[server(default)] room: String,
    /// The last day on which a patient is put on it; empty until it is empty.
    #[server(default)]
    until: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let ward = plan::ward(&mut ctx.tx, ward_id).await?;
    ctx.at_clinic(Permission::ManageWards, ward.clinic_id)?;
    let id = BedId(chosen::<IdempotencyKey>("key", &key)?.into());
    let (today, zone) = (ctx.today(), ctx.zone());
    let mut errors = FieldErrors::new();
    let room = errors.chosen("room", &room);
    let until = if until.is_empty() { None } else { errors.check(parse_date("until", &until)) };
    if until.is_some_and(|day| day < today) {
        errors.add("until", tr!(wards.until_wrong));
    }
    errors.finish()?;
    let Some(room) = room else { return Err(Error::NotFound) };
    let new = NewTrolley { room, until: until.map(|day| zone.day_bounds(day).1) };
    plan::add_trolley(&mut ctx, &ward, &new, id).await?;
    ctx.tell(Event::new(&WARDS).at(ward.clinic_id).about(id));
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}?done=trolley_added"));
    Ok(())
}

/// Removes an extra trolley that is free.
#[server(endpoint = "wards/remove_trolley")]
pub async fn remove_trolley(bed_id: BedId) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let (locked, bed, _) = locked(&mut ctx, Permission::ManageWards, bed_id).await?;
    plan::remove_trolley(&mut ctx, &bed, locked).await?;
    ctx.tell(Event::new(&WARDS).at(bed.clinic_id).about(bed.id));
    ctx.commit().await?;
    redirect_to(&format!("/wards/{}?done=trolley_removed", bed.ward_id));
    Ok(())
}

/// Returns the use that the user saw, when it is still open.
fn shown(open: Option<BedUse>, seen: &str, kind: UseKind) -> Result<BedUse> {
    let seen: BedUseId = chosen("seen", seen)?;
    open.filter(|open| open.id == seen && open.kind == kind).ok_or_else(|| Error::conflict(tr!(wards.bed_changed)))
}
