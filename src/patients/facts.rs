//! The facts that a person states about themselves: the part of a record that the desk enters and corrects.

use chrono::NaiveDate;

use super::{Birth, DateOrder, Particulars, PatientName, Sex};
use crate::{core::Result, db::Tx, organisation};

/// Names, birth, contact data.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Facts {
    #[sqlx(flatten)]
    pub name: PatientName,
    #[sqlx(flatten)]
    pub birth: Birth,
    pub sex: Sex,
    #[sqlx(flatten)]
    pub more: Particulars,
}

impl Facts {
    /// Creates the facts of a person of whom only these values are known.
    pub fn new(name: PatientName, birth: Birth, sex: Sex) -> Self {
        Self { name, birth, sex, more: Particulars::default() }
    }
}

/// How a form about a person is parsed: the current day, and the order of dates.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The clinic's day.
    pub today: NaiveDate,
    pub order: DateOrder,
    /// The record to be corrected has no birth date, so the field may stay empty.
    pub birth_was_unknown: bool,
}

impl Reading {
    /// Returns the settings for a new person, from the reader's language and the hospital's country.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn here(tx: &mut Tx, today: NaiveDate) -> Result<Self> {
        let order = DateOrder::of(&organisation::country(tx).await?);
        Ok(Self { today, order, birth_was_unknown: false })
    }

    /// Returns the settings for the correction of a record: an unknown birth date may stay unknown.
    #[must_use]
    pub fn correcting(self, known: &Facts) -> Self {
        Self { birth_was_unknown: known.birth == Birth::UNKNOWN, ..self }
    }
}
