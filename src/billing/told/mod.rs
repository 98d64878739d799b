//! The price that is told when an appointment is booked, or when a patient comes without one. It stands with the appointment as it was
//! told; the charge itself follows the price list of the day of the service.

mod store;

use chrono::NaiveDate;

use crate::{
    appointments,
    core::{ChargeId, Currency, Money, PriceItemId, Result, Stamp, ToldPriceId, VisitId, time::Instant},
    db::Tx,
    opd, organisation,
    server::hooks::{PlannedVisit, PriceFacts, Priced, Pricing, ToldPrice},
};

use super::{Quantity, Service, Wanted, quote};

/// How billing tells prices to departments that come before it.
pub static PRICING: Pricing = Pricing {
    tell: |tx, priced, (currency, stamp)| Box::pin(tell(tx, priced, currency, stamp)),
    read: |tx, priced, currency| Box::pin(read(tx, priced, currency)),
    plan: |tx, planned, currency| Box::pin(plan(tx, planned, currency)),
};

/// Returns what the appointment, or the visit without one, is expected to cost now; `None` without a price.
async fn expected(tx: &mut Tx, priced: Priced, currency: Currency) -> Result<Option<(PriceItemId, ToldPrice)>> {
    let planned = match priced {
        Priced::Appointment(id) => {
            let found = appointments::find(tx, id).await?;
            let (patient, service, doctor) = (found.patient_id, found.service_id, Some(found.doctor_id));
            PlannedVisit { patient, service, doctor, visit_type: found.visit_type_id, at: found.starts_at }
        }
        Priced::Visit(id) => {
            let found = opd::visit(tx, id).await?;
            let (patient, service, doctor) = (found.patient_id, found.service_id, found.doctor_id);
            PlannedVisit { patient, service, doctor, visit_type: None, at: found.arrived_at }
        }
    };
    planned_price(tx, planned, currency).await
}

/// Returns what a visit is expected to cost; `None` without a price.
async fn planned_price(tx: &mut Tx, planned: PlannedVisit, currency: Currency) -> Result<Option<(PriceItemId, ToldPrice)>> {
    let of = organisation::service(tx, planned.service).await?;
    let day = organisation::clinic(tx, of.clinic_id).await?.zone.day(planned.at);
    let service = Service {
        wanted: Wanted::Consultation(planned.visit_type),
        patient: planned.patient,
        clinic: of.clinic_id,
        department: Some(of.department_id),
        provider: planned.doctor,
        day,
        quantity: Quantity::ONE,
    };
    let quote = quote(tx, &service).await?;
    let (Some(item), true) = (&quote.item, quote.price.is_some()) else { return Ok(None) };
    let own = quote.cover.as_ref().map(|_| quote.shares().patient);
    let insurer = quote.cover.as_ref().map(|cover| (cover.insurer, cover.name.clone()));
    Ok(Some((item.id, ToldPrice { total: quote.total(), own, insurer, day, currency })))
}

/// Returns what a visit that is not booked yet is expected to cost; nothing is kept.
async fn plan(tx: &mut Tx, planned: PlannedVisit, currency: Currency) -> Result<Option<ToldPrice>> {
    Ok(planned_price(tx, planned, currency).await?.map(|(_, price)| price))
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

/// A price that was told, of which item, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldFor {
    pub subject: Priced,
    pub item: PriceItemId,
    pub at: Instant,
    pub price: ToldPrice,
}

/// A price that was told, and the consultation of the same visit that is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldCharge {
    pub told: ToldFor,
    pub charge: ChargeId,
    /// The clinic's day on which it was done.
    pub service_day: NaiveDate,
    /// Whether the item that is charged is the one whose price was told.
    pub same_item: bool,
}

/// A line that is charged, as the patient pays it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChargedLine {
    pub total: Money,
    /// The patient's part; the whole amount without a plan.
    pub own: Money,
    /// The name of the plan's payer.
    pub insurer: Option<String>,
    pub gross: Money,
    pub discount: Money,
    pub day: NaiveDate,
    pub currency: Currency,
}

/// A reason for which a charge differs from the price that was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Another service was done.
    Item,
    /// It was done on another day than the one that was booked.
    Day,
    /// Another plan pays, or none.
    Payer,
    /// A discount, or a rule, takes something off.
    Discount,
    /// The price of the day of the visit is another one.
    Price,
    /// The same plan leaves the patient another part.
    Part,
}

