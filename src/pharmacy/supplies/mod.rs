//! Supplies: prescriptions at the pharmacy, and what the pharmacist decides about them.

mod store;
mod substitution;

use chrono::NaiveDate;
use rust_decimal::{Decimal, prelude::ToPrimitive as _};

use super::{
    PHARMACY, Refusal, SupplyState,
    checks::{self, CheckDecision, SupplyStage},
    pauses,
};
use crate::{
    audit::Action,
    clinical::{Dosage, PrescriptionState},
    core::{ClinicId, DrugId, Error, PatientId, Permission, Result, StockItemId, StoreroomId, SupplyId, UserId, VisitId, time::Instant},
    db::Locked,
    formulary::{self, Amount, Drug, Route},
    inventory::{self, Purpose, RoomKind, StockItem, StockUnit, ToReserve},
    patients::{Birth, PatientName, Sex},
    server::{Ctx, Event},
    tr,
};

pub use store::{count_open, find, of_patient, of_patients, queue};
pub(super) use store::{reach_state, set_counts};
pub use substitution::SubstituteReason;

/// Days after its signature during which a prescription is in the queue, and is handed out.
pub const DAYS: i64 = 30;
/// The same days for a controlled medicine. The database has both (`dispenses_in_time`).
pub const CONTROLLED_DAYS: i64 = 7;
/// Hours for which the units of a verified prescription are reserved.
const RESERVED_HOURS: i64 = 24;
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
    pub substitute_reason: Option<SubstituteReason>,
    /// The prescribed medicine, where another item of the same substances is handed out; else empty.
    pub substitute_for: String,
    pub signed_at: Instant,
    pub version: i64,
    /// The day until which it is on hold.
    pub held_until: Option<NaiveDate>,
    /// The prescriber has answered a question since it was verified.
    pub answered: bool,
}

/// The pharmacist's choice for a prescription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choosing {
    pub item: StockItemId,
    pub ordered: i64,
    pub note: String,
    pub substitute: Option<SubstituteReason>,
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

    /// Whether it is too old to be handed out.
    pub fn is_expired(&self, is_controlled: bool, now: Instant) -> bool {
        self.signed_at + chrono::Duration::days(if is_controlled { CONTROLLED_DAYS } else { DAYS }) < now
    }

    /// Refuses a prescription that is too old to be handed out.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is.
    pub fn check_in_time(&self, item: &StockItem, now: Instant) -> Result<()> {
        if self.is_expired(item.is_controlled(), now) {
            return Err(Error::conflict(tr!(pharmacy.expired, days = DAYS, controlled = CONTROLLED_DAYS)));
        }
        Ok(())
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

/// Refuses an act on a supply that was changed since, or is not in the state for it.
pub(super) fn changed(supply: &Supply) -> Error {
    Error::conflict(tr!(pharmacy.changed, state = supply.state.words().to_lowercase()))
}

/// Locks the patient and the supply, and reads it. An act on it takes its turn here.
pub(super) async fn turn(ctx: &mut Ctx, id: SupplyId) -> Result<(Locked<SupplyId>, Supply)> {
    turn_as(ctx, Permission::Dispense, id).await
}

/// As [`turn`], for an act that needs this permission.
pub(super) async fn turn_as(ctx: &mut Ctx, permission: Permission, id: SupplyId) -> Result<(Locked<SupplyId>, Supply)> {
    let supply = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, supply.clinic_id)?;
    ctx.reach([supply.patient_id]).await?;
    let _: Locked<PatientId> = ctx.tx.lock(supply.patient_id).await?;
    if let Some(visit) = supply.visit_id {
        ctx.tx.lock(visit).await?;
    }
    let lock = ctx.tx.lock(id).await?;
    let supply = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    Ok((lock, supply))
}

/// Records the act in the audit log, and announces it.
pub(super) fn did(ctx: &mut Ctx, supply: &Supply) {
    ctx.did(Action::Update, "supply", supply.id, Some(supply.patient_id));
    ctx.tell(Event::new(&PHARMACY).at(supply.clinic_id).of(supply.patient_id));
}

