//! People who act for a patient: a parent for a child, a daughter for her father. Reception registers them; the guardian then reads the
//! record and books in the portal. Each has a last day, at the clinic that registered it: for a child at most the day before it comes
//! of age, for an adult at most two years ahead. For an adult with access to the portal it begins when she says yes there; without,
//! and for a child, the desk notes which document it saw.

pub mod api;

#[cfg(feature = "ssr")]
mod consent;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use {
    consent::own_guardians,
    panel::guardian_panel,
    record::{Guardian, childhood_ends, is_child},
    store::guardians,
};

crate::text_enum! {
    /// What the patient is to the guardian.
    pub enum Dependence("kind") {
        Child = "child",
        Spouse = "spouse",
        Parent = "parent",
        Other = "other",
    }
}

crate::text_enum! {
    /// The answer of the desk that registers a child to the question who acts for it.
    pub enum Named("guardian") {
        /// Named on the next page.
        Now = "now",
        /// To be named later: until then nobody acts for the child.
        Later = "later",
    }
}

#[cfg(feature = "ssr")]
impl Named {
    /// The answer in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Now => crate::tr!(patients.guardian_now),
            Self::Later => crate::tr!(patients.guardian_later),
        }
    }
}

#[cfg(feature = "ssr")]
impl Dependence {
    /// As the form says it: "Ana acts for this patient, who is her …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Child => crate::tr!(patients.dependant_child),
            Self::Spouse => crate::tr!(patients.dependant_spouse),
            Self::Parent => crate::tr!(patients.dependant_parent),
            Self::Other => crate::tr!(patients.dependant_other),
        }
    }

    /// What the guardian is to the patient, as the patient's record says it.
    pub fn guardian_words(self) -> &'static str {
        match self {
            Self::Child => crate::tr!(patients.guardian_of_child),
            Self::Spouse => crate::tr!(patients.guardian_of_spouse),
            Self::Parent => crate::tr!(patients.guardian_of_parent),
            Self::Other => crate::tr!(patients.guardian_of_other),
        }
    }
}

#[cfg(feature = "ssr")]
mod record {
    use chrono::NaiveDate;

    use super::Dependence;
    use crate::{
        core::{PatientId, time::Instant},
        patients::{Birth, PatientName},
    };

    /// The longest that somebody acts for an adult, in months; then it is asked anew.
    pub const LONGEST_MONTHS: u32 = 24;

    /// The last day before somebody comes of age, with so many years (`Hospital::age_of_majority`).
    pub fn childhood_ends(born: NaiveDate, age_of_majority: u32) -> Option<NaiveDate> {
        born.checked_add_months(chrono::Months::new(12 * age_of_majority))?.pred_opt()
    }

    /// Whether somebody has not come of age by a day, with so many years. Without a birth date somebody counts as of age.
    pub fn is_child(birth: Birth, day: NaiveDate, age_of_majority: u32) -> bool {
        birth.date.and_then(|born| childhood_ends(born, age_of_majority)).is_some_and(|last| last >= day)
    }

    /// Somebody who acts for a patient.
    #[derive(Clone, Debug, sqlx::FromRow)]
    pub struct Guardian {
        pub id: uuid::Uuid,
        pub guardian_id: PatientId,
        pub mrn: String,
        #[sqlx(flatten)]
        pub name: PatientName,
        pub kind: Dependence,
        pub from_day: NaiveDate,
        pub until_day: NaiveDate,
        /// The document that the desk saw.
        pub document: String,
        /// `None` while the patient has not said yes.
        pub agreed_at: Option<Instant>,
    }
}
