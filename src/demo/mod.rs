//! The demo hospital: invented people, a working day around the present time, and sign-ins that exist only here.
//!
//! The records are FHIR data inside the program (`assets/demo`), read by the same importer as other FHIR data. This module adds the data
//! that FHIR does not contain: the clinic with its services, rooms, prices and schedules, today's appointments with visits, queue, notes
//! and payments, and bookings for the next days. On its first two days doctors see patients around the clock, so that the clinic is open at
//! whatever hour the demo is started. A second clinic lies in a time zone where it is late morning then. The same seed generates the same hospital.

mod analysers;
mod away;
mod bulk;
mod child;
mod command;
mod day;
mod department;
mod dice;
mod duplicates;
mod elsewhere;
mod hospital;
mod imaging;
mod lab;
mod large;
mod medicines;
mod messages;
mod money;
mod nursing;
mod people;
mod pharmacy;
mod portal;
mod progress;
mod purchasing;
mod rounds;
mod sale;
mod second;
mod store;
mod stories;
mod tills;
mod visit;
mod wards;

use std::collections::HashMap;

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;

pub use command::{Demo, demo};
pub use department::DEPARTMENT;
pub use people::{PASSWORD, SignIn};

use crate::{
    accounts::password,
    core::{
        Stamp,
        time::{Instant, Zone},
    },
    db::{Database, DbError},
    imports::fhir::{self, ImportError, Source},
};

/// The invented hospital is in Massachusetts.
pub const TIME_ZONE: Tz = Tz::America__New_York;

/// The selection of FHIR data in the program; the hospital's own data come before the patients'.
static RECORDS: &[(&str, &[u8])] = &[
    ("Location.ndjson.gz", include_bytes!("../../assets/demo/Location.ndjson.gz")),
    ("Organization.ndjson.gz", include_bytes!("../../assets/demo/Organization.ndjson.gz")),
    ("Practitioner.ndjson.gz", include_bytes!("../../assets/demo/Practitioner.ndjson.gz")),
    ("PractitionerRole.ndjson.gz", include_bytes!("../../assets/demo/PractitionerRole.ndjson.gz")),
    ("AllergyIntolerance.ndjson.gz", include_bytes!("../../assets/demo/AllergyIntolerance.ndjson.gz")),
    ("Condition.ndjson.gz", include_bytes!("../../assets/demo/Condition.ndjson.gz")),
    ("Coverage.ndjson.gz", include_bytes!("../../assets/demo/Coverage.ndjson.gz")),
    ("Encounter.ndjson.gz", include_bytes!("../../assets/demo/Encounter.ndjson.gz")),
    ("MedicationRequest.ndjson.gz", include_bytes!("../../assets/demo/MedicationRequest.ndjson.gz")),
    ("Observation.ndjson.gz", include_bytes!("../../assets/demo/Observation.ndjson.gz")),
    ("Patient.ndjson.gz", include_bytes!("../../assets/demo/Patient.ndjson.gz")),
];

/// The number of these files that contain only the hospital's own data.
const HOSPITAL_ALONE: usize = 4;

/// The options of the demo.
#[derive(Clone, Copy, Debug)]
pub struct DemoOptions {
    /// Invented patients besides the 400 of the records.
    pub patients: Option<u64>,
    /// Appointments besides those of the day.
    pub appointments: Option<u64>,
    /// The seed: the same seed generates the same people and times.
    pub seed: u64,
    /// The hospital on its first morning: clinic, doctors and reception exist, and no patient has come or booked yet.
    pub first_day: bool,
    /// The hospital's time zone.
    pub time_zone: Tz,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self { patients: None, appointments: None, seed: 0, first_day: false, time_zone: TIME_ZONE }
    }
}

