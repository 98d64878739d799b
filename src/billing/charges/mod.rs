//! Charges: what was done and costs. Every department raises its own through [`charge`], [`recharge`] and [`uncharge`], under a source that
//! it registers ([`ChargeSource`]); one source has one live charge.

pub mod api;
mod by_hand;
pub mod discount;
mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{
        BillingAccountId, ChargeId, ClinicId, DepartmentId, Error, Money, PatientId, PriceItemId, Result, StaffId, Stamp, UserId, VisitId,
        VisitTypeId, locale, time::Instant,
    },
    db::{Locked, Tx},
    server::department::ChargeSource,
    tr,
};

use super::{
    Quantity, Service, Wanted, arithmetic, packages,
    quote::{Quote, quote_except},
};

pub use store::{
    OpenCharge, account_of, asked_discounts, billable, charge_and_provider, charge_at, mark_billed, open_account, open_charges, open_visit,
    unpaid_of_visit, unpriced, visits_of_invoice,
};

/// A charge that somebody adds by hand, under the key of the form.
pub static MANUAL: ChargeSource = ChargeSource { kind: "manual", words: || tr!(billing.source_manual) };

crate::text_enum! {
    /// The state of a charge.
    pub enum ChargeState("state") {
        Planned = "planned",
        Billable = "billable",
        Billed = "billed",
        Paid = "paid",
        Cancelled = "cancelled",
        EnteredInError = "entered_in_error",
    }
}

crate::text_enum! {
    /// The reason that a charge is still planned.
    pub enum WaitsFor("waits_for") {
        /// It was not done yet.
        Service = "service",
        /// The price list has no price for it.
        Price = "price",
    }
}

crate::text_enum! {
    /// The rule by which a charge is free.
    pub enum FreeBecause("free_because") {
        Revisit = "revisit",
        Package = "package",
    }
}

impl FreeBecause {
    /// The words on a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Revisit => tr!(billing.free_revisit),
            Self::Package => tr!(billing.free_package),
        }
    }
}

crate::text_enum! {
    /// Why a discount is given.
    pub enum DiscountReason("reason") {
        Hardship = "hardship",
        Staff = "staff",
        Complaint = "complaint",
        Agreement = "agreement",
        Other = "other",
    }
}

impl DiscountReason {
    /// The words on a line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hardship => tr!(billing.discount_hardship),
            Self::Staff => tr!(billing.discount_staff),
            Self::Complaint => tr!(billing.discount_complaint),
            Self::Agreement => tr!(billing.discount_agreement),
            Self::Other => tr!(billing.discount_other),
        }
    }
}

/// A service with a price.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Charge {
    pub id: ChargeId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    /// The clinic's day on which it was done.
    pub service_day: NaiveDate,
    pub item_id: Option<PriceItemId>,
    pub code: String,
    /// The name in the price list when the charge was raised.
    pub description: String,
    #[sqlx(rename = "quantity_milli")]
    pub quantity: Quantity,
    /// None while it waits for a price.
    pub unit_price: Option<Money>,
    /// The price is for so many.
    pub per: i64,
    pub gross: Money,
    pub discount: Money,
    pub net: Money,
    pub free_because: Option<FreeBecause>,
    /// The discount in hundredths of a percent, when it was given so.
    pub discount_bp: Option<i64>,
    pub discount_reason: Option<DiscountReason>,
    pub discounted_by: Option<UserId>,
    pub approved_by: Option<UserId>,
    /// A discount that waits for a second person.
    pub asked_discount: Option<Money>,
    pub asked_bp: Option<i64>,
    pub asked_reason: Option<DiscountReason>,
    pub asked_by: Option<UserId>,
    /// The visit was invoiced before.
    pub late: bool,
    pub state: ChargeState,
    pub waits_for: Option<WaitsFor>,
    /// The kind of its source.
    pub source: String,
    pub raised_at: Instant,
}

/// A service to be charged, and the source that charges it.
#[derive(Clone, Copy, Debug)]
pub struct ToCharge {
    pub source: &'static ChargeSource,
    /// The row of the source: an encounter, an order, a bed's day.
    pub source_id: Uuid,
    pub visit: Option<VisitId>,
    pub service: Service,
    /// Whether it was done; otherwise it is planned.
    pub done: bool,
}

