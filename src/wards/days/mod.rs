//! Days in a bed, by the midnight rule [CMS Benefit Policy Manual, chapter 3, 20.1]: each midnight at which the patient is in a bed charges
//! the day that ends then; the day of leaving or death is not charged; coming and leaving on one day is one day. Midnight is the start of
//! the clinic's next day, also on days of 23 or 25 hours.

mod store;

use std::collections::HashMap;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    billing::{self, Quantity, Service, ToCharge, Wanted},
    core::{
        AdmissionId, BedId, Error, Money, PatientId, PriceItemId, Result, Stamp, UserId,
        time::{Instant, Zone},
    },
    db::{Locked, Tx},
    organisation::BedKind,
    patients::{self, DeathPrecision},
    server::department::ChargeSource,
    tr,
    wards::{
        admission::Admission,
        moves::{self, Absence, AwayKind},
        plan::{self, Bed},
        uses::{self, BedUse},
    },
};

pub use store::{BedDay, Released, lacking, of_admission, released};

/// A day in a bed.
pub static BED_DAY: ChargeSource = ChargeSource { kind: "bed_day", words: || tr!(wards.bed_day) };

crate::text_enum! {
    /// The kind of a day in a bed.
    pub enum DayKind("kind") {
        Stay = "stay",
        /// The patient was on leave at midnight, and the bed was kept.
        Leave = "leave",
        /// A baby's cot.
        Cot = "cot",
    }
}

impl DayKind {
    /// Returns the words in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Stay => tr!(wards.day_stay),
            Self::Leave => tr!(wards.away_leave),
            Self::Cot => tr!(wards.day_cot),
        }
    }
}

/// Returns the days to charge, each with the midnight that ends it; none for a patient who came and left on that day. Days whose midnight
/// is still to come are not among them. Stays that follow each other without a gap count as one; after a discharge that was taken back
/// another one begins.
pub fn days(stays: &[(Instant, Option<Instant>)], zone: Zone, now: Instant) -> Vec<(NaiveDate, Option<Instant>)> {
    let mut found: Vec<(NaiveDate, Option<Instant>)> = Vec::new();
    for whole in stays.chunk_by(|one, next| one.1 == Some(next.0)) {
        let (Some((from, _)), Some((_, to))) = (whole.first(), whole.last()) else { continue };
        for (day, midnight) in days_of_one(*from, *to, zone, now) {
            match found.iter_mut().find(|(known, _)| *known == day) {
                Some((_, known)) => *known = known.or(midnight),
                None => found.push((day, midnight)),
            }
        }
    }
    found
}

/// Returns the days of one stay without a gap.
fn days_of_one(from: Instant, to: Option<Instant>, zone: Zone, now: Instant) -> Vec<(NaiveDate, Option<Instant>)> {
    let mut found = Vec::new();
    let mut day = zone.day(from);
    loop {
        let midnight = zone.day_bounds(day).1;
        if midnight > now || to.is_some_and(|to| to <= midnight) {
            break;
        }
        found.push((day, Some(midnight)));
        let Some(next) = day.succ_opt() else { break };
        day = next;
    }
    if found.is_empty() && to.is_some_and(|to| to <= now) {
        found.push((zone.day(from), None));
    }
    found
}

/// The days of an admission that changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    pub charged: usize,
    /// The patient lay in another bed then.
    pub repriced: Vec<NaiveDate>,
    /// They are not charged any more.
    pub taken_back: Vec<NaiveDate>,
    /// An invoice has them, and they are not due as they stand there: a credit note must release them.
    pub invoiced: Vec<NaiveDate>,
}

impl Settled {
    /// Whether an account changed.
    pub const fn any(&self) -> bool {
        self.charged > 0 || !self.repriced.is_empty() || !self.taken_back.is_empty()
    }
}

