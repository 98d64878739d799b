//! The tubes and the price of an order, said before it is sent.

use super::{Catalogue, LabItem};
use crate::{
    billing::{self, Quantity, Service, Shares, Wanted},
    core::{ClinicId, Error, LabContainerId, PatientId, PriceItemId, Result},
    lab::{value::shown, vocabulary::Specimen},
    server::Ctx,
    tr,
};

/// The containers that tests and panels need, in the order of draw, and their volume. Tests with the same specimen and container share one, as
/// [`super::order`] shares them.
pub fn tubes(catalogue: &Catalogue, items: &[LabItem]) -> Vec<String> {
    let mut needed: Vec<(Specimen, LabContainerId)> =
        items.iter().flat_map(|item| item.tests(catalogue)).map(|test| (test.specimen, test.container_id)).collect();
    needed.sort_unstable_by_key(|(specimen, container)| (specimen.as_str(), *container));
    needed.dedup();
    let mut lines = Vec::new();
    let mut total = 0;
    for container in &catalogue.containers {
        let specimens = needed.iter().filter(|(_, id)| *id == container.id).count();
        if specimens == 0 {
            continue;
        }
        let count = i64::try_from(specimens).unwrap_or_default();
        total += count * container.volume_ul;
        let name = [container.name(), &container.colour].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        lines.push(tr!(lab.look_tube, count = count, container = name, ml = shown(container.volume_ul * 1_000)));
    }
    if !lines.is_empty() {
        lines.push(tr!(lab.look_tubes, count = needed.len(), ml = shown(total * 1_000)));
    }
    lines
}

/// The prices of named items for a patient today, and their sum: what an estimate asks.
///
/// # Errors
/// When the database refuses.
pub async fn prices(ctx: &mut Ctx, patient: PatientId, clinic: ClinicId, items: &[(String, Option<PriceItemId>)]) -> Result<Vec<String>> {
    let (day, currency) = (ctx.today(), ctx.state().hospital().currency);
    let (mut lines, mut sum, mut plan, mut is_open) = (Vec::new(), Shares::default(), None, false);
    for (name, item) in items {
        let mut price = None;
        if let Some(item) = item {
            let wanted = Wanted::Item(*item);
            let service = Service { wanted, patient, clinic, department: None, provider: None, day, quantity: Quantity::ONE };
            let quote = billing::quote(&mut ctx.tx, &service).await?;
            if quote.price.is_some() {
                price = Some(currency.show(quote.total()));
                sum = [sum, quote.shares()].into_iter().sum();
                plan = quote.cover.map(|cover| cover.name);
            }
        }
        is_open |= price.is_none();
        let price = price.unwrap_or_else(|| tr!(lab.look_no_price).to_owned());
        lines.push(tr!(lab.look_price, name = name.clone(), price = price));
    }
    let (total, patient) = (currency.show(sum.total()), currency.show(sum.patient));
    lines.push(match plan {
        Some(plan) => tr!(lab.look_covered, total = total, patient = patient, plan = plan),
        None => tr!(lab.look_total, total = total),
    });
    if is_open {
        lines.push(tr!(lab.look_open).to_owned());
    }
    Ok(lines)
}

/// The answer to a form that was sent only to look: its page shows the lines, and keeps what was typed.
pub fn looked(lines: &[String]) -> Error {
    Error::invalid("look", lines.join("\n"))
}
