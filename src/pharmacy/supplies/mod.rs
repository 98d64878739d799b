//! Supplies: prescriptions at the pharmacy, and what the pharmacist decides about them.

mod store;

use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{PHARMACY, Refusal, SupplyState};
use crate::{
    audit::Action,
    clinical::{Dosage, PrescriptionState},
    core::{ClinicId, DrugId, Error, PatientId, Permission, Result, StockItemId, SupplyId, UserId, VisitId, time::Instant},
    db::Locked,
    formulary::{self, Amount, Drug, Route},
    inventory::{self, StockItem, StockUnit},
    patients::{Birth, PatientName, Sex},
    server::{Ctx, Event},
    tr,
};

pub(super) use store::set_counts;
pub use store::{count_open, find, of_patient, queue};

/// Days after its signature during which a prescription is in the queue.
pub const DAYS: i64 = 30;
/// The most units of a prescription.
pub const MOST: i64 = 10_000;

/// A prescription at the pharmacy, with its patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supply {
    pub id: SupplyId,
    pub patient_id: PatientId,
    pub patient_name: PatientName,
    pub mrn: String,
    pub birth: Birth,
    pub sex: Sex,
    pub clinic_id: ClinicId,
    pub visit_id: Option<VisitId>,
    pub drug_id: Option<DrugId>,
    pub drug: String,
    pub dosage: Dosage,
    pub prescription_state: PrescriptionState,
    /// The reason for prescribing in spite of a warning; empty without a warning.
    pub override_reason: String,
    pub prescriber: String,
    pub prescribed_by: UserId,
    pub item_id: Option<StockItemId>,
    pub item_name: Option<String>,
    pub unit: Option<StockUnit>,
    pub ordered: i64,
    pub dispensed: i64,
    pub returned: i64,
    pub state: SupplyState,
    pub refusal: Option<Refusal>,
    pub note: String,
    pub signed_at: Instant,
    pub version: i64,
}

impl Supply {
    /// The units that the patient has.
    pub const fn with_patient(&self) -> i64 {
        self.dispensed - self.returned
    }

    /// The units that are still to be handed out.
    pub const fn owed(&self) -> i64 {
        self.ordered - self.with_patient()
    }
}

/// The verb of the directions, by route: `Take`, `Apply`.
fn verb(route: &str) -> &'static str {
    match route.parse::<Route>() {
        Ok(Route::Oral) => tr!(pharmacy.verb_take),
        Ok(Route::Inhaled) => tr!(pharmacy.verb_inhale),
        Ok(Route::Topical | Route::Transdermal) => tr!(pharmacy.verb_apply),
        _ => tr!(pharmacy.verb_use),
    }
}

/// The amount of a dose for a label: `1`, `½`, `1½`, `2.5`. A half is never written as `.5`.
fn amount_words(amount: Amount) -> String {
    let number = amount.number();
    let (whole, rest) = (number.trunc(), number.fract());
    let part = match rest {
        rest if rest == Decimal::new(5, 1) => "½",
        rest if rest == Decimal::new(25, 2) => "¼",
        rest if rest == Decimal::new(75, 2) => "¾",
        _ => return amount.show(),
    };
    if whole.is_zero() { part.to_owned() } else { format!("{whole}{part}") }
}

/// The directions in words, in the current language: `Take 1 tablet, by mouth, twice a day, for 7 days.` A dose that is no number with a unit
/// stays as the prescriber wrote it.
pub fn directions(dosage: &Dosage) -> String {
    let structured = dosage.clone().structured();
    let dose = structured.amount.as_ref().and_then(|dose| {
        let amount = dose.number()?;
        let unit = if amount.number() > Decimal::ONE { plural(dose.unit) } else { dose.unit.words() };
        // A measure has no halves: `2.5 mL` is what a syringe shows.
        let number = if is_measure(dose.unit) { amount.show() } else { amount_words(amount) };
        Some(format!("{number} {unit}"))
    });
    let route = dosage.route.clone();
    let dosage = Dosage { dose: dose.unwrap_or_else(|| dosage.dose.clone()), ..dosage.clone() };
    format!("{} {}.", verb(&route), dosage.sentence())
}