/// Brings the charged days of an admission to what they are by its stays until now: missing ones are charged, those in another bed are priced anew,
/// and those after a leaving or a death that was entered late are taken back. A day whose bed is the same keeps its class and price. The admission
/// is locked. For a patient who `leaves` the first day is charged although its midnight is to come, so that it is on the bill.
///
/// # Errors
/// When the database refuses.
pub async fn settle(
    tx: &mut Tx,
    _turn: Locked<AdmissionId>,
    admission: &Admission,
    zone: Zone,
    (now, leaves): (Instant, bool),
    by: UserId,
) -> Result<Settled> {
    let uses = uses::stays_of(tx, admission.id).await?;
    let known = of_admission(tx, admission.id).await?;
    let away = moves::absences(tx, admission.id).await?;
    let died = died_at(tx, admission, zone, now).await?;
    let ends = died.or_else(|| leaves.then_some(now));
    let lived = uses.iter().filter(|one| died.is_none_or(|died| one.began_at < died));
    let stays: Vec<_> = lived.map(|one| (one.began_at, one.ended_at.into_iter().chain(ends).min())).collect();
    let due = days(&stays, zone, now);
    let mut settled = Settled::default();
    let mut beds = HashMap::new();
    for (day, midnight) in &due {
        let (bed, item) = match midnight {
            Some(midnight) => held_at(tx, &mut beds, &uses, *midnight).await?,
            None => dearest(tx, &mut beds, &uses, admission, (*day, zone)).await?,
        };
        let kind = match midnight {
            Some(midnight) if on_leave(&away, *midnight) => DayKind::Leave,
            _ if matches!(bed.kind, BedKind::Cot | BedKind::Incubator) => DayKind::Cot,
            _ => DayKind::Stay,
        };
        let there = known.iter().find(|known| known.day == *day);
        if there.is_some_and(|there| !there.taken_back && there.bed_id == bed.id && there.kind == kind) {
            continue;
        }
        let item = if kind == DayKind::Leave { store::leave_item(tx, bed.class_id).await?.unwrap_or(item) } else { item };
        let id = there.map_or_else(Uuid::now_v7, |there| there.id);
        let (charge, stamp) = (ToCharge::done(&BED_DAY, id, None, service(admission, *day, item)), Stamp { by, at: now });
        match there {
            Some(there) => match billing::recharge(tx, &charge, stamp).await {
                Ok(_) => {
                    store::place(tx, id, (&bed, kind, item)).await?;
                    if there.taken_back {
                        settled.charged += 1;
                    } else {
                        settled.repriced.push(*day);
                    }
                }
                Err(Error::Conflict(_)) => settled.invoiced.push(*day),
                Err(error) => return Err(error),
            },
            None => {
                store::insert(tx, id, (admission.id, *day), (&bed, kind, item), now).await.map_err(uses::refused)?;
                billing::charge(tx, &charge, stamp).await?;
                settled.charged += 1;
            }
        }
    }
    for known in known.iter().filter(|known| !known.taken_back && !due.iter().any(|(day, _)| *day == known.day)) {
        match billing::uncharge(tx, (&BED_DAY, known.id), admission.patient_id, true, now).await {
            Ok(_) => settled.taken_back.push(known.day),
            Err(Error::Conflict(_)) => settled.invoiced.push(known.day),
            Err(error) => return Err(error),
        }
        // An invoiced day counts no more either: its charge is taken back when a credit note releases it.
        store::take_back(tx, known.id, now).await?;
    }
    Ok(settled)
}

/// Returns the time until which the patient lived: as the ward recorded it, or else as the patient's record has it. A death whose day alone is
/// known ends after that day; one that is known to the month or the year ends no day.
async fn died_at(tx: &mut Tx, admission: &Admission, zone: Zone, now: Instant) -> Result<Option<Instant>> {
    if let Some(died) = store::died_at(tx, admission.id).await? {
        return Ok(Some(died));
    }
    let Some(death) = patients::death(tx, admission.patient_id).await? else { return Ok(None) };
    let died = match death.precision {
        DeathPrecision::Day | DeathPrecision::Unknown => death.at.or_else(|| Some(zone.day_bounds(death.day).1.min(now))),
        DeathPrecision::Month | DeathPrecision::Year => None,
    };
    // A death before the admission is a wrong entry: the ward is told, and corrects it.
    Ok(died.filter(|died| admission.admitted_at.is_some_and(|admitted| admitted <= *died)))
}

