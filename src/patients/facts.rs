//! What a person tells about themselves: the part of a record that is typed and corrected at the desk.

use super::{Birth, PatientName, Sex};

/// Names, birth, contact data.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Facts {
    #[sqlx(flatten)]
    pub name: PatientName,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    /// In the person's own words; empty when not told.
    pub gender: String,
    pub national_id: String,
    pub phone: String,
    pub email: String,
    pub address: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
    /// A BCP 47 tag: "en", "es-MX".
    pub language: String,
    pub marital_status: String,
    /// "A+" and so on; empty when not known.
    pub blood_group: String,
}

impl Facts {
    /// A person of whom only this is known.
    pub fn new(name: PatientName, birth: Birth, sex: Sex) -> Self {
        let empty = String::new;
        Self {
            name,
            birth,
            sex,
            gender: empty(),
            national_id: empty(),
            phone: empty(),
            email: empty(),
            address: empty(),
            city: empty(),
            region: empty(),
            postal_code: empty(),
            country: empty(),
            language: empty(),
            marital_status: empty(),
            blood_group: empty(),
        }
    }

    /// Street, town and country in one line.
    pub fn address_line(&self) -> String {
        let town = format!("{} {}", self.postal_code, self.city);
        [self.address.as_str(), town.trim(), &self.region, &self.country]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(", ")
    }
}
