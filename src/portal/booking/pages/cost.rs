//! The cost of a visit: as it was told at the booking, and as it is expected now.

use crate::{
    appointments::{Appointment, AppointmentState},
    core::Result,
    server::{Ctx, hooks::Priced},
    tr,
};

/// A label and its words.
pub(super) type CostLine = (&'static str, String);

/// "$120.00, you pay $36.00 (Meridian)", as it was told, and the present price where that is another one; nothing without a price.
pub(super) async fn cost_lines(ctx: &mut Ctx, of: &Appointment) -> Result<Vec<CostLine>> {
    if !of.state.takes_slot() {
        return Ok(Vec::new());
    }
    let (departments, currency) = (ctx.state().departments, ctx.state().hospital().currency);
    let facts = departments.price_facts(&mut ctx.tx, Priced::Appointment(of.id), currency).await?;
    let changed = facts.changed().map(|now| (tr!(told.now), tr!(told.changed_own, price = now.words_to_patient())));
    Ok(match (&facts.told, &facts.now) {
        // Nothing is booked yet: this price is the one that will have been told.
        (Some(told), _) if of.state == AppointmentState::Held => vec![(tr!(booking.expected_cost), told.words_to_patient())],
        (Some(told), _) => {
            let told = (tr!(told.at_booking), told.words_to_patient());
            std::iter::once(told).chain(changed.filter(|_| of.state == AppointmentState::Booked)).collect()
        }
        (None, Some(now)) => vec![(tr!(booking.expected_cost), now.words_to_patient())],
        (None, None) => Vec::new(),
    })
}
