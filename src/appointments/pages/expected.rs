//! The facts that the desk says before it books: the payer who will be asked, and the price that is expected.

use leptos::prelude::*;

use crate::{
    appointments::{Payer, payer_on},
    core::{PatientId, Result, time::Zone},
    organisation::VisitType,
    server::{
        Ctx,
        hooks::{PlannedVisit, ToldPrice},
    },
    tr,
    ui::Detail,
};

/// The payer and the price before the booking, as far as they are known.
pub(super) struct Expected {
    patient: PatientId,
    payer: Payer,
    /// Without a visit type; `None` when no price is known.
    price: Option<ToldPrice>,
    /// The visit types with another price.
    of_types: Vec<(String, Option<ToldPrice>)>,
}

/// Reads what is known. The visit type is chosen on the page, so that each with a price of its own is said.
pub(super) async fn expected(ctx: &mut Ctx, planned: PlannedVisit, zone: Zone, types: &[VisitType]) -> Result<Expected> {
    let (departments, currency) = (ctx.state().departments, ctx.state().hospital().currency);
    let payer = payer_on(&mut ctx.tx, planned.patient, zone.day(planned.at)).await?;
    let price = departments.planned_price(&mut ctx.tx, planned, currency).await?;
    let mut of_types = Vec::new();
    for known in types {
        let of_type = PlannedVisit { visit_type: Some(known.id), ..planned };
        let other = departments.planned_price(&mut ctx.tx, of_type, currency).await?;
        if other != price {
            of_types.push((known.name.clone(), other));
        }
    }
    Ok(Expected { patient: planned.patient, payer, price, of_types })
}

/// The lines of the page.
pub(super) fn details(known: &Expected) -> Vec<Detail> {
    let words = |price: &Option<ToldPrice>| price.as_ref().map_or_else(|| tr!(told.no_price_yet).to_owned(), ToldPrice::words);
    let payer = known.payer.words();
    let payer = match known.payer {
        Payer::Valid(_) => payer.into_any(),
        Payer::NotThatDay(_) | Payer::Unknown => {
            let href = format!("/patients/{}#coverage", known.patient);
            view! { {payer}" "<a href=href>{tr!(told.add_cover)}</a> }.into_any()
        }
    };
    let own = known.of_types.iter().map(|(name, price)| Detail::new(tr!(told.expected_for, visit_type = name.clone()), words(price)));
    [Detail::view(tr!(ui.coverage), payer), Detail::new(tr!(told.expected), words(&known.price))].into_iter().chain(own).collect()
}
