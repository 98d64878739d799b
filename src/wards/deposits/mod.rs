//! Deposits for stays: a bed class can ask for the price of so many days. Nothing is stored: what is still to ask for is computed from the
//! beds that are reserved or taken and from the deposits that were received since the request.

mod store;

use crate::{
    billing::{self, Quantity, Service, Wanted},
    core::{ClinicId, Money, PatientId, PriceItemId, Result, time::Instant},
    server::Ctx,
};

/// A stay whose bed class asks for a deposit.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct DepositDue {
    pub patient_id: PatientId,
    pub number: String,
    pub ward: String,
    pub class: String,
    pub item_id: PriceItemId,
    pub deposit_days: i64,
    pub requested_at: Instant,
    /// The price of the days.
    #[sqlx(skip)]
    pub asked: Money,
    /// The deposits that were received since the request and not paid back.
    #[sqlx(skip)]
    pub received: Money,
}

/// Returns the stays of a clinic for which a deposit is still to be asked, the oldest request first.
///
/// # Errors
/// When the database refuses.
pub async fn deposits_due(ctx: &mut Ctx, clinic: ClinicId) -> Result<Vec<DepositDue>> {
    let today = ctx.today();
    let mut due = Vec::new();
    for mut one in store::asking(&mut ctx.tx, clinic).await? {
        let service = Service {
            wanted: Wanted::Item(one.item_id),
            patient: one.patient_id,
            clinic,
            department: None,
            provider: None,
            day: today,
            quantity: Quantity(one.deposit_days * Quantity::ONE.0),
        };
        one.asked = billing::quote(&mut ctx.tx, &service).await?.gross;
        one.received = billing::deposited_since(&mut ctx.tx, one.patient_id, clinic, one.requested_at).await?;
        if one.received < one.asked {
            due.push(one);
        }
    }
    Ok(due)
}
