//! Forgets how a patient can be reached: what goes when a record is erased as far as the law allows.

use super::{Facts, Particulars, access, changes, duplicate::take_turns, find, phones, photo, store};
use crate::{
    core::{PatientId, Result, Stamp},
    db::{Locked, Tx},
};

/// Removes portal access, its code, the photo, the contact persons, and phones, e-mail and address. Name, birth date, sex, national id and clinical
/// facts stay: they identify the medical record, which is kept.
///
/// # Errors
/// When the database refuses.
pub async fn forget_reach(tx: &mut Tx, patient: Locked<PatientId>, stamp: Stamp) -> Result<()> {
    access::forget(tx, patient).await?;
    changes::forget_reach(tx, patient).await?;
    photo::forget(tx, patient).await?;
    phones::forget_phones(tx, patient).await?;
    for contact in store::contacts(tx, patient.id()).await? {
        store::remove_contact(tx, patient, contact.id).await?;
    }
    let known = find(tx, patient.id()).await?;
    let more = known.facts.more.clone();
    let none = String::new;
    let more = Particulars {
        phone: none(),
        email: none(),
        address: none(),
        city: none(),
        region: none(),
        postal_code: none(),
        country: none(),
        ..more
    };
    let facts = Facts { more, ..known.facts.clone() };
    if facts != known.facts {
        let turn = take_turns(tx, &facts).await?;
        store::update(tx, patient, &turn, known.version, stamp).await?;
    }
    Ok(())
}
