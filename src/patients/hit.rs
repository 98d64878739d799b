//! The result of a search for patients, ready to be shown.

use serde::{Deserialize, Serialize};

use crate::{core::PatientId, patients::Birth};

/// A patient that a search found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientHit {
    pub id: PatientId,
    pub mrn: String,
    /// The name as in lists: `Adams, Theresa`.
    pub name: String,
    /// `18 Apr 1980`, `1980`, or a text for an unknown date.
    pub birth_date: String,
    /// In the reader's language.
    pub sex: String,
    pub phone: String,
    pub town: String,
    /// For a person whose name is unknown: where they were found, and distinguishing marks.
    pub description: String,
    /// `46 y`, on the clinic's day; empty until [`crate::patients::only_identity`] has set it.
    pub age: String,
    /// Another patient has this name, or this birth date and a name like it.
    pub namesake: bool,
    /// The birth date from which the server computes the age.
    #[serde(skip)]
    pub born: Option<Birth>,
}

impl PatientHit {
    /// Returns the details that distinguish the patient from others of the same name, in one line: the sign of a namesake, birth date,
    /// age, sex, number, town, telephone, description.
    pub fn detail(&self) -> String {
        let sign = if self.namesake { crate::tr!(patients.namesake) } else { "" };
        // The text for an unknown birth date already says that the age is unknown.
        let age = if self.birth_date == crate::tr!(patients.birth_unknown) { "" } else { self.age.as_str() };
        [sign, &self.birth_date, age, &self.sex, &self.mrn, &self.town, &self.phone, &self.description]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    }
}
