//! Generates a large hospital for measuring: invented patients by the million, and appointments over many days.

use std::collections::HashSet;

use chrono::{Duration, NaiveDate, NaiveTime};
use uuid::Uuid;

use super::dice::Dice;
use super::hospital::{Clinic, SLOT_MINUTES};
use super::store::{self, Rows, Table};
use super::{DemoError, DemoOptions};
use crate::core::{
    AppointmentId, BillingAccountId, IdempotencyKey, PatientId, UserId,
    time::{Instant, Zone},
};
use crate::db::Database;
use crate::keys::{PATIENTS, PHONE_INDEX};
use crate::patients::{mrn::Mrn, name_key};
use crate::row;

/// The number of patients in a transaction.
const TOGETHER: u64 = 10_000;

const STREETS: [&str; 12] = [
    "Oak Street",
    "Maple Avenue",
    "Harbor Road",
    "Mill Lane",
    "School Street",
    "Spring Street",
    "Franklin Street",
    "Beacon Street",
    "Center Street",
    "River Road",
    "Hill Street",
    "Canal Street",
];
const TOWNS: [(&str, &str); 8] = [
    ("Boston", "02110"),
    ("Worcester", "01608"),
    ("Lowell", "01852"),
    ("Cambridge", "02139"),
    ("Springfield", "01103"),
    ("Quincy", "02169"),
    ("Lynn", "01901"),
    ("Somerville", "02143"),
];

