//! The personal details that are stored as stated: contact data, language, blood group. The form and the record share this
//! type.

use serde::{Deserialize, Serialize};

/// An empty field was not stated. Fields that `sqlx` skips are sealed in the database (`keys::PATIENTS`), and the store
/// opens them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(sqlx::FromRow))]
#[serde(default)]
pub struct Particulars {
    /// In the person's own words.
    pub gender: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub national_id: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub phone: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub email: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub address: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub city: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub region: String,
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub postal_code: String,
    /// For a person whose name is unknown: where they were found, clothes, marks, to distinguish them until the name is
    /// known.
    #[cfg_attr(feature = "ssr", sqlx(skip))]
    pub description: String,
    pub country: String,
    /// A BCP 47 tag: "en", "es-MX".
    pub language: String,
    pub marital_status: String,
    /// "A+" and so on.
    pub blood_group: String,
}

impl Particulars {
    /// Returns street, town and country in one line.
    pub fn address_line(&self) -> String {
        let town = format!("{} {}", self.postal_code, self.city);
        [self.address.as_str(), town.trim(), &self.region, &self.country]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}
