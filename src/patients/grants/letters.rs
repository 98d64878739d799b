//! Notifies a patient that a person got or lost access to the record: by e-mail where an address is recorded or confirmed, and in the portal of the
//! people who already have access. Neither message has clinical content. An address that the desk replaced lately gets the letter too:
//! the user who gives the access may have put an address of her own in.

use chrono::{Duration, NaiveDate};

use super::store;
use crate::{
    core::{
        PatientId, Result,
        locale::{LOCALE, Locale},
        time::show_date,
    },
    notifications::Notice,
    patients::{self, changes},
    server::{
        Ctx,
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
    /// The desk changed the e-mail address of the record.
    Address,
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
            Self::Address => Notice::EmailChanged {},
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
            Self::Address => tr!(patients.letter_address, day = day),
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
    let facts = patients::find(&mut ctx.tx, patient).await?.facts;
    let now = ctx.now;
    let mut addresses = changes::emails_replaced(&mut ctx.tx, patient, now - Duration::days(REPLACED_DAYS)).await?;
    addresses.push(facts.more.email.clone());
    // The patient reads the letters at the address that the patient confirmed, whatever the desk wrote on the record.
    addresses.extend(store::confirmed_emails(&mut ctx.tx, patient).await?);
    addresses.retain(|address| mail::is_address(address));
    addresses.sort_unstable();
    addresses.dedup();
    let language = reads(&facts.more.language).unwrap_or(Locale::en);
    let (hospital, site, today) = (ctx.state().hospital().name.clone(), ctx.state().config.site_address(), ctx.today());
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
        mail::queue(&mut ctx.tx, &letter, now).await?;
    }
    Ok(())
}
