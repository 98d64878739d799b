//! Links a patient's own account to the record: the desk gives the patient a code, and the patient enters it with the birth
//! date. A code works once, within fourteen days.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;
#[cfg(feature = "ssr")]
mod code;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub(in crate::patients) use server::forget;
#[cfg(feature = "ssr")]
pub use server::{Access, access};

#[cfg(feature = "ssr")]
mod server {
    use chrono::{Duration, NaiveDate};

    use super::{code, store};
    use crate::{
        accounts::password::{self, Waiting},
        core::{Error, PatientId, Result, Stamp, UserId, time::Instant},
        db::{Database, Locked, Tx},
        patients, tr,
    };

    /// The time during which a code can be used.
    const LASTS: Duration = Duration::days(14);

    /// The state of the portal access to a record.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub enum Access {
        Nobody,
        /// The desk created a code that can be used until this time.
        Code(Instant),
        /// The patient has access since this time.
        Patient {
            since: Instant,
            /// Whether the account uses a second factor to sign in.
            second_factor: bool,
        },
    }

    /// Returns the state of the portal access to the patient's record.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn access(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Access> {
        Ok(match store::access(tx, patient).await? {
            (Some(since), _, second_factor) => Access::Patient { since, second_factor },
            (None, Some(until), _) if until > now => Access::Code(until),
            _ => Access::Nobody,
        })
    }

    /// Removes the access and an unused code, whether there is one or not.
    pub(in crate::patients) async fn forget(tx: &mut Tx, patient: Locked<PatientId>) -> Result<()> {
        store::take_away(tx, patient).await?;
        Ok(())
    }

    /// Returns a new code and its hash, which is stored. Hashing takes time: the caller should hold no locks meanwhile.
    pub(super) async fn fresh() -> Result<(String, String)> {
        let code = code::fresh()?;
        let hash = password::hash(code.clone()).await?;
        Ok((code, hash))
    }

    /// Creates a code for the record; it replaces an earlier one.
    pub(super) async fn give(tx: &mut Tx, patient: Locked<PatientId>, (code, hash): (&str, String), stamp: Stamp) -> Result<()> {
        let known = patients::find(tx, patient.id()).await?;
        if known.facts.birth.date.is_none() || known.facts.birth.precision != patients::BirthPrecision::Day {
            return Err(Error::conflict(tr!(patients.code_needs_birth)));
        }
        if patients::user_of(tx, patient.id()).await?.is_some() {
            return Err(Error::conflict(tr!(patients.has_sign_in)));
        }
        store::replace(tx, patient, (code::selector(code), hash), (stamp.at, stamp.at + LASTS), stamp.by).await
    }

    /// Returns the record that the code opens and the user who created the code, if the birth date is right. It takes the same time
    /// when there is no such code.
    pub(super) async fn whose(db: &Database, typed: &str, born: NaiveDate, now: Instant) -> Result<Option<(PatientId, UserId)>> {
        let code = code::read(typed);
        let found = match &code {
            Some(code) => store::find(&mut db.read().await?, code::selector(code), now).await?,
            None => None,
        };
        let right = password::verify(code.unwrap_or_default(), found.as_ref().map(|found| found.code_hash.clone()), Waiting::Known).await?;
        Ok(found.filter(|found| right && found.birth_date == Some(born)).map(|found| (found.patient_id, found.created_by)))
    }

    pub(super) use super::store::{clinic_of, note_maker, spend, take_away};
}
