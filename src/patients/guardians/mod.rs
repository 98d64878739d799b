//! People who act for a patient: a parent for a child, a daughter for her father. Reception registers them; the guardian can then read
//! the record and book appointments in the portal. Each has a last day, at the clinic that registered it: for a child at most the day
//! before the child comes of age, for an adult at most two years ahead. For an adult with access to the portal it begins when the
//! patient agrees there; for an adult without, and for a child, the desk records which document it saw.

#[cfg(feature = "ssr")]
mod acts;
pub mod api;

#[cfg(feature = "ssr")]
mod consent;
#[cfg(feature = "ssr")]
mod newborn;
#[cfg(feature = "ssr")]
mod panel;
#[cfg(feature = "ssr")]
mod store;

#[cfg(feature = "ssr")]
pub use {
    consent::own_guardians,
    newborn::of_newborn,
    panel::guardian_panel,
    record::{Guardian, childhood_ends, is_child},
    store::{acted_for, guardians},
};

crate::text_enum! {
    /// The patient's relationship to the guardian.
    pub enum Dependence("kind") {
        Child = "child",
        Spouse = "spouse",
        Parent = "parent",
        Other = "other",
    }
}

crate::text_enum! {
    /// The desk's answer, when it registers a child, to the question who acts for the child.
    pub enum Named("guardian") {
        /// The guardian is named on the next page.
        Now = "now",
        /// The guardian is named later: until then the child has no guardian.
        Later = "later",
    }
}

#[cfg(feature = "ssr")]
impl Named {
    /// Returns the answer in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Now => crate::tr!(patients.guardian_now),
            Self::Later => crate::tr!(patients.guardian_later),
        }
    }
}

#[cfg(feature = "ssr")]
impl Dependence {
    /// Returns the word as the form shows it: "Ana acts for this patient, who is her …".
    pub fn words(self) -> &'static str {
        match self {
            Self::Child => crate::tr!(patients.dependant_child),
            Self::Spouse => crate::tr!(patients.dependant_spouse),
            Self::Parent => crate::tr!(patients.dependant_parent),
            Self::Other => crate::tr!(patients.dependant_other),
        }
    }

    /// Returns the guardian's relationship to the patient, as the patient's record shows it.
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

    /// The longest time that a person acts for an adult, in months; then the desk asks again.
    pub const LONGEST_MONTHS: u32 = 24;

    /// Returns the last day before a person comes of age at this age in years (`Hospital::age_of_majority`).
    pub fn childhood_ends(born: NaiveDate, age_of_majority: u32) -> Option<NaiveDate> {
        born.checked_add_months(chrono::Months::new(12 * age_of_majority))?.pred_opt()
    }

    /// Whether a person has not come of age by a day, at this age in years. A person without a birth date counts as of
    /// age.
    pub fn is_child(birth: Birth, day: NaiveDate, age_of_majority: u32) -> bool {
        birth.date.and_then(|born| childhood_ends(born, age_of_majority)).is_some_and(|last| last >= day)
    }

    /// A person who acts for a patient.
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
        /// `None` while the patient has not agreed.
        pub agreed_at: Option<Instant>,
    }
}