/// Whether the unit is measured and not counted.
const fn is_measure(unit: formulary::Unit) -> bool {
    use formulary::Unit as U;
    matches!(unit, U::Milligram | U::Gram | U::Microgram | U::InternationalUnit | U::Millimole | U::Millilitre | U::Litre)
}

/// The unit of several: `tablets`. A measure has no plural.
fn plural(unit: formulary::Unit) -> &'static str {
    use formulary::Unit as U;
    match unit {
        U::Tablet => tr!(pharmacy.tablets),
        U::Capsule => tr!(pharmacy.capsules),
        U::Ampoule => tr!(pharmacy.ampoules),
        U::Vial => tr!(pharmacy.vials),
        U::Bag => tr!(pharmacy.bags),
        U::Syringe => tr!(pharmacy.syringes),
        U::Sachet => tr!(pharmacy.sachets),
        U::Dose => tr!(pharmacy.doses),
        U::Patch => tr!(pharmacy.patches),
        U::Suppository => tr!(pharmacy.suppositories),
        U::Pessary => tr!(pharmacy.pessaries),
        U::Bottle => tr!(pharmacy.bottles),
        U::Tube => tr!(pharmacy.tubes),
        U::Milligram | U::Gram | U::Microgram | U::InternationalUnit | U::Millimole | U::Millilitre | U::Litre => unit.words(),
    }
}

/// The units of an item for the whole course: units of a dose, times doses. `None` where the dose, the times or the days are not known, or
/// the dose is no number of units.
pub fn course(dosage: &Dosage, drug: Option<&Drug>, unit: StockUnit) -> Option<i64> {
    let dosage = dosage.clone().structured();
    let (dose, (times, in_days), days) = (dosage.amount.clone()?, dosage.often?, dosage.days?);
    let amount = dose.number()?.number();
    let units = if dose.unit.as_str() == unit.as_str() {
        amount
    } else {
        let drug = drug?;
        let [ingredient] = drug.ingredients.as_slice() else { return None };
        if ingredient.strength.per_unit.as_str() != unit.as_str() {
            return None;
        }
        ingredient.strength.whole_units(amount, dose.unit, drug.divisible)?
    };
    let planned = if dosage.frequency == "once" {
        1
    } else {
        let product = days.checked_mul(times)?;
        product.div_euclid(in_days) + i64::from(product.rem_euclid(in_days) > 0)
    };
    let doses = dosage.max_per_day.filter(|_| dosage.as_needed).map_or(planned, |most| most.saturating_mul(days));
    let total = units.checked_mul(Decimal::from(doses))?.ceil().to_i64()?;
    (1..=MOST).contains(&total).then_some(total)
}

fn changed(supply: &Supply) -> Error {
    Error::conflict(tr!(pharmacy.changed, state = supply.state.words().to_lowercase()))
}

/// Locks the patient and the supply, and reads it. An act on it takes its turn here.
pub(super) async fn turn(ctx: &mut Ctx, id: SupplyId) -> Result<(Locked<SupplyId>, Supply)> {
    let supply = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::Dispense, supply.clinic_id)?;
    ctx.reach([supply.patient_id]).await?;
    let _: Locked<PatientId> = ctx.tx.lock(supply.patient_id).await?;
    let lock = ctx.tx.lock(id).await?;
    let supply = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, supply))
}

/// Records the act in the audit log, and announces it.
pub(super) fn did(ctx: &mut Ctx, supply: &Supply) {
    ctx.did(Action::Update, "supply", supply.id, Some(supply.patient_id));
    ctx.tell(Event::new(&PHARMACY).at(supply.clinic_id).of(supply.patient_id));
}

/// Verifies a prescription: the item and the quantity that the patient gets. Another medicine than the prescribed one needs a note.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when it was changed since, or something was handed out.
pub async fn verify(ctx: &mut Ctx, id: SupplyId, version: i64, item: StockItemId, ordered: i64, note: &str) -> Result<()> {
    let (lock, supply) = turn(ctx, id).await?;
    let is_new = matches!(supply.state, SupplyState::ToVerify | SupplyState::Verified);
    if !is_new || supply.version != version || supply.prescription_state != PrescriptionState::Active {
        return Err(changed(&supply));
    }
    let item = inventory::item(&mut ctx.tx, item).await?.filter(|item| item.retired_at.is_none());
    let item = item.ok_or_else(|| Error::invalid("item", tr!(errors.choose)))?;
    if !is_prescribed(ctx, &supply, &item).await? && note.is_empty() {
        return Err(Error::invalid("note", tr!(pharmacy.why_other)));
    }
    let (now, by) = (ctx.now, ctx.user());
    store::verify(&mut ctx.tx, lock, (item.id, ordered), note, now, by).await?;
    did(ctx, &supply);
    Ok(())
}

