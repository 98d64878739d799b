//! Sex as the hospital records it for reference ranges; gender is a separate field in the person's own words.

use crate::tr;

crate::text_enum! {
    /// Sex for clinical use.
    pub enum Sex("sex") {
        Female = "female" => tr!(patients.sex_female),
        Male = "male" => tr!(patients.sex_male),
        Other = "other" => tr!(patients.sex_other),
        Unknown = "unknown" => tr!(patients.sex_unknown),
    }
}