/// Adds the patients and appointments of the options.
pub async fn add(
    db: &Database,
    clinic: &Clinic,
    options: &DemoOptions,
    zone: Zone,
    now: Instant,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<(), DemoError> {
    let mut dice = Dice::new(options.seed ^ 0x5eed);
    let mut patients = Vec::new();
    if let Some(count) = options.patients.filter(|count| *count > 0) {
        patients = add_patients(db, clinic, &mut dice, count, now, progress).await?;
    }
    if let Some(count) = options.patients.filter(|_| !patients.is_empty()) {
        super::bulk::add(db, clinic, (patients.as_slice(), count), zone, now, progress).await?;
    }
    if let Some(count) = options.appointments.filter(|count| *count > 0) {
        add_appointments(db, clinic, &mut dice, &patients, count, zone, now, progress).await?;
    }
    Ok(())
}

/// Adds patients. Returns the ids of a few of them for the appointments, because all would need too much memory.
async fn add_patients(
    db: &Database,
    clinic: &Clinic,
    dice: &mut Dice,
    count: u64,
    now: Instant,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<Vec<PatientId>, DemoError> {
    let parts = store::name_parts(&mut db.read().await?).await?;
    let given: Vec<(&str, &str)> = parts.iter().map(|(given, _, sex)| (given.as_str(), sex.as_str())).collect();
    let family: Vec<&str> = parts.iter().map(|(_, family, _)| family.as_str()).collect();
    let mut kept = Vec::new();
    let keep_every = (count / 50_000).max(1);
    let mut made = 0;
    while made < count {
        let some = TOGETHER.min(count - made);
        let mut tx = db.write().await?;
        let first = crate::imports::take_numbers(&mut tx, usize::try_from(some).unwrap_or(0)).await?;
        let mut rows = Rows::default();
        for number in 0..some {
            let patient = PatientId(Uuid::now_v7());
            if (made + number) % keep_every == 0 {
                kept.push(patient);
            }
            rows.add(Table::Care, row![patient, clinic.id, now, "registered"]);
            one_patient(&mut rows, dice, patient, &Mrn::from_number(first + number), &given, &family, now);
        }
        rows.write(&mut tx).await?;
        tx.commit().await?;
        made += some;
        if made % (10 * TOGETHER) == 0 || made == count {
            progress(&format!("{made} of {count} patients"));
        }
    }
    Ok(kept)
}

fn one_patient(rows: &mut Rows, dice: &mut Dice, patient: PatientId, mrn: &Mrn, given: &[(&str, &str)], family: &[&str], now: Instant) {
    let (first, sex) = given.get(dice.below(given.len())).copied().unwrap_or(("Alex", "unknown"));
    let mut last = family.get(dice.below(family.len())).copied().unwrap_or("Doe").to_owned();
    // Four in ten have two surnames, which gives more names than the records have.
    if dice.chance(40)
        && let Some(second) = family.get(dice.below(family.len()))
    {
        last = format!("{last} {second}");
    }
    let born = NaiveDate::from_ymd_opt(1930, 1, 1).and_then(|day| day.checked_add_signed(Duration::days(dice.between(0, 34_000))));
    let (town, postal_code) = TOWNS[dice.below(TOWNS.len())];
    let street = STREETS[dice.below(STREETS.len())];
    let phone = format!("(617) {:03}-{:04}", dice.between(200, 999), dice.between(0, 9_999));
    let address = format!("{} {street}", dice.between(1, 400));
    for term in name_key::search_terms(first, &last, "") {
        rows.add(Table::SearchTerms, row![term, patient]);
    }
    rows.add(
        Table::Patients,
        row![
            patient,
            mrn.as_str(),
            first,
            last.clone(),
            born,
            "day",
            sex,
            PATIENTS.seal(patient, patient, ["", &phone, "", &address, town, "MA", postal_code, ""]),
            PHONE_INDEX.of(&phone),
            "US",
            "en-US",
            "not_recorded",
            name_key::name_key(first, &last),
            now,
            UserId::SYSTEM,
            now,
            UserId::SYSTEM
        ],
    );
    rows.add(Table::Accounts, row![BillingAccountId::new(), patient, now, UserId::SYSTEM]);
}

/// Adds appointments from a year ago to a month ahead: every doctor's slot at most once, every patient at most once in
/// a slot.
async fn add_appointments(
    db: &Database,
    clinic: &Clinic,
    dice: &mut Dice,
    invented: &[PatientId],
    count: u64,
    zone: Zone,
    now: Instant,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<(), DemoError> {
    let day = zone.day(now);
    let of_records: Vec<PatientId>;
    let patients = if invented.is_empty() {
        of_records = store::adults(&mut db.read().await?, super::years_before(day, 18), day).await?.into_iter().map(|row| row.id).collect();
        &of_records
    } else {
        invented
    };
    // The appointments that the generated day has already booked, in other weeks too.
    let booked = store::booked(&mut db.read().await?).await?;
    let slots_a_day = 24 * 60 / SLOT_MINUTES;
    let per_day = u64::try_from(slots_a_day).unwrap_or(72) * u64::try_from(clinic.doctors.len()).unwrap_or(1).max(1);
    // Days are counted back from the day before yesterday: nearer days belong to the generated day and its bookings.
    let days = i64::try_from(count.div_ceil((per_day / 2).max(1))).unwrap_or(i64::MAX).min(365 * 40);
    let mut made = 0;
    let mut nth_day = 0;
    let mut rows = Rows::default();
    let mut tx = db.write().await?;
    while made < count && nth_day < days * 2 {
        let date = day - Duration::days(2 + nth_day);
        nth_day += 1;
        let mut busy: HashSet<(PatientId, i64)> = HashSet::new();
        for doctor in &clinic.doctors {
            for slot in 0..slots_a_day {
                if made >= count || !dice.chance(55) {
                    continue;
                }
                let Some(patient) = dice.one_of(patients).copied().filter(|patient| busy.insert((*patient, slot))) else { continue };
                let local = date.and_time(NaiveTime::MIN) + Duration::minutes(slot * SLOT_MINUTES);
                // On the two days of the year with a clock change, only the hours after it are used.
                let Some(start) = zone.instant(local).filter(|_| zone.instant(local + Duration::hours(3)).is_some() && slot >= 12) else {
                    continue;
                };
                let end = start + Duration::minutes(SLOT_MINUTES);
                let taken = |one: &store::Booked| (one.0 == doctor.id || one.1 == patient) && one.2 < end && one.3 > start;
                if booked.iter().any(taken) {
                    continue;
                }
                let state = if dice.chance(90) { "fulfilled" } else { "no_show" };
                let booked = start - Duration::days(dice.between(1, 30));
                rows.add(
                    Table::Appointments,
                    row![
                        AppointmentId::new(),
                        patient,
                        doctor.id,
                        clinic.id,
                        doctor.service,
                        start,
                        end,
                        1_i64,
                        state,
                        "Follow-up",
                        "demo",
                        None::<Instant>,
                        None::<UserId>,
                        "",
                        IdempotencyKey::new(),
                        booked,
                        UserId::SYSTEM,
                        booked,
                        UserId::SYSTEM
                    ],
                );
                made += 1;
                if made % TOGETHER == 0 {
                    rows.write(&mut tx).await?;
                    tx.commit().await?;
                    tx = db.write().await?;
                    progress(&format!("{made} of {count} appointments"));
                }
            }
        }
    }
    rows.write(&mut tx).await?;
    tx.commit().await?;
    progress(&format!("{made} appointments"));
    Ok(())
}