/// A charge as it was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charged {
    pub id: ChargeId,
    pub state: ChargeState,
    pub net: Money,
    /// Whether something was written.
    pub changed: bool,
}

impl Charged {
    fn of(charge: &Charge, changed: bool) -> Self {
        Self { id: charge.id, state: charge.state, net: charge.net, changed }
    }

    /// Whether the patient is sent to the cashier for it.
    pub fn is_to_pay(&self) -> bool {
        self.state == ChargeState::Billable && self.net > Money::ZERO
    }
}

/// The price of a charge, and where it stands.
#[derive(Clone, Debug)]
struct Priced {
    quote: Quote,
    description: String,
    state: ChargeState,
    waits_for: Option<WaitsFor>,
}

async fn priced(tx: &mut Tx, new: &ToCharge, there: Option<ChargeId>) -> Result<Priced> {
    let quote = quote_except(tx, &new.service, there).await?;
    let description = match (&quote.item, new.service.department) {
        (Some(item), _) => item.name.clone(),
        (None, Some(department)) => tr!(billing.consultation_in, department = store::department_name(tx, department).await?),
        (None, None) => tr!(billing.kind_consultation).to_owned(),
    };
    let (state, waits_for) = match (new.done, quote.price) {
        (false, _) => (ChargeState::Planned, Some(WaitsFor::Service)),
        (true, None) => (ChargeState::Planned, Some(WaitsFor::Price)),
        (true, Some(_)) => (ChargeState::Billable, None),
    };
    Ok(Priced { quote, description, state, waits_for })
}

async fn locked_account(tx: &mut Tx, patient: PatientId, stamp: Stamp) -> Result<Locked<BillingAccountId>> {
    let account = open_account(tx, patient, stamp).await?;
    tx.lock(account).await
}

/// Puts the service on the patient's account, once for its source: asked again, it answers with the charge that is there. Without a
/// price the charge is planned and stands on the list of charges without a price; it is never left out.
///
/// # Errors
/// When the database refuses.
pub async fn charge(tx: &mut Tx, new: &ToCharge, stamp: Stamp) -> Result<Charged> {
    let account = locked_account(tx, new.service.patient, stamp).await?;
    if let Some(there) = store::live(tx, new.source, new.source_id).await? {
        return Ok(Charged::of(&there, false));
    }
    let priced = priced(tx, new, None).await?;
    store::insert(tx, account, new, &priced, stamp).await?;
    let there = store::live(tx, new.source, new.source_id).await?.ok_or(Error::NotFound)?;
    Ok(Charged::of(&there, true))
}

/// Brings the charge of the source to what the service is now: another quantity, another item, done at last. Without a charge it makes
/// one. A discount that was given in percent follows; one that was given as an amount is at most the price.
///
/// # Errors
/// [`Error::Conflict`] when an invoice has the charge: a credit note must release it first.
pub async fn recharge(tx: &mut Tx, new: &ToCharge, stamp: Stamp) -> Result<Charged> {
    let account = locked_account(tx, new.service.patient, stamp).await?;
    let Some(there) = store::live(tx, new.source, new.source_id).await? else { return charge(tx, new, stamp).await };
    if there.patient_id != new.service.patient {
        return Err(Error::conflict(tr!(errors.key_used)));
    }
    let priced = priced(tx, new, Some(there.id)).await?;
    if matches!(there.state, ChargeState::Billed | ChargeState::Paid) {
        let same = there.quantity == new.service.quantity
            && there.service_day == new.service.day
            && there.item_id == priced.quote.item.as_ref().map(|item| item.id);
        return if same { Ok(Charged::of(&there, false)) } else { Err(Error::conflict(tr!(billing.charge_is_billed))) };
    }
    let is_same = there.quantity == new.service.quantity && there.item_id == priced.quote.item.as_ref().map(|item| item.id);
    if !is_same && !packages::covered(tx, there.id).await?.is_empty() {
        return Err(Error::conflict(tr!(billing.package_covers)));
    }
    let discount = kept_discount(&there, &priced.quote);
    store::update(tx, account, there.id, new, &priced, discount, stamp.at).await?;
    let there = store::live(tx, new.source, new.source_id).await?.ok_or(Error::NotFound)?;
    Ok(Charged::of(&there, true))
}

