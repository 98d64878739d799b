//! The parts of the transfer sheet from other departments: the doses of the last hours, and the lines that are in place.

use chrono::Duration;

use super::store;
use crate::{
    core::{
        AdmissionId, Result,
        time::{Instant, Zone, show_date_time},
    },
    db::Tx,
    tr,
};

/// Hours of doses on the sheet.
const HOURS: i64 = 12;

/// A dose that was given, or was not, or is due and undecided (no outcome).
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SheetDose {
    pub title: String,
    pub dose: String,
    pub outcome: Option<String>,
    pub at: Instant,
}

/// A line or another device in place.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct SheetLine {
    pub kind: String,
    pub site: String,
    pub side: String,
    pub size: String,
    pub inserted_at: Instant,
}

impl SheetDose {
    /// Returns the dose in one line.
    pub fn words(&self, zone: Zone) -> String {
        let outcome = match self.outcome.as_deref() {
            Some("given") => tr!(wards.dose_given),
            Some(_) => tr!(wards.dose_not_given),
            None => tr!(wards.dose_undecided),
        };
        format!("{}: {}, {} · {outcome}", show_date_time(zone.local(self.at)), self.title, self.dose)
    }
}

impl SheetLine {
    /// Returns the line in words.
    pub fn words(&self, zone: Zone) -> String {
        let kind = match self.kind.as_str() {
            "cannula" => tr!(nursing.device_cannula),
            "central_line" => tr!(nursing.device_central_line),
            "picc" => tr!(nursing.device_picc),
            "arterial_line" => tr!(nursing.device_arterial_line),
            "urinary_catheter" => tr!(nursing.device_urinary_catheter),
            "feeding_tube" => tr!(nursing.device_feeding_tube),
            "drain" => tr!(nursing.device_drain),
            "tracheostomy" => tr!(nursing.device_tracheostomy),
            _ => tr!(nursing.device_other),
        };
        let side = match self.side.as_str() {
            "left" => tr!(nursing.side_left),
            "right" => tr!(nursing.side_right),
            _ => "",
        };
        let since = tr!(wards.since, at = show_date_time(zone.local(self.inserted_at)));
        [kind, &self.site, side, &self.size, &since].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// Returns the doses of the last hours in order, with those that are due and undecided.
///
/// # Errors
/// When the database refuses.
pub async fn sheet_doses(tx: &mut Tx, admission: AdmissionId, now: Instant) -> Result<Vec<SheetDose>> {
    let since = now - Duration::hours(HOURS);
    let mut doses = store::recorded_doses(tx, admission, since).await?;
    doses.extend(store::undecided_doses(tx, admission, now).await?);
    doses.sort_by_key(|dose| dose.at);
    Ok(doses)
}

/// Returns the lines and other devices in place.
///
/// # Errors
/// When the database refuses.
pub async fn sheet_lines(tx: &mut Tx, admission: AdmissionId) -> Result<Vec<SheetLine>> {
    store::lines(tx, admission).await
}
