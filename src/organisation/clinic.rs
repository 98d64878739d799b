//! Clinics: each has its own address and time zone.

use crate::{
    core::{ClinicId, Result, time::Zone},
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
}

/// The clinics that are open for work, by name.
///
/// # Errors
/// What the database refused.
pub async fn clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    store::clinics(tx).await
}
