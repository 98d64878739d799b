//! Sex as the hospital records it for reference ranges; gender is a separate field in the person's own words.

use crate::tr;

crate::text_enum! {
    /// Sex for clinical use.
    pub enum Sex("sex") {
        Female = "female",
        Male = "male",
        Other = "other",
        Unknown = "unknown",
    }
}

impl Sex {
    /// Returns the word in the reader's language.
    pub fn words(self) -> &'static str {
        match self {
            Self::Female => tr!(patients.sex_female),
            Self::Male => tr!(patients.sex_male),
            Self::Other => tr!(patients.sex_other),
            Self::Unknown => tr!(patients.sex_unknown),
        }
    }
}
