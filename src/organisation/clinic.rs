//! Clinics: each has its own address and time zone.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use crate::{
    core::{
        ClinicId, Result,
        time::{Instant, Zone},
    },
    db::Tx,
};

use super::store;

/// A clinic.
#[derive(Clone, Debug)]
pub struct Clinic {
    pub id: ClinicId,
    pub code: String,
    pub name: String,
    pub zone: Zone,
    /// The IANA name of the zone.
    pub zone_name: String,
    /// Street and town in one line.
    pub address: String,
    pub phone: String,
    /// How to find it.
    pub directions: String,
    /// Latitude and longitude in millionths of a degree.
    pub microdegrees: Option<(i64, i64)>,
}

impl Clinic {
    /// Returns latitude and longitude in degrees with a comma between them; empty when they are not known.
    pub fn position(&self) -> String {
        let degrees = |micro: i64| {
            let sign = if micro < 0 { "-" } else { "" };
            format!("{sign}{}.{:06}", micro.abs() / 1_000_000, micro.abs() % 1_000_000)
        };
        self.microdegrees.map(|(latitude, longitude)| format!("{},{}", degrees(latitude), degrees(longitude))).unwrap_or_default()
    }

    /// Returns the clinic's name and address in one line.
    pub fn place(&self) -> String {
        [self.name.as_str(), self.address.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the country of the hospital's clinics (ISO 3166, two capital letters); empty when none is recorded, when clinics differ, and
/// when the recorded text is not such a code.
///
/// # Errors
/// When the database refuses.
pub async fn country(tx: &mut Tx) -> Result<String> {
    let countries = store::countries(tx).await?;
    let [country] = &countries[..] else { return Ok(String::new()) };
    let is_code = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_alphabetic());
    Ok(if is_code { country.to_ascii_uppercase() } else { String::new() })
}

/// Returns one clinic, even a retired one: past entries keep their clinic's address and time zone.
///
/// # Errors
/// [`crate::core::Error::NotFound`] when there is none.
pub async fn clinic(tx: &mut Tx, id: ClinicId) -> Result<Clinic> {
    store::clinic(tx, id).await
}

/// Returns all clinics by name, including retired ones: for lists of past entries.
///
/// # Errors
/// When the database refuses.
pub async fn all_clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    store::all_clinics(tx).await
}

/// Returns the date of a moment at one of these clinics, in its time zone.
pub fn day_at(clinics: &[Clinic], clinic: ClinicId, at: Instant) -> NaiveDate {
    clinics.iter().find(|known| known.id == clinic).map_or_else(|| at.date_naive(), |known| known.zone.day(at))
}

/// Clinics whose calendars show the same day now.
pub(super) struct Calendar {
    pub today: NaiveDate,
    pub clinics: Vec<ClinicId>,
}

/// Returns all clinics by the day that it is there: at each moment there are two days or three in the world's time zones.
pub(super) async fn calendars(tx: &mut Tx, now: Instant) -> Result<Vec<Calendar>> {
    let mut days: BTreeMap<NaiveDate, Vec<ClinicId>> = BTreeMap::new();
    for clinic in all_clinics(tx).await? {
        days.entry(clinic.zone.day(now)).or_default().push(clinic.id);
    }
    Ok(days.into_iter().map(|(today, clinics)| Calendar { today, clinics }).collect())
}

/// Returns the clinics that are open for work, by name.
///
/// # Errors
/// When the database refuses.
pub async fn clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    store::clinics(tx).await
}
