//! The acts on the mark of a patient who must not eat or drink.

use leptos::prelude::*;

use super::admissions::finish;
use crate::{
    core::{
        AdmissionId, Error, Permission, Result,
        error::FieldErrors,
        time::{Instant, parse_date, parse_time},
    },
    server::Ctx,
    tr,
    wards::{
        AdmissionState, admission,
        fasting::{self, NewFasting},
    },
};

/// Reads a day and a time of a form; `None` when both are empty.
#[cfg(feature = "ssr")]
fn moment(ctx: &Ctx, (day_field, day): (&str, &str), (time_field, time): (&str, &str), errors: &mut FieldErrors) -> Option<Instant> {
    if day.trim().is_empty() && time.trim().is_empty() {
        return None;
    }
    let day = errors.check(parse_date(day_field, day));
    let time = errors.check(parse_time(time_field, time));
    let at = ctx.zone().instant(day?.and_time(time?));
    if at.is_none() {
        errors.add(time_field, tr!(errors.choose));
    }
    at
}

/// Marks a patient who must not eat or drink.
#[server(endpoint = "wards/set_fasting")]
pub async fn set_fasting(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// The mark that the form showed; empty for none.
    #[server(default)]
    seen: String,
    /// From when; both empty is now.
    #[server(default)]
    from_day: String,
    #[server(default)] from_time: String,
    /// Until when; both empty until somebody ends it.
    #[server(default)]
    until_day: String,
    #[server(default)] until_time: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let turn = admission::turn(&mut ctx, Permission::RecordCare, admission_id, &key).await?;
    turn.must_be(&[AdmissionState::Admitted])?;
    let mut errors = FieldErrors::new();
    let from_at = moment(&ctx, ("from_day", from_day.as_str()), ("from_time", from_time.as_str()), &mut errors).unwrap_or(ctx.now);
    let until_at = moment(&ctx, ("until_day", until_day.as_str()), ("until_time", until_time.as_str()), &mut errors);
    if until_at.is_some_and(|until| until <= from_at || until <= ctx.now) {
        errors.add("until_time", tr!(wards.fasting_end_wrong));
    }
    let reason = errors.required_line("reason", &reason, 200);
    errors.finish()?;
    fasting::set(&mut ctx, &turn, &seen, &NewFasting { from_at, until_at, reason }).await?;
    finish(ctx, &turn, "fasting_set").await
}

/// Ends the mark: the patient may eat and drink.
#[server(endpoint = "wards/end_fasting")]
pub async fn end_fasting(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let turn = admission::turn(&mut ctx, Permission::RecordCare, admission_id, &key).await?;
    fasting::end(&mut ctx, &turn, &seen).await?;
    finish(ctx, &turn, "fasting_ended").await
}
