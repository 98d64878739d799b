//! The types of what a department does for others: the kidney function that it knows, its part of an admission, and the price that it
//! tells.

use std::collections::HashMap;

use chrono::NaiveDate;
use futures::future::BoxFuture;
use uuid::Uuid;

use super::{
    Ctx,
    department::{Departments, Reading},
};
use crate::{
    core::{
        AdmissionId, AppointmentId, ClinicId, Currency, DoseId, DrugId, InsurerId, Money, PatientId, Result, ServiceId, StaffId, Stamp,
        VisitId, VisitTypeId, WardId,
        time::{Instant, Zone},
    },
    db::Tx,
    tr,
    ui::Tone,
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

/// Reads the medicines of a patient on wards that ended since a time: order, drug, name and end.
pub type EndedOnWardRead = for<'c> fn(&'c mut Ctx, PatientId, Instant) -> Reading<'c, Vec<(Uuid, DrugId, String, Instant)>>;

/// The risk that a patient falls, where it is more than small.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FallRisk {
    Medium,
    High,
}

/// The medicines of wards, for the checks of prescriptions.
#[derive(Clone, Copy, Debug)]
pub struct WardMedicines {
    pub present: OnWardRead,
    pub ended: EndedOnWardRead,
}

/// The work at the bed of a patient, for the board of the ward.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BedWork {
    /// When the next set of observations is due, and after when it is late.
    pub next_set: Option<(Instant, Instant)>,
    /// A doctor stopped the observations until then.
    pub stopped_until: Option<Instant>,
    /// The early-warning score of a child, with its tone.
    pub pews: Option<(i64, Tone)>,
    /// Doses that are due now, and those of them that are late.
    pub doses_due: i64,
    pub doses_late: i64,
    /// The risk of falls by the last assessment.
    pub falls: Option<FallRisk>,
}

impl BedWork {
    /// Adds the work that another department knows.
    fn and(self, other: Self) -> Self {
        Self {
            next_set: self.next_set.or(other.next_set),
            stopped_until: self.stopped_until.or(other.stopped_until),
            pews: self.pews.or(other.pews),
            doses_due: self.doses_due + other.doses_due,
            doses_late: self.doses_late + other.doses_late,
            falls: self.falls.or(other.falls),
        }
    }
}

/// Reads the work at all beds of a ward at once, at this time in the clinic's zone.
pub type BedWorkRead = for<'t> fn(&'t mut Tx, WardId, (Instant, Zone)) -> BoxFuture<'t, Result<Vec<(AdmissionId, BedWork)>>>;

/// A question at the bed of a patient, which a department asks some time after an act until somebody answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BedQuestion {
    pub admission: AdmissionId,
    /// When it is asked, and when the act was done.
    pub at: Instant,
    pub since: Instant,
    /// The question in the reader's language, and what the act was.
    pub words: String,
    pub detail: String,
    /// The page on which it is answered.
    pub href: String,
}

/// The patients whose questions are read.
#[derive(Clone, Copy, Debug)]
pub enum AskedOf {
    Stay(AdmissionId),
    Ward(WardId),
}

/// Reads the open questions, those that are asked first at the beginning.
pub type BedQuestionsRead = for<'t> fn(&'t mut Tx, AskedOf, Instant) -> BoxFuture<'t, Result<Vec<BedQuestion>>>;

/// The prescriptions that a patient takes home from a stay, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TakeHome {
    /// Those that are not handed out yet.
    pub open: i64,
    pub handed: i64,
}

/// Reads the take-home prescriptions of stays; a stay without one is left out.
pub type TakeHomeRead = for<'t> fn(&'t mut Tx, Vec<AdmissionId>) -> BoxFuture<'t, Result<Vec<(AdmissionId, TakeHome)>>>;

/// Follows a dose whose units left the stock of a ward or came back to it, in the transaction of its record.
pub type DoseStocked = for<'c> fn(&'c mut Ctx, DoseId) -> Reading<'c, ()>;

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