/// Takes the charge of a day back that was invoiced, was taken back, and that a credit note released since. The admission is locked.
///
/// # Errors
/// When the database refuses.
pub async fn take_back_released(tx: &mut Tx, _turn: Locked<AdmissionId>, one: &Released, now: Instant) -> Result<bool> {
    match billing::uncharge(tx, (&BED_DAY, one.id), one.patient_id, true, now).await {
        Ok(taken) => Ok(taken.is_some()),
        Err(Error::Conflict(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

const fn service(admission: &Admission, day: NaiveDate, item: PriceItemId) -> Service {
    let patient: PatientId = admission.patient_id;
    Service {
        wanted: Wanted::Item(item),
        patient,
        clinic: admission.clinic_id,
        department: None,
        provider: None,
        day,
        quantity: Quantity::ONE,
    }
}

/// Whether the patient was on leave, or in another hospital, at that time.
fn on_leave(away: &[Absence], at: Instant) -> bool {
    away.iter().any(|one| {
        matches!(one.kind, AwayKind::Leave | AwayKind::OtherHospital) && one.left_at <= at && one.back_at.is_none_or(|back| back > at)
    })
}

/// The beds that were read, each with the price item of its class.
type Beds = HashMap<BedId, (Bed, PriceItemId)>;

async fn read_bed(tx: &mut Tx, beds: &mut Beds, id: BedId) -> Result<(Bed, PriceItemId)> {
    if let Some(known) = beds.get(&id) {
        return Ok(known.clone());
    }
    let bed = plan::bed(tx, id).await?;
    let item = store::item(tx, bed.class_id).await?;
    beds.insert(id, (bed.clone(), item));
    Ok((bed, item))
}

/// Returns the bed in which the patient was at that time.
async fn held_at(tx: &mut Tx, beds: &mut Beds, uses: &[BedUse], at: Instant) -> Result<(Bed, PriceItemId)> {
    let held = uses.iter().find(|one| one.began_at <= at && one.ended_at.is_none_or(|end| end > at));
    read_bed(tx, beds, held.ok_or(Error::NotFound)?.bed_id).await
}

/// Returns the dearest of the beds of a day that began and ended without a midnight.
async fn dearest(
    tx: &mut Tx,
    beds: &mut Beds,
    uses: &[BedUse],
    admission: &Admission,
    (day, zone): (NaiveDate, Zone),
) -> Result<(Bed, PriceItemId)> {
    let mut best: Option<(Money, Bed, PriceItemId)> = None;
    for one in uses.iter().filter(|one| zone.day(one.began_at) == day) {
        let (bed, item) = read_bed(tx, beds, one.bed_id).await?;
        let gross = billing::quote(tx, &service(admission, day, item)).await?.gross;
        if best.as_ref().is_none_or(|(known, ..)| gross > *known) {
            best = Some((gross, bed, item));
        }
    }
    best.map(|(_, bed, item)| (bed, item)).ok_or(Error::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().expect("an instant")
    }

    #[test]
    fn midnights_are_counted_in_four_zones_and_over_clock_changes() {
        let late = at("2027-01-01T00:00:00Z");
        for (zone, from, to, count) in [
            // Monday 10:00 to Thursday 09:00.
            ("America/New_York", "2026-11-23T15:00:00Z", "2026-11-26T14:00:00Z", 3),
            // 23:50 to 00:10.
            ("America/New_York", "2026-11-24T04:50:00Z", "2026-11-24T05:10:00Z", 1),
            // In and out on one day.
            ("America/New_York", "2026-11-23T15:00:00Z", "2026-11-23T20:00:00Z", 1),
            // Leaving at midnight to the second: the day of coming.
            ("America/New_York", "2026-11-23T15:00:00Z", "2026-11-24T05:00:00Z", 1),
            // The days of 23 and of 25 hours.
            ("Europe/Madrid", "2026-03-28T12:00:00Z", "2026-03-30T10:00:00Z", 2),
            ("Europe/Madrid", "2026-10-24T12:00:00Z", "2026-10-26T10:00:00Z", 2),
            ("Australia/Lord_Howe", "2026-04-03T20:00:00Z", "2026-04-05T20:00:00Z", 2),
            ("Asia/Kolkata", "2026-06-01T18:29:00Z", "2026-06-01T18:31:00Z", 1),
        ] {
            let zone_of = Zone::named(zone);
            let (from, to) = (at(from), at(to));
            let found = days(&[(from, Some(to))], zone_of, late);
            assert_eq!(found.len(), count, "{zone} {from} {to}");
            let nights = (zone_of.day(to) - zone_of.day(from)).num_days().max(1);
            let naive = usize::try_from(nights).expect("some");
            // Leaving at midnight to the second is the only difference.
            assert!(naive == count || zone_of.day_bounds(zone_of.day(from)).1 == to, "{zone} {from} {to}");
        }
    }

    #[test]
    fn a_stay_that_goes_on_is_charged_up_to_the_last_midnight() {
        let zone = Zone::named("America/New_York");
        let from = at("2026-11-21T15:30:00Z");
        let count = |now: &str| days(&[(from, None)], zone, at(now)).len();
        assert_eq!((count("2026-11-22T04:59:59Z"), count("2026-11-22T05:00:00Z"), count("2026-11-24T12:00:00Z")), (0, 1, 3));
    }

    #[test]
    fn a_night_between_two_stays_is_not_charged() {
        let zone = Zone::named("Europe/Madrid");
        let stays = [
            (at("2026-11-21T10:00:00Z"), Some(at("2026-11-22T10:00:00Z"))),
            (at("2026-11-23T08:00:00Z"), Some(at("2026-11-24T08:00:00Z"))),
        ];
        let found: Vec<_> = days(&stays, zone, at("2026-12-01T00:00:00Z")).into_iter().map(|(day, _)| day.to_string()).collect();
        assert_eq!(found, ["2026-11-21", "2026-11-23"]);
    }
}
