//! The price that is told when an appointment is booked, or when a patient comes without one. It stands with the appointment as it was
//! told; the charge itself follows the price list of the day of the service.

mod store;

use crate::{
    appointments,
    core::{Currency, PriceItemId, Result, Stamp, ToldPriceId},
    db::Tx,
    opd, organisation,
    server::hooks::{PriceFacts, Priced, Pricing, ToldPrice},
};

use super::{Quantity, Service, Wanted, quote};

/// How billing tells prices to departments that come before it.
pub static PRICING: Pricing = Pricing {
    tell: |tx, priced, (currency, stamp)| Box::pin(tell(tx, priced, currency, stamp)),
    read: |tx, priced, currency| Box::pin(read(tx, priced, currency)),
};

/// Returns what the appointment, or the visit without one, is expected to cost now; `None` without a price.
async fn expected(tx: &mut Tx, priced: Priced, currency: Currency) -> Result<Option<(PriceItemId, ToldPrice)>> {
    let (patient, clinic, service, provider, at) = match priced {
        Priced::Appointment(id) => {
            let found = appointments::find(tx, id).await?;
            (found.patient_id, found.clinic_id, found.service_id, Some(found.doctor_id), found.starts_at)
        }
        Priced::Visit(id) => {
            let found = opd::visit(tx, id).await?;
            (found.patient_id, found.clinic_id, found.service_id, found.doctor_id, found.arrived_at)
        }
    };
    let department = organisation::service(tx, service).await?.department_id;
    let day = organisation::clinic(tx, clinic).await?.zone.day(at);
    let service =
        Service { wanted: Wanted::Consultation, patient, clinic, department: Some(department), provider, day, quantity: Quantity::ONE };
    let quote = quote(tx, &service).await?;
    let (Some(item), true) = (&quote.item, quote.price.is_some()) else { return Ok(None) };
    let own = quote.cover.as_ref().map(|_| quote.shares().patient);
    let insurer = quote.cover.as_ref().map(|cover| (cover.insurer, cover.name.clone()));
    Ok(Some((item.id, ToldPrice { total: quote.total(), own, insurer, day, currency })))
}

/// Keeps the price that is told now; the first one stands.
async fn tell(tx: &mut Tx, priced: Priced, currency: Currency, stamp: Stamp) -> Result<()> {
    match expected(tx, priced, currency).await? {
        Some((item, told)) => store::insert(tx, (ToldPriceId::new(), priced, item), &told, stamp).await,
        None => Ok(()),
    }
}

/// Returns the price as it was told, and the price as it is now.
///
/// # Errors
/// When the database refuses.
pub async fn read(tx: &mut Tx, priced: Priced, currency: Currency) -> Result<PriceFacts> {
    let told = store::told(tx, priced).await?;
    let now = expected(tx, priced, currency).await?.map(|(_, price)| price);
    Ok(PriceFacts { told, now })
}