impl ToldCharge {
    /// Returns the reasons for which the charge differs; empty when the patient pays what was told.
    pub fn differences(&self, charged: &ChargedLine) -> Vec<Difference> {
        let told = &self.told.price;
        let own = told.own.unwrap_or(told.total);
        if (told.total, own, told.currency) == (charged.total, charged.own, charged.currency) {
            return Vec::new();
        }
        let same_payer = told.insurer.as_ref().map(|(_, name)| name) == charged.insurer.as_ref();
        let same_total = (told.total, told.currency) == (charged.total, charged.currency);
        let discount = charged.discount > Money::ZERO;
        [
            (Difference::Item, !self.same_item),
            (Difference::Day, told.day != charged.day),
            (Difference::Payer, !same_payer),
            (Difference::Discount, discount),
            (Difference::Price, self.same_item && !same_total && !discount),
            (Difference::Part, same_payer && same_total),
        ]
        .into_iter()
        .filter_map(|(difference, holds)| holds.then_some(difference))
        .collect()
    }
}

/// Returns the prices that were told for these visits, each with the consultation that is charged for it: that of the same item, or the
/// first one. A visit without a charged consultation has none.
///
/// # Errors
/// When the database refuses.
pub async fn told_charges(tx: &mut Tx, visits: &[VisitId]) -> Result<Vec<ToldCharge>> {
    if visits.is_empty() {
        return Ok(Vec::new());
    }
    let consultations = store::consultations(tx, visits).await?;
    if consultations.is_empty() {
        return Ok(Vec::new());
    }
    let told = store::told_for(tx, &consultations).await?;
    let charge_of = |told: ToldFor| {
        let mut of_visit = consultations.iter().filter(|charged| match told.subject {
            Priced::Appointment(id) => charged.appointment_id == Some(id),
            Priced::Visit(id) => charged.visit_id == id,
        });
        let charged = of_visit.clone().find(|charged| charged.item_id == told.item).or_else(|| of_visit.next())?;
        Some(ToldCharge { charge: charged.charge_id, service_day: charged.service_day, same_item: charged.item_id == told.item, told })
    };
    Ok(told.into_iter().filter_map(charge_of).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::InsurerId;

    fn charge(own: Option<i64>) -> ToldCharge {
        let price = ToldPrice {
            total: Money(12_000),
            own: own.map(Money),
            insurer: own.map(|_| (InsurerId::new(), "Meridian".to_owned())),
            day: NaiveDate::default(),
            currency: Currency::USD,
        };
        let told = ToldFor { subject: Priced::Visit(VisitId::new()), item: PriceItemId::new(), at: Instant::UNIX_EPOCH, price };
        ToldCharge { told, charge: ChargeId::new(), service_day: NaiveDate::default(), same_item: true }
    }

    fn line(total: i64, own: i64, insurer: Option<&str>) -> ChargedLine {
        ChargedLine {
            total: Money(total),
            own: Money(own),
            insurer: insurer.map(str::to_owned),
            gross: Money(total),
            discount: Money::ZERO,
            day: NaiveDate::default(),
            currency: Currency::USD,
        }
    }

    #[test]
    fn the_cashier_reads_why_a_charge_differs() {
        let (alone, insured) = (charge(None), charge(Some(3_600)));
        assert_eq!(alone.differences(&line(12_000, 12_000, None)), []);
        assert_eq!(insured.differences(&line(12_000, 3_600, Some("Meridian"))), []);
        assert_eq!(alone.differences(&line(15_000, 15_000, None)), [Difference::Price]);
        assert_eq!(insured.differences(&line(12_000, 12_000, None)), [Difference::Payer]);
        assert_eq!(insured.differences(&line(12_000, 6_000, Some("Meridian"))), [Difference::Part]);
        let reduced = ChargedLine { gross: Money(12_000), discount: Money(2_000), ..line(10_000, 10_000, None) };
        assert_eq!(alone.differences(&reduced), [Difference::Discount]);
        let other = ToldCharge { same_item: false, ..alone };
        let later = ChargedLine { day: NaiveDate::MAX, ..line(9_000, 9_000, None) };
        assert_eq!(other.differences(&later), [Difference::Item, Difference::Day]);
    }
}
