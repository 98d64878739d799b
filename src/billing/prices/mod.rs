//! The price list: items, and their prices by clinic, insurer, doctor, visit type and day.
//!
//! A price is never overwritten. A change is a new row from a day on, and the row before it gets its last day.

pub mod api;
mod change;
mod file;
mod items;
mod store;

use chrono::NaiveDate;
use uuid::Uuid;

use crate::{
    core::{ClinicId, DepartmentId, InsurerId, Money, PriceId, PriceItemId, Result, StaffId, VisitTypeId},
    db::Tx,
    server::Principal,
    tr,
};

pub use change::{NewPrice, end_price, set_price, withdraw_price};
pub use file::{Imported, Outcome, export, import};
pub use items::{ItemForm, bring_back_item, drug_item, retire_item, save_item, test_item};
pub use store::{item, masters, price_list, prices_of};

crate::text_enum! {
    /// The kind of an item on the price list.
    pub enum ItemKind("kind") {
        Consultation = "consultation",
        Procedure = "procedure",
        Test = "test",
        Drug = "drug",
        BedDay = "bed_day",
        Other = "other",
    }
}

impl ItemKind {
    /// Returns the text for lists.
    pub fn word(self) -> &'static str {
        match self {
            Self::Consultation => tr!(billing.kind_consultation),
            Self::Procedure => tr!(billing.kind_procedure),
            Self::Test => tr!(billing.kind_test),
            Self::Drug => tr!(billing.kind_drug),
            Self::BedDay => tr!(billing.kind_bed_day),
            Self::Other => tr!(billing.kind_other),
        }
    }
}

/// A service or article that has prices.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PriceItem {
    pub id: PriceItemId,
    pub code: String,
    pub name: String,
    /// The Spanish name; empty where there is none.
    pub name_es: String,
    pub kind: ItemKind,
    /// The department that provides it; for a consultation, the department that it belongs to.
    pub department_id: Option<DepartmentId>,
    /// The unit that is counted, as `hour` or `tablet`; empty for times.
    pub unit: String,
    /// Whether a discount may be given on it.
    pub discountable: bool,
    pub retired: bool,
    /// The version, which increases with each change of the item or of its prices.
    pub version: i64,
}

/// The clinic, insurer, doctor and visit type that a price is for; `None` means any.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PriceFor {
    pub clinic: Option<ClinicId>,
    pub insurer: Option<InsurerId>,
    /// The doctor whose own fee it is.
    pub provider: Option<StaffId>,
    pub visit_type: Option<VisitTypeId>,
}

/// A price of an item for some days.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Price {
    pub id: PriceId,
    pub item_id: PriceItemId,
    pub clinic_id: Option<ClinicId>,
    pub insurer_id: Option<InsurerId>,
    pub provider_id: Option<StaffId>,
    pub visit_type_id: Option<VisitTypeId>,
    pub amount: Money,
    /// The quantity that the amount is for.
    pub per: i64,
    pub valid_from: NaiveDate,
    /// The last day; `None` when it has no end.
    pub valid_to: Option<NaiveDate>,
}

impl Price {
    /// Returns the clinic, insurer, doctor and visit type that the price is for.
    pub const fn stands_for(&self) -> PriceFor {
        PriceFor { clinic: self.clinic_id, insurer: self.insurer_id, provider: self.provider_id, visit_type: self.visit_type_id }
    }

    /// Whether the price is in force on the day.
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from <= day && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// An item on the list of a clinic, with its price on a day if it has one.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct PriceRow {
    pub item_id: PriceItemId,
    pub code: String,
    pub name: String,
    pub kind: ItemKind,
    pub unit: String,
    pub amount: Option<Money>,
    pub per: Option<i64>,
    /// Whether it is the clinic's own price, not the hospital's.
    pub own: bool,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// A row of master data that a price refers to.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Master {
    pub id: Uuid,
    /// Empty for lists without codes.
    pub code: String,
    pub name: String,
    pub retired: bool,
}

/// The master data that prices refer to, by name.
#[derive(Clone, Debug, Default)]
pub struct Masters {
    pub clinics: Vec<Master>,
    pub departments: Vec<Master>,
    pub insurers: Vec<Master>,
    pub doctors: Vec<Master>,
    pub visit_types: Vec<Master>,
}

impl Masters {
    /// Returns the clinic, insurer, doctor and visit type of a price in words.
    pub fn words(&self, of: PriceFor) -> String {
        let name = |rows: &[Master], id: Option<Uuid>| id.and_then(|id| rows.iter().find(|row| row.id == id)).map(|row| row.name.clone());
        let parts = [
            name(&self.insurers, of.insurer.map(Into::into)),
            name(&self.doctors, of.provider.map(Into::into)),
            name(&self.visit_types, of.visit_type.map(Into::into)),
            name(&self.clinics, of.clinic.map(Into::into)),
        ];
        let words: Vec<String> = parts.into_iter().flatten().collect();
        if words.is_empty() { tr!(billing.for_everybody).to_owned() } else { words.join(" · ") }
    }
}

/// Whether the user may set the prices of the whole hospital.
pub fn sets_prices(who: &Principal) -> bool {
    who.roles.iter().any(|(role, clinic)| role.may(crate::core::Permission::SetPrices) && clinic.is_none())
}

/// Returns the price of the item on the day: first the insurer's, then the doctor's own fee, then that of the visit type, then the
/// clinic's, then the hospital's.
///
/// # Errors
/// When the database refuses.
pub async fn price_of(tx: &mut Tx, item: PriceItemId, of: PriceFor, day: NaiveDate) -> Result<Option<Price>> {
    store::price_of(tx, item, of, day).await
}

/// Returns the item of the department's consultation.
///
/// # Errors
/// When the database refuses.
pub async fn consultation_item(tx: &mut Tx, department: DepartmentId) -> Result<Option<PriceItem>> {
    store::consultation_item(tx, department).await
}
