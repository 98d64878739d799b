//! Charges: what was done and costs, raised by the service itself.

mod store;

use chrono::NaiveDate;

use crate::{
    core::{
        BillingAccountId, ChargeId, ClinicId, DepartmentId, EncounterId, Money, PatientId, PriceItemId, Result, UserId, VisitId,
        time::Instant,
    },
    db::{Locked, Tx},
};

use super::prices;

pub use store::{account_of, billable, mark_billed, mark_paid, open_account, unpaid_of_visit, visits_of_invoice};

crate::text_enum! {
    /// Where a charge stands.
    pub enum ChargeState("state") {
        Planned = "planned",
        Billable = "billable",
        Billed = "billed",
        Paid = "paid",
        Cancelled = "cancelled",
        EnteredInError = "entered_in_error",
    }
}

/// Something done that costs.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Charge {
    pub id: ChargeId,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    /// As the price list called it when it was raised.
    pub description: String,
    pub quantity: i64,
    pub unit_price: Money,
    pub amount: Money,
    pub raised_at: Instant,
}

/// A consultation that is to be charged for.
#[derive(Clone, Copy, Debug)]
pub struct Consultation {
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub department: DepartmentId,
    pub visit: Option<VisitId>,
    pub encounter: EncounterId,
    /// The clinic's day, which decides the price.
    pub day: NaiveDate,
}

/// Puts the consultation's charge on the patient's account, once for each encounter: asked again, it answers with the
/// charge that is there. `None` when the department's consultation has no price.
///
/// # Errors
/// What the database refused.
pub async fn raise_consultation(tx: &mut Tx, consultation: &Consultation, now: Instant, by: UserId) -> Result<Option<ChargeId>> {
    let Some(item) = prices::consultation_item(tx, consultation.department).await? else { return Ok(None) };
    let of = prices::PriceFor { clinic: Some(consultation.clinic), ..prices::PriceFor::default() };
    let Some(price) = prices::price_of(tx, item.id, of, consultation.day).await? else { return Ok(None) };
    let account = open_account(tx, consultation.patient, now, by).await?;
    let account: Locked<BillingAccountId> = tx.lock(account).await?;
    let new = NewCharge {
        patient: consultation.patient,
        clinic: consultation.clinic,
        visit: consultation.visit,
        item: item.id,
        description: item.name,
        quantity: 1,
        unit_price: price.amount,
        source: "consultation",
        source_id: consultation.encounter.into(),
    };
    store::insert_once(tx, account, &new, now, by).await.map(Some)
}

/// A charge to be raised.
struct NewCharge {
    patient: PatientId,
    clinic: ClinicId,
    visit: Option<VisitId>,
    item: PriceItemId,
    description: String,
    quantity: i64,
    unit_price: Money,
    /// What raised it; with `source_id` it is unique.
    source: &'static str,
    source_id: uuid::Uuid,
}
