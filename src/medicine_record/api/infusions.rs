//! The events of an infusion.

use leptos::prelude::*;
use uuid::Uuid;

use super::doses::second;
use crate::{
    core::{Error, IdempotencyKey, InfusionId, Permission, error::FieldErrors, form::chosen},
    medicine_record::{
        infusions::{self, EventTyped, InfusionEventKind, InfusionReason, decimal},
        orders::{self, moment},
    },
    server::{Ctx, redirect_to},
    tr,
};

/// Hours by which an event may be recorded late.
const LATE_HOURS: i64 = 12;

/// Records an event of an infusion: its rate, a pause, a bag, a bolus, the end. A high-alert medicine needs the sign-in of a second person for
/// what changes the amount.
#[server(endpoint = "medicine_record/infusion")]
pub async fn record_infusion(
    infusion_id: InfusionId,
    #[server(default)] key: String,
    #[server(default)] kind: String,
    /// The time on the clinic's clock; now without one.
    #[server(default)]
    time: String,
    #[server(default)] rate: String,
    #[server(default)] volume: String,
    #[server(default)] reason: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let known = infusions::find(&mut ctx.tx, infusion_id).await?.ok_or(Error::NotFound)?;
    orders::turn(&mut ctx, Permission::GiveMedicines, known.admission_id).await?;
    let key: Uuid = chosen::<IdempotencyKey>("key", &key)?.into();
    let kind: InfusionEventKind = chosen("kind", &kind)?;
    if matches!(kind, InfusionEventKind::Start | InfusionEventKind::Void) {
        return Err(Error::NotFound);
    }
    let mut errors = FieldErrors::new();
    let at = errors.check(moment("time", &time, (ctx.now, ctx.zone()), LATE_HOURS));
    let rate_ul_h = (kind == InfusionEventKind::Rate).then(|| decimal(&mut errors, "rate", &rate, (10, 10_000_000))).flatten();
    let measured = matches!(kind, InfusionEventKind::Bag | InfusionEventKind::Bolus);
    let volume_ul = measured.then(|| decimal(&mut errors, "volume", &volume, (100, 10_000_000))).flatten();
    let offered = InfusionReason::for_event(kind);
    let reason = if offered.is_empty() { None } else { errors.chosen::<InfusionReason>("reason", &reason) };
    if reason.is_some_and(|reason| !offered.contains(&reason)) {
        errors.add("reason", tr!(errors.choose));
    }
    errors.finish()?;
    let typed = EventTyped { key, kind, at: at.unwrap_or(ctx.now), rate_ul_h, volume_ul, reason, second: checked };
    infusions::record(&mut ctx, infusion_id, &typed).await?;
    ctx.commit().await?;
    redirect_to(&format!("/infusions/{infusion_id}?done=recorded"));
    Ok(())
}