/// Verifies a prescription: the item and the quantity that the patient gets. It is checked again; what is new since the signature needs the
/// pharmacist's decision. Another item of the same substances needs a reason, and one of a medicine that the formulary does not have a note. The
/// units are reserved where the stock suffices.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when it was changed since, or something was handed out.
pub async fn verify(ctx: &mut Ctx, id: SupplyId, version: i64, choice: &Choosing, decision: &CheckDecision) -> Result<()> {
    let (lock, supply) = turn(ctx, id).await?;
    let is_new = matches!(supply.state, SupplyState::ToVerify | SupplyState::Verified);
    if !is_new || supply.version != version || supply.prescription_state != PrescriptionState::Active {
        return Err(changed(&supply));
    }
    let item = inventory::item(&mut ctx.tx, choice.item).await?.filter(|item| item.retired_at.is_none());
    let item = item.ok_or_else(|| Error::invalid("item", tr!(errors.choose)))?;
    supply.check_in_time(&item, ctx.now)?;
    let substitute = substitute(ctx, &supply, &item, choice).await?;
    checks::check(ctx, &supply, SupplyStage::Verify, decision).await?;
    let stamp = ctx.stamp();
    let of = substitute.map(|reason| (reason, supply.drug.chars().take(200).collect::<String>()));
    store::verify(&mut ctx.tx, lock, (item.id, choice.ordered), (&choice.note, of), stamp).await?;
    inventory::end_reservations(&mut ctx.tx, id.0, false, None, stamp.at).await?;
    reserve_where_possible(ctx, &supply, item.id, choice.ordered).await?;
    did(ctx, &supply);
    Ok(())
}

/// Returns the reason when the item is a substitute for the prescribed medicine.
async fn substitute(ctx: &mut Ctx, supply: &Supply, item: &StockItem, choice: &Choosing) -> Result<Option<SubstituteReason>> {
    if is_prescribed(ctx, supply, item).await? {
        return Ok(None);
    }
    let fixed = &supply.dosage.no_substitution;
    if !fixed.is_empty() {
        return Err(Error::invalid("item", tr!(pharmacy.no_substitution, reason = fixed.clone())));
    }
    let Some((prescribed, other)) = both_drugs(ctx, supply, item).await?.filter(|(one, _)| !one.ingredients.is_empty()) else {
        // The formulary does not know the prescribed medicine: the pharmacist says which item it is.
        return if choice.note.is_empty() { Err(Error::invalid("note", tr!(pharmacy.why_other))) } else { Ok(None) };
    };
    let ratio = substitution::ratio(&prescribed, &other).ok_or_else(|| Error::invalid("item", tr!(pharmacy.not_same_substance)))?;
    if substitution::dosage_in(&supply.dosage, ratio, &other).is_none() {
        return Err(Error::invalid("item", tr!(pharmacy.strength_does_not_fit)));
    }
    let reason = choice.substitute.ok_or_else(|| Error::invalid("substitute_reason", tr!(pharmacy.why_substitute)))?;
    if reason == SubstituteReason::Other && choice.note.is_empty() {
        return Err(Error::invalid("note", tr!(errors.required)));
    }
    Ok(Some(reason))
}

/// Reads the drug that was prescribed and that of an item, where the formulary has both.
async fn both_drugs(ctx: &mut Ctx, supply: &Supply, item: &StockItem) -> Result<Option<(Drug, Drug)>> {
    let (Some(prescribed), Some(other)) = (supply.drug_id, item.drug_id) else { return Ok(None) };
    let prescribed = formulary::formulary_drug(&mut ctx.tx, prescribed).await?;
    Ok(prescribed.zip(formulary::formulary_drug(&mut ctx.tx, other).await?))
}

