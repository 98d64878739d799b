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

impl Clinic {
    /// Where it is, for people: its name and address in one line.
    pub fn place(&self) -> String {
        [self.name.as_str(), self.address.as_str()].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }
}

/// The clinics that are open for work, by name.
///
/// # Errors
/// What the database refused.
pub async fn clinics(tx: &mut Tx) -> Result<Vec<Clinic>> {
    store::clinics(tx).await
}