/// Whether the item is the prescribed medicine.
async fn is_prescribed(ctx: &mut Ctx, supply: &Supply, item: &StockItem) -> Result<bool> {
    let Some(drug) = supply.drug_id else { return Ok(false) };
    Ok(inventory::items_of_drug(&mut ctx.tx, drug).await?.iter().any(|known| known.id == item.id))
}

/// Refuses a prescription, or closes one of which a part was handed out: the rest is not owed.
///
/// # Errors
/// [`Error::Invalid`] when another reason has no words; [`Error::Conflict`] when it was changed since, or is not open.
pub async fn refuse(ctx: &mut Ctx, id: SupplyId, version: i64, refusal: Refusal, note: &str) -> Result<()> {
    if refusal == Refusal::Other && note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    let (lock, supply) = turn(ctx, id).await?;
    let next = if supply.with_patient() > 0 { SupplyState::Closed } else { SupplyState::Refused };
    if supply.version != version || !supply.state.is_open() || !supply.state.leads_to(next) {
        return Err(changed(&supply));
    }
    let (now, by) = (ctx.now, ctx.user());
    store::reach_state(&mut ctx.tx, lock, next, Some((refusal, note)), now, by).await?;
    did(ctx, &supply);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::locale::{LOCALE, Locale};

    fn dosage(dose: &str, frequency: &str, days: Option<i64>) -> Dosage {
        let (dose, frequency) = (dose.to_owned(), frequency.to_owned());
        Dosage { dose, route: "oral".to_owned(), frequency, days, ..Dosage::default() }
    }

    #[test]
    fn directions_are_in_the_patients_language() {
        let words = |locale, dosage: &Dosage| LOCALE.sync_scope(locale, || directions(dosage));
        let one = dosage("1 tablet", "3 times a day", Some(7));
        assert_eq!(words(Locale::en, &one), "Take 1 tablet, by mouth, 3 times a day, for 7 days.");
        assert!(words(Locale::es, &one).starts_with("Tome 1 comprimido, "), "{}", words(Locale::es, &one));
        assert!(words(Locale::en, &dosage("half a tablet", "once a day", None)).starts_with("Take ½ tablet, "));
        assert!(words(Locale::en, &dosage("1.5 tablets", "once a day", None)).starts_with("Take 1½ tablets, "));
        assert!(words(Locale::es, &dosage("2 tablets", "once a day", None)).starts_with("Tome 2 comprimidos, "));
        assert!(words(Locale::es, &dosage("2.5 mL", "once a day", None)).starts_with("Tome 2,5 "));
        assert!(words(Locale::en, &dosage("as the leaflet says", "once a day", None)).contains("as the leaflet says"));
    }

    #[test]
    fn the_quantity_of_a_course_is_whole_units() {
        let units = |dose: &str, frequency: &str, days| course(&dosage(dose, frequency, days), None, StockUnit::Tablet);
        assert_eq!(units("1 tablet", "3 times a day", Some(7)), Some(21));
        assert_eq!(units("half a tablet", "once a day", Some(7)), Some(4), "3.5 tablets are 4");
        assert_eq!(units("2 tablets", "once a week", Some(28)), Some(8));
        assert_eq!(units("1 tablet", "once a week", Some(10)), Some(2), "the second week has begun");
        assert_eq!(units("1 tablet", "once", Some(1)), Some(1));
        assert_eq!(units("1 tablet", "once a day", None), None, "no end is known");
        assert_eq!(units("500 mg", "once a day", Some(5)), None, "no strength is known");
        let needed = Dosage { as_needed: true, max_per_day: Some(4), ..dosage("1 tablet", "every 4 hours", Some(3)) };
        assert_eq!(course(&needed, None, StockUnit::Tablet), Some(12));
    }
}
