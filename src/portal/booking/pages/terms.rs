//! Until when a patient may cancel or move an appointment in the portal, said before it is booked and while it stands.

use crate::{
    appointments::Appointment,
    core::{
        Result,
        time::{Instant, show_date_time, show_minutes},
    },
    organisation::{self, BookingRules, Clinic},
    server::Ctx,
    tr,
};

/// The sentences for one appointment, on its clinic's clock; empty once it has begun.
pub(super) async fn of_appointment(ctx: &mut Ctx, of: &Appointment, clinic: &Clinic) -> Result<String> {
    if of.starts_at <= ctx.now {
        return Ok(String::new());
    }
    let rules = organisation::booking_rules(&mut ctx.tx, of.clinic_id, of.visit_type_id).await?;
    let now = ctx.now;
    let until = |last: Instant, allowed: fn(String) -> String, over: &str| match last >= now {
        true => allowed(show_date_time(clinic.zone.local(last))),
        false => over.to_owned(),
    };
    let cancel = until(rules.cancel_until(of.starts_at), |when| tr!(booking.cancel_until, when = when), tr!(booking.cancel_by_phone));
    let change = until(rules.move_until(of.starts_at), |when| tr!(booking.move_until, when = when), tr!(booking.move_by_phone));
    Ok(format!("{cancel} {change}"))
}

/// The sentence for all times of a search, before one is chosen.
pub(super) fn in_general(rules: &BookingRules) -> String {
    let before = |minutes: i64| match minutes {
        0 => tr!(booking.until_it_begins).to_owned(),
        minutes => tr!(booking.time_before, time = show_minutes(minutes)),
    };
    tr!(booking.terms, cancel = before(rules.cancel_minutes), change = before(rules.move_minutes))
}