/// The discount that stays when the price of a charge changes.
fn kept_discount(there: &Charge, quote: &Quote) -> Money {
    match (quote.free_because, there.discount_bp) {
        (Some(_), _) => quote.discount,
        (None, Some(basis_points)) => arithmetic::part(quote.gross, basis_points),
        (None, None) if there.discount_reason.is_some() => there.discount.min(quote.gross),
        (None, None) => Money::ZERO,
    }
}

/// Takes the charge of the source back: the service was cancelled, or (`in_error`) never was. `None` when there is none.
///
/// # Errors
/// [`Error::Conflict`] when an invoice has the charge: a credit note must release it first.
pub async fn uncharge(
    tx: &mut Tx,
    (source, source_id): (&'static ChargeSource, Uuid),
    patient: PatientId,
    in_error: bool,
    now: Instant,
) -> Result<Option<ChargeId>> {
    let Some(account) = account_of(tx, patient).await? else { return Ok(None) };
    let account = tx.lock(account).await?;
    let Some(there) = store::live(tx, source, source_id).await?.filter(|there| there.patient_id == patient) else { return Ok(None) };
    take_back(tx, account, &there, in_error, now).await?;
    Ok(Some(there.id))
}

async fn take_back(tx: &mut Tx, account: Locked<BillingAccountId>, charge: &Charge, in_error: bool, now: Instant) -> Result<()> {
    match charge.state {
        ChargeState::Planned | ChargeState::Billable => {
            if !packages::covered(tx, charge.id).await?.is_empty() {
                return Err(Error::conflict(tr!(billing.package_covers)));
            }
            let state = if in_error { ChargeState::EnteredInError } else { ChargeState::Cancelled };
            store::set_ended(tx, account, charge.id, state, now).await
        }
        ChargeState::Billed | ChargeState::Paid => Err(Error::conflict(tr!(billing.charge_is_billed))),
        ChargeState::Cancelled | ChargeState::EnteredInError => Ok(()),
    }
}

/// Looks for the price of a charge that waits for one. `true` when it has one now.
///
/// # Errors
/// When the database refuses.
pub async fn reprice(tx: &mut Tx, id: ChargeId, now: Instant) -> Result<bool> {
    let Some(charge) = charge_at(tx, id).await? else { return Ok(false) };
    let account = account_of(tx, charge.patient_id).await?.ok_or(Error::NotFound)?;
    let account = tx.lock(account).await?;
    let Some((to_charge, charge)) = store::waiting(tx, id).await? else { return Ok(false) };
    let quote = quote_except(tx, &to_charge, Some(id)).await?;
    if quote.price.is_none() {
        return Ok(false);
    }
    let description = quote.item.as_ref().map_or(charge.description, |item| item.name.clone());
    let priced = Priced { quote, description, state: ChargeState::Billable, waits_for: None };
    store::set_price(tx, account, id, &priced, now).await?;
    Ok(true)
}

impl Charge {
    /// `Dressing`, `2.5 × Theatre time`.
    pub fn words(&self) -> String {
        if self.quantity == Quantity::ONE {
            self.description.clone()
        } else {
            format!("{} × {}", self.quantity.shown(locale::current()), self.description)
        }
    }
}

impl ToCharge {
    /// A service that was done.
    pub const fn done(source: &'static ChargeSource, source_id: Uuid, visit: Option<VisitId>, service: Service) -> Self {
        Self { source, source_id, visit, service, done: true }
    }
}

/// A consultation that was held.
#[derive(Clone, Copy, Debug)]
pub struct Consultation {
    pub patient: PatientId,
    pub clinic: ClinicId,
    pub department: DepartmentId,
    pub provider: Option<StaffId>,
    /// The type of the visit, which may have its own price.
    pub visit_type: Option<VisitTypeId>,
    /// The clinic's day, which decides the price.
    pub day: NaiveDate,
}

impl From<Consultation> for Service {
    fn from(held: Consultation) -> Self {
        Self {
            wanted: Wanted::Consultation(held.visit_type),
            patient: held.patient,
            clinic: held.clinic,
            department: Some(held.department),
            provider: held.provider,
            day: held.day,
            quantity: Quantity::ONE,
        }
    }
}
