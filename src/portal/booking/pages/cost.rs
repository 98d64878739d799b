//! The cost of a visit: as it was told at the booking, and as it is expected now.

use crate::{
    appointments::{Appointment, AppointmentState, payer_on},
    core::Result,
    organisation,
    server::{
        Ctx,
        hooks::{PlannedVisit, Priced},
    },
    tr,
};

/// A label and its words.
pub(super) type CostLine = (&'static str, String);

/// "$120.00, you pay $36.00 (Meridian)", as it was told, and the present price where that is another one. Before the booking the payer who
/// will be asked is named too, and that no price is known.
pub(super) async fn cost_lines(ctx: &mut Ctx, of: &Appointment) -> Result<Vec<CostLine>> {
    if !of.state.takes_slot() {
        return Ok(Vec::new());
    }
    let (departments, currency) = (ctx.state().departments, ctx.state().hospital().currency);
    let facts = departments.price_facts(&mut ctx.tx, Priced::Appointment(of.id), currency).await?;
    let changed = facts.changed().map(|now| (tr!(told.now), tr!(told.changed_own, price = now.words_to_patient())));
    if of.state == AppointmentState::Held {
        let zone = organisation::clinic(&mut ctx.tx, of.clinic_id).await?.zone;
        let payer = payer_on(&mut ctx.tx, of.patient_id, zone.day(of.starts_at)).await?.words_to_patient();
        // Nothing is booked yet: this price is the one that will have been told.
        let price = facts.told.or(facts.now).map_or_else(|| tr!(told.no_price_yet).to_owned(), |price| price.words_to_patient());
        return Ok(vec![(tr!(ui.coverage), payer), (tr!(booking.expected_cost), price)]);
    }
    Ok(match (&facts.told, &facts.now) {
        (Some(told), _) => {
            let told = (tr!(told.at_booking), told.words_to_patient());
            std::iter::once(told).chain(changed.filter(|_| of.state == AppointmentState::Booked)).collect()
        }
        (None, Some(now)) => vec![(tr!(booking.expected_cost), now.words_to_patient())],
        (None, None) => Vec::new(),
    })
}

/// The payer who will be asked, and the price that is expected, of an appointment as it will be.
pub(super) async fn planned_lines(ctx: &mut Ctx, of: &Appointment) -> Result<Vec<CostLine>> {
    let (departments, currency) = (ctx.state().departments, ctx.state().hospital().currency);
    let planned = PlannedVisit {
        patient: of.patient_id,
        service: of.service_id,
        doctor: Some(of.doctor_id),
        visit_type: of.visit_type_id,
        at: of.starts_at,
    };
    let price = departments.planned_price(&mut ctx.tx, planned, currency).await?;
    let zone = organisation::clinic(&mut ctx.tx, of.clinic_id).await?.zone;
    let payer = payer_on(&mut ctx.tx, of.patient_id, zone.day(of.starts_at)).await?.words_to_patient();
    let price = price.map_or_else(|| tr!(told.no_price_yet).to_owned(), |price| price.words_to_patient());
    Ok(vec![(tr!(ui.coverage), payer), (tr!(booking.expected_cost), price)])
}
