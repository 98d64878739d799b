//! What a person tells about themselves: the part of a record that is typed and corrected at the desk.

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
    /// A person of whom only this is known.
    pub fn new(name: PatientName, birth: Birth, sex: Sex) -> Self {
        Self { name, birth, sex, more: Particulars::default() }
    }
}

/// How a form about a person is read: against which day, in which order of dates.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// The clinic's day.
    pub today: NaiveDate,
    pub order: DateOrder,
    /// The record that is corrected has no birth date: it may stay without.
    pub birth_was_unknown: bool,
}

impl Reading {
    /// For a new person, in the reader's language and the hospital's country.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn here(tx: &mut Tx, today: NaiveDate) -> Result<Self> {
        let order = DateOrder::of(&organisation::country(tx).await?);
        Ok(Self { today, order, birth_was_unknown: false })
    }

    /// For the correction of a record: what was not known may stay so.
    #[must_use]
    pub fn correcting(self, known: &Facts) -> Self {
        Self { birth_was_unknown: known.birth == Birth::UNKNOWN, ..self }
    }
}
