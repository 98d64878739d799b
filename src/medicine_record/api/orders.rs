//! Acts on orders: write, take by phone, sign, hold, resume, stop.

use leptos::prelude::*;
use uuid::Uuid;

use crate::{
    core::{
        AdmissionId, CareOrderId, Error, IdempotencyKey, Permission, Result,
        error::FieldErrors,
        form::chosen,
        time::{parse_date, parse_time},
    },
    medicine_record::{
        orders::{self, Change, OrderTyped},
        reviews,
        vocabulary::{CareMode, CareReason},
    },
    organisation::Typed,
    server::{Ctx, redirect_to},
    tr,
};

/// Reads the reason of a change.
fn change(key: &str, reason: &str, words: &str) -> Result<Change> {
    let key: Uuid = chosen::<IdempotencyKey>("key", key)?.into();
    let mut errors = FieldErrors::new();
    let reason = errors.chosen::<CareReason>("reason", reason);
    let words = errors.line("words", words, 500);
    if reason == Some(CareReason::Other) && words.is_empty() {
        errors.add("words", tr!(medicine_record.say_why));
    }
    errors.finish()?;
    reason.map(|reason| Change { key, reason, words }).ok_or(Error::NotFound)
}

async fn write_as(
    mut ctx: Ctx,
    permission: Permission,
    (admission, key): (AdmissionId, &str),
    mode: CareMode,
    fields: &Typed,
) -> Result<()> {
    let turn = orders::turn(&mut ctx, permission, admission).await?;
    let id = CareOrderId(chosen::<IdempotencyKey>("key", key)?.into());
    let typed = OrderTyped::read(&mut ctx, fields, mode, &turn.admission).await?;
    let get = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let replaced = match get("replaces") {
        "" => None,
        old => {
            let old = chosen::<CareOrderId>("replaces", old)?;
            let change_key = IdempotencyKey::new().to_string();
            Some((old, change(&change_key, get("reason"), get("words"))?))
        }
    };
    orders::write(&mut ctx, &turn, id, typed, replaced).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/orders?done=ordered"));
    Ok(())
}

/// A doctor writes an order and signs it. With `replaces`, that order is stopped in the same step.
#[server(endpoint = "medicine_record/write")]
pub async fn write_order(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let ctx = Ctx::write(Permission::WriteOrders).await?;
    write_as(ctx, Permission::WriteOrders, (admission_id, &key), CareMode::Written, &fields).await
}

/// A nurse writes an order that a doctor gives by phone, and reads it back. The doctor signs it later.
#[server(endpoint = "medicine_record/take")]
pub async fn take_order(admission_id: AdmissionId, #[server(default)] key: String, #[server(flatten)] fields: Typed) -> Result<(), Error> {
    let ctx = Ctx::write(Permission::GiveMedicines).await?;
    write_as(ctx, Permission::GiveMedicines, (admission_id, &key), CareMode::Verbal, &fields).await
}

/// Finds the admission of an order.
async fn admission_of(ctx: &mut Ctx, id: CareOrderId) -> Result<AdmissionId> {
    Ok(orders::find(&mut ctx.tx, id).await?.admission_id)
}

fn page_of(id: CareOrderId, done: &str) -> String {
    format!("/care-orders/{id}?done={done}")
}

/// The prescriber signs an order that was given by phone.
#[server(endpoint = "medicine_record/sign")]
pub async fn sign_order(care_order_id: CareOrderId, #[server(default)] key: String, #[server(default)] back: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteOrders).await?;
    let admission = admission_of(&mut ctx, care_order_id).await?;
    let turn = orders::turn(&mut ctx, Permission::WriteOrders, admission).await?;
    let key: Uuid = chosen::<IdempotencyKey>("key", &key)?.into();
    orders::sign(&mut ctx, &turn, care_order_id, key).await?;
    ctx.commit().await?;
    redirect_to(&if back.is_empty() { page_of(care_order_id, "signed") } else { "/care-orders?done=signed".to_owned() });
    Ok(())
}

/// Puts an order on hold, until a time if one is given.
#[server(endpoint = "medicine_record/hold")]
pub async fn hold_order(
    care_order_id: CareOrderId,
    #[server(default)] key: String,
    #[server(default)] reason: String,
    #[server(default)] words: String,
    #[server(default)] day: String,
    #[server(default)] time: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::HoldOrders).await?;
    let admission = admission_of(&mut ctx, care_order_id).await?;
    let turn = orders::turn(&mut ctx, Permission::HoldOrders, admission).await?;
    let change = change(&key, &reason, &words)?;
    let resume_at = if day.is_empty() && time.is_empty() {
        None
    } else {
        let zone = ctx.zone();
        let day = if day.is_empty() { zone.day(ctx.now) } else { parse_date("day", &day)? };
        let at = zone.instant_or_next(day.and_time(parse_time("time", &time)?));
        if at <= ctx.now {
            return Err(Error::invalid("time", tr!(medicine_record.resume_wrong)));
        }
        Some(at)
    };
    orders::hold(&mut ctx, &turn, care_order_id, &change, resume_at).await?;
    ctx.commit().await?;
    redirect_to(&page_of(care_order_id, "held"));
    Ok(())
}

/// Takes an order off hold.
#[server(endpoint = "medicine_record/resume")]
pub async fn resume_order(care_order_id: CareOrderId, #[server(default)] key: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::HoldOrders).await?;
    let admission = admission_of(&mut ctx, care_order_id).await?;
    let turn = orders::turn(&mut ctx, Permission::HoldOrders, admission).await?;
    let key: Uuid = chosen::<IdempotencyKey>("key", &key)?.into();
    orders::resume(&mut ctx, &turn, care_order_id, key).await?;
    ctx.commit().await?;
    redirect_to(&page_of(care_order_id, "resumed"));
    Ok(())
}

/// Stops an order.
#[server(endpoint = "medicine_record/stop")]
pub async fn stop_order(
    care_order_id: CareOrderId,
    #[server(default)] key: String,
    #[server(default)] reason: String,
    #[server(default)] words: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteOrders).await?;
    let admission = admission_of(&mut ctx, care_order_id).await?;
    let turn = orders::turn(&mut ctx, Permission::WriteOrders, admission).await?;
    let change = change(&key, &reason, &words)?;
    orders::stop(&mut ctx, &turn, care_order_id, &change).await?;
    ctx.commit().await?;
    redirect_to(&page_of(care_order_id, "stopped"));
    Ok(())
}

/// Continues an order until another review.
#[server(endpoint = "medicine_record/continue_order")]
pub async fn continue_order(
    care_order_id: CareOrderId,
    #[server(default)] key: String,
    #[server(default)] review_day: String,
    #[server(default)] review_time: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::WriteOrders).await?;
    let admission = admission_of(&mut ctx, care_order_id).await?;
    let turn = orders::turn(&mut ctx, Permission::WriteOrders, admission).await?;
    let key: Uuid = chosen::<IdempotencyKey>("key", &key)?.into();
    let mut errors = FieldErrors::new();
    let due_at = reviews::read(&mut errors, (&review_day, &review_time), (ctx.now, ctx.zone()));
    errors.finish()?;
    let due_at = due_at.ok_or_else(|| Error::invalid("review_day", tr!(errors.required)))?;
    reviews::go_on(&mut ctx, &turn, care_order_id, key, due_at).await?;
    ctx.commit().await?;
    redirect_to(&page_of(care_order_id, "continued"));
    Ok(())
}
