//! What a search for patients finds, ready to be shown.

use serde::{Deserialize, Serialize};

use crate::{core::PatientId, patients::Birth};

/// A patient found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PatientHit {
    pub id: PatientId,
    pub mrn: String,
    /// As in lists: `Adams, Theresa`.
    pub name: String,
    /// `18 Apr 1980`, `1980`, or that it is not known.
    pub birth_date: String,
    /// In the reader's language.
    pub sex: String,
    pub phone: String,
    pub town: String,
    /// Of an unknown person: where found, marks.
    pub description: String,
    /// `46 y`, on the clinic's day; empty until [`crate::patients::only_identity`] has filled it in.
    pub age: String,
    /// Another patient has this name, or this birth date and a name like it.
    pub namesake: bool,
    /// What the age is counted from, on the server.
    #[serde(skip)]
    pub born: Option<Birth>,
}

impl PatientHit {
    /// What tells the patient from others of the name, in one line: the sign of a namesake, birth date, age, sex, number, town, telephone,
    /// description.
    pub fn detail(&self) -> String {
        let sign = if self.namesake { crate::tr!(patients.namesake) } else { "" };
        // An age that is not known is said by the birth date already.
        let age = if self.birth_date == crate::tr!(patients.birth_unknown) { "" } else { self.age.as_str() };
        [sign, &self.birth_date, age, &self.sex, &self.mrn, &self.town, &self.phone, &self.description]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(" · ")
    }
}
