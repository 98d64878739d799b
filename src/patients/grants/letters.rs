//! Notifies a patient that a person got or lost access to the record: by e-mail where an address is recorded or confirmed, and in the portal of the
//! people who already have access. Neither message has clinical content. An address that the desk replaced lately gets the letter too:
//! the user who gives the access may have put an address of her own in. A person who has no address at all is called by the desk.

use chrono::{Duration, NaiveDate};

use super::store;
use crate::{
    core::{
        ClinicId, PatientId, Result,
        locale::{LOCALE, Locale},
        time::{Instant, show_date},
    },
    db::Tx,
    notifications::Notice,
    patients::{self, changes},
    server::{
        AppState, Ctx, Event,
        mail::{self, Mail},
    },
    tr,
};

/// The page of the portal where the patient sees the people with access.
const PAGE: &str = "/portal/account";

/// The days for which an address that was replaced still gets the letters.
const REPLACED_DAYS: i64 = 30;

/// A change in who may read the record.
#[derive(Clone, Debug)]
pub enum Told {
    /// The desk created a code for the portal.
    Code,
    /// The code was used.
    Linked,
    /// A person acts for the patient, or asks to, until this day.
    Guardian { name: String, until: NaiveDate, asked: bool },
    /// The desk ended a person's right to act for the patient.
    GuardianEnded { name: String },
    /// The desk removed the access.
    Taken,
    /// Two records became one: the accounts of either read both.
    Joined,
    /// Two records that were one are two again.
    Separated,
    /// The desk changed the e-mail address of the record.
    Address,
    /// Contact data were changed in the portal.
    ByPatient,
    /// A person gave up to act for the patient.
    GivenUp { name: String },
}

impl Told {
    fn notice(&self) -> Notice {
        match self {
            Self::Code => Notice::PortalCode {},
            Self::Linked => Notice::RecordLinked {},
            Self::Guardian { name, asked: true, .. } => Notice::GuardianAsks { name: name.clone() },
            Self::Guardian { name, .. } => Notice::GuardianAdded { name: name.clone() },
            Self::GuardianEnded { name } => Notice::GuardianEnded { name: name.clone() },
            Self::Taken => Notice::PortalTaken {},
            Self::Joined => Notice::RecordsJoined {},
            Self::Separated => Notice::RecordsSeparated {},
            Self::Address => Notice::EmailChanged {},
            Self::ByPatient => Notice::ContactChanged {},
            Self::GivenUp { name } => Notice::GuardianGaveUp { name: name.clone() },
        }
    }

    /// Returns the sentences of the letter, in the current language.
    fn words(&self, day: String) -> String {
        match self {
            Self::Code => tr!(patients.letter_code, day = day),
            Self::Linked => tr!(patients.letter_linked, day = day),
            Self::Guardian { name, until, asked: true } => {
                tr!(patients.letter_guardian_asks, name = name.clone(), until = show_date(*until))
            }
            Self::Guardian { name, until, .. } => {
                tr!(patients.letter_guardian, day = day, name = name.clone(), until = show_date(*until))
            }
            Self::GuardianEnded { name } => tr!(patients.letter_guardian_ended, day = day, name = name.clone()),
            Self::Taken => tr!(patients.letter_taken, day = day),
            Self::Joined => tr!(patients.letter_joined, day = day),
            Self::Separated => tr!(patients.letter_separated, day = day),
            Self::Address => tr!(patients.letter_address, day = day),
            Self::ByPatient => tr!(patients.letter_by_patient, day = day),
            Self::GivenUp { name } => tr!(patients.letter_given_up, day = day, name = name.clone()),
        }
    }
}

/// Returns the program's language for a patient with this language tag, if the program has it: `es` for `es-MX`.
pub fn reads(language: &str) -> Option<Locale> {
    language.split('-').next().unwrap_or_default().parse().ok()
}

/// Notifies the patient of the change, in the current transaction.
///
/// # Errors
/// When the database refuses.
pub async fn tell(ctx: &mut Ctx, patient: PatientId, told: &Told) -> Result<()> {
    patients::ring(ctx, patient, &told.notice(), PAGE).await?;
    let (state, at) = (ctx.state().clone(), (ctx.clinic.id, ctx.now, ctx.today()));
    write(&mut ctx.tx, &state, (patient, told), at).await
}

/// As [`tell`], for a person who is not signed in: the events are for the caller to announce.
///
/// # Errors
/// When the database refuses.
pub async fn tell_at_the_door(
    tx: &mut Tx,
    state: &AppState,
    (patient, told): (PatientId, &Told),
    (clinic, now, today): (ClinicId, Instant, NaiveDate),
) -> Result<Vec<Event>> {
    let events = patients::ring_by_job(tx, patient, &told.notice(), PAGE, now).await?;
    write(tx, state, (patient, told), (clinic, now, today)).await?;
    Ok(events)
}

/// Writes the letters. A person without any address stands on the desk's call list.
async fn write(
    tx: &mut Tx,
    state: &AppState,
    (patient, told): (PatientId, &Told),
    (clinic, now, today): (ClinicId, Instant, NaiveDate),
) -> Result<()> {
    let facts = patients::find(tx, patient).await?.facts;
    let mut addresses = changes::emails_replaced(tx, patient, now - Duration::days(REPLACED_DAYS)).await?;
    addresses.push(facts.more.email.clone());
    // The patient reads the letters at the address that the patient confirmed, whatever the desk wrote on the record.
    addresses.extend(store::confirmed_emails(tx, patient).await?);
    addresses.retain(|address| mail::is_address(address));
    addresses.sort_unstable();
    addresses.dedup();
    if addresses.is_empty() {
        return store::ask_for_call(tx, patient, (clinic, PAGE), now).await;
    }
    let language = reads(&facts.more.language).unwrap_or(Locale::en);
    let (hospital, site) = (state.hospital().name.clone(), state.config.site_address());
    for recipient in addresses {
        let letter = LOCALE.sync_scope(language, || Mail {
            recipient,
            subject: tr!(patients.letter_subject, hospital = hospital.clone()),
            body: tr!(
                patients.letter_body,
                name = facts.name.full(),
                words = told.words(show_date(today)),
                site = format!("{site}{PAGE}"),
                hospital = hospital.clone()
            ),
        });
        mail::queue(tx, &letter, now).await?;
    }
    Ok(())
}