/// Returns the dosage in units of what is handed out: of a substitute of another strength it has other numbers than the prescription.
///
/// # Errors
/// When the database refuses.
pub async fn given_dosage(ctx: &mut Ctx, supply: &Supply) -> Result<Dosage> {
    if supply.substitute_for.is_empty() {
        return Ok(supply.dosage.clone());
    }
    let item = inventory::item(&mut ctx.tx, supply.item_id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
    let given = both_drugs(ctx, supply, &item).await?.and_then(|(prescribed, other)| {
        let ratio = substitution::ratio(&prescribed, &other)?;
        substitution::dosage_in(&supply.dosage, ratio, &other)
    });
    // The formulary has changed since: the label must not say a wrong number.
    given.ok_or_else(|| Error::conflict(tr!(pharmacy.strength_does_not_fit)))
}

/// Reserves the units in the first pharmacy of the clinic that has all of them. Without one, nothing is reserved.
async fn reserve_where_possible(ctx: &mut Ctx, supply: &Supply, item: StockItemId, quantity: i64) -> Result<()> {
    let day = ctx.today();
    let rooms = inventory::rooms(&mut ctx.tx, supply.clinic_id).await?;
    for room in rooms.iter().filter(|room| room.kind == RoomKind::Pharmacy) {
        let free: i64 = inventory::usable(&mut ctx.tx, room.id, item, day).await?.iter().map(|line| line.on_hand).sum();
        if free >= quantity {
            // Another act may have been faster.
            return match reserve_in(ctx, supply, (room.id, item), quantity).await {
                Ok(()) | Err(Error::Conflict(_)) => Ok(()),
                Err(error) => Err(error),
            };
        }
    }
    Ok(())
}

/// Reserves units of a storeroom for a supply, for 24 hours.
pub(super) async fn reserve_in(ctx: &mut Ctx, supply: &Supply, (room, item): (StoreroomId, StockItemId), quantity: i64) -> Result<()> {
    let (now, by, day) = (ctx.now, ctx.user(), ctx.today());
    let until = Some(now + chrono::Duration::hours(RESERVED_HOURS));
    let new = ToReserve { purpose: Purpose::Supply, of: supply.id.0, room, item, quantity, batch: None, until };
    inventory::reserve(&mut ctx.tx, &new, (now, by), day).await?;
    Ok(())
}

/// Reserves what is owed of a verified supply in a storeroom, instead of what was reserved before.
///
/// # Errors
/// [`Error::Conflict`] when less is free there, or nothing is owed.
pub async fn reserve(ctx: &mut Ctx, id: SupplyId, room: StoreroomId, quantity: i64) -> Result<()> {
    let (_, supply) = turn(ctx, id).await?;
    let room = inventory::room(&mut ctx.tx, room).await?.ok_or(Error::NotFound)?;
    if room.clinic_id != supply.clinic_id || room.kind != RoomKind::Pharmacy || room.retired_at.is_some() {
        return Err(Error::invalid("storeroom", tr!(errors.choose)));
    }
    let is_ready = matches!(supply.state, SupplyState::Verified | SupplyState::PartDispensed);
    let Some(item) = supply.item_id.filter(|_| is_ready) else { return Err(changed(&supply)) };
    if quantity > supply.owed() {
        return Err(Error::invalid("quantity", tr!(pharmacy.more_than_owed, count = supply.owed())));
    }
    let now = ctx.now;
    inventory::end_reservations(&mut ctx.tx, id.0, false, Some((item, room.id)), now).await?;
    reserve_in(ctx, &supply, (room.id, item), quantity).await?;
    did(ctx, &supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
    Ok(())
}

/// Releases what is reserved for a supply.
///
/// # Errors
/// [`Error::NotFound`] for another clinic's.
pub async fn release(ctx: &mut Ctx, id: SupplyId) -> Result<()> {
    let (_, supply) = turn(ctx, id).await?;
    let now = ctx.now;
    inventory::end_reservations(&mut ctx.tx, id.0, false, None, now).await?;
    did(ctx, &supply);
    ctx.tell(Event::new(&inventory::STOCK).at(supply.clinic_id));
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
    let stamp = ctx.stamp();
    inventory::end_reservations(&mut ctx.tx, id.0, false, None, stamp.at).await?;
    pauses::end(ctx, &supply).await?;
    store::reach_state(&mut ctx.tx, lock, next, Some((refusal, note)), stamp).await?;
    did(ctx, &supply);
    super::stops::go_on(ctx, &supply).await
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