/// The reason why no demo was created.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The database is in use. A demo needs a new database, because its sign-ins are public.
    #[error("this database is in use: a demo is made in a new one only, because everybody knows its passwords")]
    InUse,
    /// The shipped records could not be read.
    #[error("the demo's records: {0}")]
    Records(String),
    #[error(transparent)]
    Import(#[from] ImportError),
    #[error("the database failed: {0}")]
    Database(#[from] DbError),
    #[error("{0}")]
    Other(#[from] crate::core::Error),
}

/// Returns all sign-ins of a demo.
pub fn sign_ins() -> &'static [SignIn] {
    &people::SIGN_INS
}

/// Fills a new database. `progress` receives a sentence at each step.
///
/// # Errors
/// When the database is in use already, or fails.
pub async fn fill(db: &Database, options: &DemoOptions, now: Instant, progress: &mut (dyn FnMut(&str) + Send)) -> Result<(), DemoError> {
    if store::in_use(db).await? {
        return Err(DemoError::InUse);
    }
    if options.first_day {
        progress("Reading who works here");
        read(db, &RECORDS[..HOSPITAL_ALONE], options.time_zone, now).await?;
    } else {
        progress("Reading the records of 400 patients");
        read_records(db, options.time_zone, now).await?;
    }
    progress("Opening the clinic and telling the day");
    tell_day(db, options, now, progress).await
}

/// Imports the records in the program.
pub async fn read_records(db: &Database, time_zone: Tz, now: Instant) -> Result<(), DemoError> {
    read(db, RECORDS, time_zone, now).await
}

async fn read(db: &Database, records: &'static [(&'static str, &'static [u8])], time_zone: Tz, now: Instant) -> Result<(), DemoError> {
    let import = fhir::Options { keep_originals: false, time_zone: time_zone.name().to_owned(), dry_run: false, wards: false };
    let report = fhir::import(db, &Source::Embedded(records), &import, now, &mut |_| {}).await?;
    let refused = report.problems.iter().find(|problem| problem.done == fhir::Done::Refused);
    refused.map_or(Ok(()), |problem| Err(DemoError::Records(problem.to_string())))
}

/// Adds the data that the records do not contain.
pub async fn tell_day(
    db: &Database,
    options: &DemoOptions,
    now: Instant,
    progress: &mut (dyn FnMut(&str) + Send),
) -> Result<(), DemoError> {
    let hash = password::hash(PASSWORD.to_owned()).await?;
    let zone = Zone::named(options.time_zone.name());
    let day = zone.day(now);
    let (id, _) = crate::imports::clinic(db, options.time_zone.name(), now).await?;
    let mut tx = db.write().await?;
    let clinic = hospital::set_up(&mut tx, id, options.time_zone, day, now).await?;
    second::set_up(&mut tx, second::zone(options.time_zone, now), hospital::first_of_year(day), now).await?;
    hospital::name_in_spanish(&mut tx).await?;
    crate::lab::stock(&mut tx, day, Stamp::system(now)).await?;
    crate::imaging::stock(&mut tx, Stamp::system(now)).await?;
    crate::imaging::stock_sets(&mut tx, Stamp::system(now)).await?;
    away::make(&mut tx, &clinic, (day, zone), now).await?;
    crate::formulary::load_defaults(&mut tx, Stamp::system(now)).await?;
    let adults = store::adults(&mut tx, years_before(day, 18), day).await?;
    if let Some(people) = people::make(&mut tx, &clinic, &adults, &hash, now).await? {
        let drugs: HashMap<_, _> = store::drugs(&mut tx).await?.into_iter().collect();
        let (mother, today) = (adults.iter().find(|row| row.id == people.patient), day);
        let day = day::Day { clinic: &clinic, people: &people, adults: &adults, drugs: &drugs, zone, now, seed: options.seed };
        day.tell().write(&mut tx).await?;
        tills::open(&mut tx, clinic.id, clinic.cashier, now).await?;
        elsewhere::make(&mut tx, &clinic, now).await?;
        wards::make(&mut tx, &clinic, zone, Stamp { by: people.nurse, at: now }, options.patients.is_some()).await?;
        nursing::make(&mut tx, &clinic, &people, zone, now).await?;
        medicines::make(&mut tx, &clinic, zone, now, people.nurse, options.patients.is_some()).await?;
        money::make(&mut tx, &clinic, &people, &adults, today, now).await?;
        lab::make(&mut tx, &clinic, &people, zone, now).await?;
        messages::make(&mut tx, clinic.id, &people, today, now).await?;
        portal::make(&mut tx, clinic.id, &people, now).await?;
        duplicates::make(&mut tx, clinic.id, &people, now).await?;
        imaging::make(&mut tx, &clinic, &people, zone, now).await?;
        analysers::make(&mut tx, &clinic, zone, now).await?;
        pharmacy::make(&mut tx, &clinic, zone, now).await?;
        purchasing::make(&mut tx, &clinic, zone, now).await?;
        rounds::make(&mut tx, &clinic, zone, now, people.nurse).await?;
        crate::billing::ledger::post_missing(&mut tx).await?;
        if let Some(mother) = mother {
            child::make(&mut tx, clinic.id, mother, (today, zone), now).await?;
        }
    }
    tx.commit().await?;
    // The program signs these notes as imported and does not forge signatures in the doctors' names: none of their keys
    // signed them.
    crate::clinical::sign_imported(db, now).await?;
    large::add(db, &clinic, options, zone, now, progress).await
}

fn years_before(day: NaiveDate, years: i32) -> NaiveDate {
    day.with_year(day.year() - years).unwrap_or(day)
}
