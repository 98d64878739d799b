//! The price list.

mod store;

use chrono::NaiveDate;

use crate::{
    core::{ClinicId, DepartmentId, Money, PriceItemId, Result},
    db::Tx,
};

pub use store::price_list;

/// A price as it stands on the list.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PriceRow {
    pub item_id: PriceItemId,
    pub code: String,
    pub name: String,
    /// `consultation`, `procedure`, `test`, `drug`, `bed_day`, `other`.
    pub kind: String,
    pub amount: Money,
    /// Whether it is the clinic's own price, not the hospital's.
    pub own: bool,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
}

/// What a consultation of the department costs at the clinic on the day, before any plan's share.
///
/// # Errors
/// What the database refused.
pub async fn expected_consultation(tx: &mut Tx, clinic: ClinicId, department: DepartmentId, day: NaiveDate) -> Result<Option<Money>> {
    Ok(consultation(tx, clinic, department, day).await?.map(|price| price.amount))
}

/// The consultation's place on the list.
pub(super) async fn consultation(tx: &mut Tx, clinic: ClinicId, department: DepartmentId, day: NaiveDate) -> Result<Option<PriceRow>> {
    store::consultation(tx, clinic, department, day).await
}
