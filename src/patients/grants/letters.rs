//! Notifies a patient that a person got or lost access to the record: by e-mail where an address is recorded, and in the portal of the
//! people who already have access. Neither message has clinical content.

use chrono::NaiveDate;

use crate::{
    core::{
        PatientId, Result,
        locale::{LOCALE, Locale},
        time::show_date,
    },
    notifications::Notice,
    patients,
    server::{
        Ctx,
        mail::{self, Mail},
    },
    tr,
};

/// The page of the portal where the patient sees the people with access.
const PAGE: &str = "/portal/account";

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
    if !mail::is_address(&facts.more.email) {
        return Ok(());
    }
    let language = reads(&facts.more.language).unwrap_or(Locale::en);
    let (hospital, site, today) = (ctx.state().hospital().name.clone(), ctx.state().config.site_address(), ctx.today());
    let letter = LOCALE.sync_scope(language, || Mail {
        recipient: facts.more.email.clone(),
        subject: tr!(patients.letter_subject, hospital = hospital.clone()),
        body: tr!(
            patients.letter_body,
            name = facts.name.full(),
            words = told.words(show_date(today)),
            site = format!("{site}{PAGE}"),
            hospital = hospital
        ),
    });
    let now = ctx.now;
    mail::queue(&mut ctx.tx, &letter, now).await
}
