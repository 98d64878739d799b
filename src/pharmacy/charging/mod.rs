//! The charges of what the pharmacy hands out: for what the patient keeps, at the price of the day on which it was handed out. An invoice that has
//! the charge is credited by the cashier, who finds the returns in a list.

mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    audit::Action,
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{ClinicId, Error, PatientId, Result, VisitId},
    inventory::StockItem,
    server::{Ctx, Event, department::ChargeSource},
};

pub use store::{count_open, open_returns};

/// Units that were handed out, as the account sees them.
#[derive(Clone, Copy, Debug)]
pub struct HandedOut {
    pub source: &'static ChargeSource,
    pub id: Uuid,
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub visit: Option<VisitId>,
    /// The clinic's day on which they were handed out: it decides the price.
    pub day: NaiveDate,
}

/// Brings the charge to what the patient keeps of what was handed out. Returns whether an invoice has it: then it is left to the cashier.
///
/// # Errors
/// When the database refuses.
pub async fn keep(ctx: &mut Ctx, of: &HandedOut, item: &StockItem, kept: i64) -> Result<bool> {
    match charge(ctx, of, item, kept).await {
        Ok(()) => Ok(false),
        Err(Error::Conflict(_)) => {
            ctx.tell(Event::new(&billing::BILLING).at(of.clinic).of(of.patient));
            Ok(true)
        }
        Err(error) => Err(error),
    }
}

/// Charges what was handed out.
///
/// # Errors
/// [`Error::Conflict`] when an invoice has the charge.
pub async fn charge(ctx: &mut Ctx, of: &HandedOut, item: &StockItem, kept: i64) -> Result<()> {
    let stamp = ctx.stamp();
    let changed = if kept == 0 {
        billing::uncharge(&mut ctx.tx, (of.source, of.id), of.patient, false, stamp.at).await?
    } else {
        let priced = billing::drug_item(ctx, &format!("MED-{}", item.code), &item.name, item.unit.as_str()).await?;
        let service = Service {
            wanted: Wanted::Item(priced),
            patient: of.patient,
            clinic: of.clinic,
            department: None,
            provider: None,
            day: of.day,
            quantity: Quantity(kept * Quantity::ONE.0),
        };
        let charged = billing::recharge(&mut ctx.tx, &ToCharge::done(of.source, of.id, of.visit, service), stamp).await?;
        charged.changed.then_some(charged.id)
    };
    if let Some(charge) = changed {
        ctx.did(Action::Update, "charge", charge, Some(of.patient));
        ctx.tell(Event::new(&billing::BILLING).at(of.clinic).of(of.patient));
    }
    Ok(())
}
