//! Suppliers: from whom goods are bought.

mod store;

use crate::{
    audit::{Action, FieldChange},
    core::{Currency, Error, Money, Result, SupplierId, error::FieldErrors, time::Instant},
    inventory::{self, whole},
    server::Ctx,
    tr,
};

pub use store::{find, list};

/// The usual value in minor units up to which one person alone sends goods back.
const RETURN_ALONE: i64 = 10_000;

/// A supplier.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Supplier {
    pub id: SupplierId,
    pub code: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub address: String,
    /// Days from the order to the delivery.
    pub lead_days: i64,
    /// Percent of a line that may come above the order.
    pub tolerance: i64,
    /// Minor units: the value up to which one person alone sends goods back.
    pub return_alone: i64,
    pub retired_at: Option<Instant>,
    pub version: i64,
}

/// The fields of a supplier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SupplierDraft {
    pub code: String,
    pub name: String,
    pub email: String,
    pub phone: String,
    pub address: String,
    pub lead_days: i64,
    pub tolerance: i64,
    pub return_alone: i64,
    pub is_retired: bool,
}

/// The fields of a supplier as they were typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct SupplierTypedFields<'t> {
    pub code: &'t str,
    pub name: &'t str,
    pub email: &'t str,
    pub phone: &'t str,
    pub address: &'t str,
    pub lead_days: &'t str,
    pub tolerance: &'t str,
    pub return_alone: &'t str,
    pub is_retired: bool,
}

impl SupplierDraft {
    /// Reads a form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the fields.
    pub fn read(typed: &SupplierTypedFields<'_>, currency: Currency) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", typed.code, 20).to_uppercase();
        let name = errors.required_line("name", typed.name, 120);
        let email = errors.line("email", typed.email, 254);
        let phone = errors.line("phone", typed.phone, 60);
        let address = errors.line("address", typed.address, 300);
        let lead_days = whole(&mut errors, "lead_days", typed.lead_days, 0, 365);
        let tolerance = whole(&mut errors, "tolerance", typed.tolerance, 0, 20);
        // Empty is the usual limit: a hundred of the currency's unit.
        let return_alone = match typed.return_alone.trim() {
            "" => Some(Money(RETURN_ALONE)),
            amount => errors.check(currency.parse("return_alone", amount)),
        };
        errors.finish()?;
        let (Some(lead_days), Some(tolerance), Some(Money(return_alone))) = (lead_days, tolerance, return_alone) else {
            return Err(Error::NotFound);
        };
        Ok(Self { code, name, email, phone, address, lead_days, tolerance, return_alone, is_retired: typed.is_retired })
    }

    fn values(&self) -> [(&'static str, String); 9] {
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("email", self.email.clone()),
            ("phone", self.phone.clone()),
            ("address", self.address.clone()),
            ("lead_days", self.lead_days.to_string()),
            ("tolerance", self.tolerance.to_string()),
            ("return_alone", self.return_alone.to_string()),
            ("retired", if self.is_retired { "true" } else { "" }.to_owned()),
        ]
    }
}

impl From<&Supplier> for SupplierDraft {
    fn from(supplier: &Supplier) -> Self {
        let Supplier { code, name, email, phone, address, lead_days, tolerance, return_alone, retired_at, .. } = supplier.clone();
        Self { code, name, email, phone, address, lead_days, tolerance, return_alone, is_retired: retired_at.is_some() }
    }
}

/// Saves a supplier: a new one under its id when the version is 0.
///
/// # Errors
/// [`Error::Invalid`] when another supplier has the code; [`Error::Conflict`] when it was changed since.
pub async fn save(ctx: &mut Ctx, id: SupplierId, version: i64, draft: &SupplierDraft) -> Result<()> {
    let stamp = ctx.stamp();
    ctx.tx.take_turn("suppliers", "").await?;
    let before = store::find(&mut ctx.tx, id).await?;
    let old = before.as_ref().map(|before| SupplierDraft::from(before).values());
    let changes: Vec<FieldChange> = draft
        .values()
        .into_iter()
        .enumerate()
        .map(|(at, (field, after))| FieldChange {
            field: field.to_owned(),
            before: old.as_ref().map_or_else(String::new, |old| old[at].1.clone()),
            after,
        })
        .filter(|change| change.before != change.after)
        .collect();
    let taken = |error: crate::db::DbError| {
        if error.is_unique() { Error::invalid("code", tr!(purchasing.code_taken)) } else { error.into() }
    };
    match before {
        None if version == 0 => {
            store::insert(&mut ctx.tx, id, draft, stamp).await.map_err(taken)?;
            ctx.did_change(Action::Create, "supplier", id, &changes);
        }
        // The form was sent twice.
        Some(_) if version == 0 => {}
        Some(before) => {
            let lock = ctx.tx.lock(id).await?;
            let retired_at = draft.is_retired.then(|| before.retired_at.unwrap_or(stamp.at));
            if !store::update(&mut ctx.tx, lock, version, (draft, retired_at), stamp).await.map_err(taken)? {
                return Err(Error::conflict(tr!(errors.newer_version)));
            }
            ctx.did_change(Action::Update, "supplier", id, &changes);
        }
        None => return Err(Error::NotFound),
    }
    Ok(())
}

/// Makes a supplier the usual one of the item of a scanned code.
///
/// # Errors
/// [`Error::NotFound`] when there is no such supplier; [`Error::Invalid`] when the code is unknown.
pub async fn supply(ctx: &mut Ctx, supplier: SupplierId, code: &str) -> Result<()> {
    let (clinic, today) = (ctx.clinic.id, ctx.today());
    let supplier = find(&mut ctx.tx, supplier).await?.ok_or(Error::NotFound)?;
    let item = inventory::scan(&mut ctx.tx, clinic, code, today).await?.item;
    let (_, need) = inventory::supplied_by(&mut ctx.tx, item.id).await?.ok_or(Error::NotFound)?;
    inventory::set_supplier(&mut ctx.tx, item.id, Some(supplier.id), need).await?;
    ctx.did(Action::Update, "stock_item", item.id, None);
    Ok(())
}