/// A visit that is about to be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannedVisit {
    pub patient: PatientId,
    pub service: ServiceId,
    pub doctor: Option<StaffId>,
    pub visit_type: Option<VisitTypeId>,
    pub at: Instant,
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

/// Returns what a visit that is not booked yet is expected to cost; `None` without a price.
pub type PricePlan = for<'t> fn(&'t mut Tx, PlannedVisit, Currency) -> BoxFuture<'t, Result<Option<ToldPrice>>>;

/// The acts of the department that knows prices.
#[derive(Debug)]
pub struct Pricing {
    pub tell: PriceTell,
    pub read: PriceRead,
    pub plan: PricePlan,
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
        for medicines in self.0.iter().filter_map(|department| department.on_ward) {
            all.extend((medicines.present)(ctx, patient).await?);
        }
        Ok(all)
    }

    /// Returns the medicines of a patient on wards that ended since a time: order, drug, name and end.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn ended_on_ward(self, ctx: &mut Ctx, patient: PatientId, since: Instant) -> Result<Vec<(Uuid, DrugId, String, Instant)>> {
        let mut all = Vec::new();
        for medicines in self.0.iter().filter_map(|department| department.on_ward) {
            all.extend((medicines.ended)(ctx, patient, since).await?);
        }
        Ok(all)
    }

    /// Adds up the millilitres that the departments gave a patient by themselves in a period.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn infused(self, tx: &mut Tx, admission: AdmissionId, period: (Instant, Instant)) -> Result<i64> {
        let mut sum = 0;
        for infused in self.0.iter().filter_map(|department| department.infused) {
            sum += infused(tx, admission, period).await?;
        }
        Ok(sum)
    }

    /// Returns the work at the beds of a ward, by admission.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn bed_work(self, tx: &mut Tx, ward: WardId, now: (Instant, Zone)) -> Result<HashMap<AdmissionId, BedWork>> {
        let mut all: HashMap<AdmissionId, BedWork> = HashMap::new();
        for read in self.0.iter().filter_map(|department| department.bed_work) {
            for (admission, work) in read(tx, ward, now).await? {
                let known = all.entry(admission).or_default();
                *known = known.and(work);
            }
        }
        Ok(all)
    }

    /// Tells the departments that a clinic got another time zone.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn clock_changed(self, ctx: &mut Ctx, clinic: ClinicId, before: Zone) -> Result<()> {
        for changed in self.0.iter().filter_map(|department| department.clock_changed) {
            changed(ctx, clinic, before).await?;
        }
        Ok(())
    }

    /// Returns the open questions at the beds of a ward, or at one bed: those that are asked first at the beginning.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn bed_questions(self, tx: &mut Tx, of: AskedOf, now: Instant) -> Result<Vec<BedQuestion>> {
        let mut all = Vec::new();
        for read in self.0.iter().filter_map(|department| department.bed_questions) {
            all.extend(read(tx, of, now).await?);
        }
        all.sort_by_key(|question| question.at);
        Ok(all)
    }

    /// Returns the take-home prescriptions of stays, by admission.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn take_home(self, tx: &mut Tx, admissions: Vec<AdmissionId>) -> Result<HashMap<AdmissionId, TakeHome>> {
        match self.0.iter().find_map(|department| department.take_home) {
            Some(read) => Ok(read(tx, admissions).await?.into_iter().collect()),
            None => Ok(HashMap::new()),
        }
    }

    /// Tells the departments that units of a dose left the stock of a ward, or came back to it.
    ///
    /// # Errors
    /// When a department refuses.
    pub async fn dose_stocked(self, ctx: &mut Ctx, dose: DoseId) -> Result<()> {
        for follow in self.0.iter().filter_map(|department| department.dose_stocked) {
            follow(ctx, dose).await?;
        }
        Ok(())
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

    /// Returns what a visit that is not booked yet is expected to cost; `None` without a price.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn planned_price(self, tx: &mut Tx, planned: PlannedVisit, currency: Currency) -> Result<Option<ToldPrice>> {
        match self.0.iter().find_map(|department| department.pricing) {
            Some(pricing) => (pricing.plan)(tx, planned, currency).await,
            None => Ok(None),
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
