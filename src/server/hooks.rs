//! The types of what a department does for others: the kidney function that it knows, its part of an admission, and the price that it
//! tells.

use chrono::NaiveDate;
use futures::future::BoxFuture;
use uuid::Uuid;

use super::{
    Ctx,
    department::{Departments, Reading},
};
use crate::{
    core::{AdmissionId, AppointmentId, Currency, DrugId, InsurerId, Money, PatientId, Result, Stamp, VisitId, time::Instant},
    db::Tx,
    tr,
};

/// A patient's creatinine clearance in mL/min, and the figures behind it in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KidneyFigure {
    pub clearance: i64,
    pub words: String,
}

/// A medicine that a patient gets on a ward, for the checks of prescriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnWard {
    pub id: Uuid,
    pub drug: DrugId,
    pub name: String,
    pub dose: String,
    /// The dose as a number and its unit, where it is one.
    pub amount: Option<(String, &'static str)>,
    pub route: String,
    /// The word of the frequency, where it has one.
    pub frequency: String,
    /// The number of doses, and the number of days that they are for.
    pub often: Option<(i64, i64)>,
    pub as_needed: bool,
    pub max_per_day: Option<i64>,
    pub since: Instant,
}

/// Reads the medicines that a patient gets on a ward.
pub type OnWardRead = for<'c> fn(&'c mut Ctx, PatientId) -> Reading<'c, Vec<OnWard>>;

/// Reads the kidney function of a patient.
pub type KidneyRead = for<'c> fn(&'c mut Ctx, PatientId) -> Reading<'c, Option<KidneyFigure>>;

/// Follows an admission, or an arrival on another ward. The admission's turn is taken.
pub type Admitted = for<'c> fn(&'c mut Ctx, AdmissionId) -> Reading<'c, ()>;

/// The subject of a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priced {
    Appointment(AppointmentId),
    /// A visit without an appointment.
    Visit(VisitId),
}

/// An expected price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToldPrice {
    pub total: Money,
    /// The patient's part, where a plan is expected to pay the rest.
    pub own: Option<Money>,
    /// The payer of the rest, and its name.
    pub insurer: Option<(InsurerId, String)>,
    /// The clinic's day, of which price and cover are.
    pub day: NaiveDate,
    pub currency: Currency,
}

impl ToldPrice {
    /// Whether another price says the same to the patient.
    fn says_the_same(&self, other: &Self) -> bool {
        (self.total, self.own, self.currency) == (other.total, other.own, other.currency)
    }

    /// The price for staff: `$120.00, the patient pays $36.00 (Meridian)`.
    pub fn words(&self) -> String {
        let total = self.currency.show(self.total);
        match (&self.insurer, self.own) {
            (Some((_, insurer)), Some(own)) => {
                tr!(told.patient_pays, total = total, own = self.currency.show(own), insurer = insurer.clone())
            }
            _ => total,
        }
    }

    /// The price for the patient: `$120.00, you pay $36.00 (Meridian)`.
    pub fn words_to_patient(&self) -> String {
        let total = self.currency.show(self.total);
        match (&self.insurer, self.own) {
            (Some((_, insurer)), Some(own)) => {
                tr!(told.you_pay, total = total, own = self.currency.show(own), insurer = insurer.clone())
            }
            _ => tr!(told.at_the_clinic, total = total),
        }
    }

    /// The price in a letter, which names no payer: `$120.00, you pay $36.00`.
    pub fn words_in_letter(&self) -> String {
        let total = self.currency.show(self.total);
        match self.own {
            Some(own) => tr!(told.you_pay_short, total = total, own = self.currency.show(own)),
            None => total,
        }
    }
}

/// The price as it was told, and as it is now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PriceFacts {
    /// `None` for appointments that were made before prices were kept, or without a price.
    pub told: Option<ToldPrice>,
    pub now: Option<ToldPrice>,
}

impl PriceFacts {
    /// The present price where another one was told.
    pub fn changed(&self) -> Option<&ToldPrice> {
        let (told, now) = (self.told.as_ref()?, self.now.as_ref()?);
        (!told.says_the_same(now)).then_some(now)
    }
}

/// Keeps the price that is told now.
pub type PriceTell = for<'t> fn(&'t mut Tx, Priced, (Currency, Stamp)) -> BoxFuture<'t, Result<()>>;

/// Reads the price as it was told, and as it is now.
pub type PriceRead = for<'t> fn(&'t mut Tx, Priced, Currency) -> BoxFuture<'t, Result<PriceFacts>>;

/// The acts of the department that knows prices.
#[derive(Debug)]
pub struct Pricing {
    pub tell: PriceTell,
    pub read: PriceRead,
}

impl Departments {
    /// Returns the kidney function of a patient from the first department that knows it.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn kidney(self, ctx: &mut Ctx, patient: PatientId) -> Result<Option<KidneyFigure>> {
        for read in self.0.iter().filter_map(|department| department.kidney) {
            if let Some(figure) = read(ctx, patient).await? {
                return Ok(Some(figure));
            }
        }
        Ok(None)
    }

    /// Returns the medicines that a patient gets on a ward.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn on_ward(self, ctx: &mut Ctx, patient: PatientId) -> Result<Vec<OnWard>> {
        let mut all = Vec::new();
        for read in self.0.iter().filter_map(|department| department.on_ward) {
            all.extend(read(ctx, patient).await?);
        }
        Ok(all)
    }

    /// Tells the departments that a patient was admitted, in the transaction of the act.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn admitted(self, ctx: &mut Ctx, admission: AdmissionId) -> Result<()> {
        for follow in self.0.iter().filter_map(|department| department.admitted) {
            follow(ctx, admission).await?;
        }
        Ok(())
    }

    /// Tells the departments that a patient lies on another ward, in the transaction of the act.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn arrived(self, ctx: &mut Ctx, admission: AdmissionId) -> Result<()> {
        for follow in self.0.iter().filter_map(|department| department.arrived) {
            follow(ctx, admission).await?;
        }
        Ok(())
    }

    /// Keeps the price that is told now with its appointment or visit, in the transaction of the act.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell_price(self, ctx: &mut Ctx, priced: Priced) -> Result<()> {
        let (currency, stamp) = (ctx.state().hospital().currency, ctx.stamp());
        for pricing in self.0.iter().filter_map(|department| department.pricing) {
            (pricing.tell)(&mut ctx.tx, priced, (currency, stamp)).await?;
        }
        Ok(())
    }

    /// Reads the price as it was told, and as it is now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn price_facts(self, tx: &mut Tx, priced: Priced, currency: Currency) -> Result<PriceFacts> {
        match self.0.iter().find_map(|department| department.pricing) {
            Some(pricing) => (pricing.read)(tx, priced, currency).await,
            None => Ok(PriceFacts::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_has_changed_when_the_patient_would_read_another_one() {
        let price = |total: i64, own: Option<i64>| ToldPrice {
            total: Money(total),
            own: own.map(Money),
            insurer: None,
            day: NaiveDate::default(),
            currency: Currency::USD,
        };
        let changed = |told: Option<ToldPrice>, now: Option<ToldPrice>| PriceFacts { told, now }.changed().is_some();
        assert!(changed(Some(price(12_000, None)), Some(price(12_500, None))));
        assert!(changed(Some(price(12_000, None)), Some(price(12_000, Some(3_600)))));
        assert!(!changed(Some(price(12_000, Some(3_600))), Some(price(12_000, Some(3_600)))));
        // Neither an older appointment nor an item that lost its price has two prices to compare.
        assert!(!changed(None, Some(price(12_000, None))) && !changed(Some(price(12_000, None)), None));
    }
}
