//! More telephone numbers of a patient, beside the one on the record: mobile, home, work, or another person's. One of all is preferred
//! for messages and calls. The desk finds a caller by any of them.

pub mod api;
#[cfg(feature = "ssr")]
mod form;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub(super) use panel::phones_panel;
#[cfg(feature = "ssr")]
pub use {
    form::{NewPhone, PhoneForm},
    panel::{phone_fields, phone_line},
};

use crate::tr;

crate::text_enum! {
    /// The kind of a telephone number.
    pub enum PhoneKind("kind") {
        Mobile = "mobile" => tr!(patients.phone_mobile),
        Home = "home" => tr!(patients.phone_home),
        Work = "work" => tr!(patients.phone_work),
        /// A neighbour or a relative who answers for the patient.
        OtherPerson = "other_person" => tr!(patients.phone_other_person),
    }
}

#[cfg(feature = "ssr")]
pub use kept::{MorePhone, add_phone, forget_phones, phones_of, prefer_phone, preferred_phone, remove_phone, tell_of_phones};

#[cfg(feature = "ssr")]
mod kept {
    use super::{NewPhone, PhoneKind, store};
    use crate::{
        core::{Error, PatientId, PatientPhoneId, Result, Stamp, time::Instant},
        db::{Locked, Tx},
        patients::{
            grants::{Told, tell},
            phone_digits,
        },
        server::Ctx,
        tr,
    };

    /// The most numbers beside the one on the record.
    const MOST: usize = 10;

    /// One more number of a patient.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct MorePhone {
        pub id: PatientPhoneId,
        pub kind: PhoneKind,
        pub phone: String,
        /// The name of the other person; empty for an own number.
        pub whose: String,
        pub preferred_at: Option<Instant>,
    }

    /// Returns the further numbers of a patient, the preferred one first, then as they were added.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn phones_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<MorePhone>> {
        let mut all = store::of_patient(tx, patient).await?;
        // After a merge two may be marked: the latest wish counts.
        let latest = all.iter().filter_map(|one| one.preferred_at).max();
        for one in &mut all {
            one.preferred_at = one.preferred_at.filter(|at| Some(*at) == latest);
        }
        all.sort_by_key(|one| one.preferred_at.is_none());
        Ok(all)
    }

    /// Returns the number for messages and calls: the preferred one, or that on the record, which is `main`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn preferred_phone(tx: &mut Tx, patient: PatientId, main: &str) -> Result<String> {
        let all = phones_of(tx, patient).await?;
        let preferred = all.into_iter().find(|one| one.preferred_at.is_some()).map(|one| one.phone);
        Ok(preferred.unwrap_or_else(|| main.to_owned()))
    }

    /// Adds a number; `None` when the patient has it already.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there are too many.
    pub async fn add_phone(tx: &mut Tx, patient: Locked<PatientId>, new: &NewPhone, stamp: Stamp) -> Result<Option<PatientPhoneId>> {
        let known = store::of_patient(tx, patient.id()).await?;
        if known.iter().any(|one| phone_digits(&one.phone) == phone_digits(&new.phone)) {
            return Ok(None);
        }
        if known.len() >= MOST {
            return Err(Error::conflict(tr!(patients.phones_enough, most = MOST)));
        }
        let id = store::insert(tx, patient, new, stamp).await?;
        if new.preferred {
            store::prefer(tx, patient, Some(id), stamp.at).await?;
        }
        Ok(Some(id))
    }

    /// Removes a number; `false` when the patient has no such number.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_phone(tx: &mut Tx, patient: Locked<PatientId>, id: PatientPhoneId) -> Result<bool> {
        store::remove(tx, patient, id).await
    }

    /// Prefers one of the numbers for messages and calls; `None` is the number on the record.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not the patient's.
    pub async fn prefer_phone(tx: &mut Tx, patient: Locked<PatientId>, id: Option<PatientPhoneId>, stamp: Stamp) -> Result<()> {
        if let Some(id) = id
            && store::of_patient(tx, patient.id()).await?.iter().all(|one| one.id != id)
        {
            return Err(Error::NotFound);
        }
        store::prefer(tx, patient, id, stamp.at).await
    }

    /// Tells the known addresses that the patient changed how to be reached.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell_of_phones(ctx: &mut Ctx, patient: PatientId) -> Result<()> {
        tell(ctx, patient, &Told::ByPatient).await
    }

    /// Removes all further numbers, when a record is erased.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_phones(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
        for one in store::of_patient(tx, patient.id()).await? {
            store::remove(tx, patient, one.id).await?;
        }
        Ok(())
    }
}
