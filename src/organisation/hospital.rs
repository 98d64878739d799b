//! The hospital's one row of settings and its gapless number series.

use std::collections::HashMap;

use uuid::Uuid;

use crate::{
    core::{
        ClinicId, Currency, Permission, Result,
        locale::{self, Locale},
        time::Instant,
    },
    db::{Database, Tx},
    server::{Principal, Request},
};

use super::{
    Clinic,
    pictures::{PictureShown, Whose, picture},
    store,
};

/// The name of a new hospital, before an administrator changes it.
pub(super) const NEW_NAME: &str = "Infirmary";

/// Whether the user manages the hospital's master data: an administrator of all clinics, because the data concern several
/// clinics.
pub fn manages_hospital(who: &Principal) -> bool {
    who.roles.iter().any(|(role, clinic)| role.may(Permission::ManageHospital) && clinic.is_none())
}

/// The hospital's name, address, and settings such as currency and language.
#[derive(Clone, Debug)]
pub struct Hospital {
    pub name: String,
    pub address: String,
    pub phone: String,
    pub email: String,
    pub licence_number: String,
    pub currency: Currency,
    /// The language of pages and e-mails for readers who have not chosen one.
    pub default_language: Locale,
    /// The age in years from which a child's guardian has no more access.
    pub age_of_majority: u32,
    /// Whether it is a demo, whose passwords are public.
    pub demo: bool,
    /// The logo on pages and papers.
    pub logo: Option<PictureShown>,
    /// The Spanish names of services, specialties, visit types and items of the price list, by their names.
    pub(super) spanish_names: HashMap<String, String>,
}

/// Returns the name of a service, a specialty, a visit type or an item of the price list in the reader's language; the name itself where there is no other.
pub fn shown_name(name: &str) -> String {
    Request::current().map_or_else(|| name.to_owned(), |request| request.state.hospital().name_in(locale::current(), name))
}

impl Hospital {
    /// Returns the name of a service, a specialty, a visit type or an item of the price list in a language; the name itself where there is no other.
    pub fn name_in(&self, language: Locale, name: &str) -> String {
        let other = match language {
            Locale::es => self.spanish_names.get(name),
            Locale::en => None,
        };
        other.map_or(name, String::as_str).to_owned()
    }

    /// Returns the lines under the name on printed pages: address and telephone of a clinic, or of the hospital.
    pub fn letterhead(&self, clinic: Option<&Clinic>) -> Vec<String> {
        let place = clinic.map_or_else(|| self.address.clone(), Clinic::place);
        let phone = clinic.map(|clinic| clinic.phone.clone()).filter(|phone| !phone.is_empty()).unwrap_or_else(|| self.phone.clone());
        [place, phone].into_iter().filter(|line| !line.is_empty()).collect()
    }
}

/// Returns the hospital.
///
/// # Errors
/// When the database refuses.
pub async fn hospital(tx: &mut Tx) -> Result<Hospital> {
    let hospital = store::hospital(tx).await?;
    Ok(Hospital { logo: picture(tx, Whose::Hospital).await?, spanish_names: store::spanish_names(tx).await?, ..hospital })
}

/// Gives services, specialties, visit types and items of the price list of this name a Spanish one, in a transaction of the program's own: the demo.
///
/// # Errors
/// When the database refuses.
pub async fn stock_spanish_name(tx: &mut Tx, name: &str, spanish: &str) -> Result<()> {
    store::set_spanish_name(tx, name, spanish).await
}

/// Whether the database holds a demo hospital.
///
/// # Errors
/// When the database refuses.
pub async fn is_demo(db: &Database) -> Result<bool> {
    let mut tx = db.read().await?;
    Ok(store::hospital(&mut tx).await?.demo)
}

/// Creates a hospital and one clinic with neutral names in a new database, so that an administrator can sign in and
/// continue.
///
/// # Errors
/// When the database refuses.
pub async fn ensure_hospital(db: &Database, now: Instant) -> Result<()> {
    let mut tx = db.write().await?;
    // Two nodes may start on one new database at the same time.
    tx.take_turn("hospital", "first").await?;
    if !store::has_hospital(&mut tx).await? {
        store::insert_hospital(&mut tx, NEW_NAME, Currency::USD, now).await?;
        store::insert_clinic(&mut tx, ClinicId::new(), "MAIN", "Main clinic", "UTC").await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Returns the next number of a gapless series ("invoice", "receipt"). It is taken in the transaction that uses it, so
/// that a number is never lost or given twice.
///
/// # Errors
/// When the database refuses.
pub async fn next_number(tx: &mut Tx, series: &str) -> Result<i64> {
    store::next_number(tx, series).await
}

/// The next number of a series for a document: an invoice, a payment. The database keeps which document has it, and refuses a gap. Take it
/// last in a transaction: whoever takes the next one waits for its end.
///
/// # Errors
/// When the database refuses.
pub async fn number_document(tx: &mut Tx, series: &str, document: Uuid) -> Result<i64> {
    let number = store::next_number(tx, series).await?;
    store::insert_document_number(tx, series, number, document).await?;
    Ok(number)
}
