//! Items of the price list: creating, editing, retiring and bringing back.

use super::{ItemKind, Masters, PriceItem, store};
use crate::{
    audit::{Action, FieldChange},
    core::{DepartmentId, Error, PriceItemId, Result, error::FieldErrors},
    db::DbError,
    server::Ctx,
    tr,
};

/// The fields of an item, parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemForm {
    pub code: String,
    pub name: String,
    pub name_es: String,
    pub kind: ItemKind,
    pub department_id: Option<DepartmentId>,
    pub unit: String,
    pub discountable: bool,
}

/// The fields of an item, as typed.
#[derive(Clone, Debug, Default)]
pub struct ItemTyped<'t> {
    pub code: &'t str,
    pub name: &'t str,
    pub name_es: &'t str,
    pub kind: &'t str,
    pub department_id: &'t str,
    pub unit: &'t str,
    pub discountable: bool,
}

impl ItemForm {
    /// Parses the typed fields.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the fields.
    pub fn read(typed: &ItemTyped<'_>) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", typed.code, 40);
        if code.chars().any(|c| !(c.is_ascii_alphanumeric() || "._-".contains(c))) {
            errors.add("code", tr!(billing.code_wrong));
        }
        let name = errors.required_line("name", typed.name, 200);
        let name_es = errors.line("name_es", typed.name_es, 200);
        let unit = errors.line("unit", typed.unit, 40);
        let kind = errors.chosen::<ItemKind>("kind", typed.kind);
        let department_id = match typed.department_id {
            "" => None,
            id => errors.chosen::<DepartmentId>("department_id", id),
        };
        if kind == Some(ItemKind::Consultation) && typed.department_id.is_empty() {
            errors.add("department_id", tr!(billing.consultation_of));
        }
        errors.finish()?;
        let kind = kind.ok_or_else(|| Error::invalid("kind", tr!(errors.choose)))?;
        Ok(Self { code, name, name_es, kind, department_id, unit, discountable: typed.discountable })
    }

    fn of(item: &PriceItem) -> Self {
        let PriceItem { code, name, name_es, kind, department_id, unit, discountable, .. } = item.clone();
        Self { code, name, name_es, kind, department_id, unit, discountable }
    }

    /// Returns the values in the form of the audit log.
    fn values(&self, masters: &Masters) -> [(&'static str, String); 7] {
        let department = self.department_id.map(uuid::Uuid::from);
        let department = department.and_then(|id| masters.departments.iter().find(|row| row.id == id)).map(|row| row.name.clone());
        let discountable = if self.discountable { "true" } else { "" };
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("name_es", self.name_es.clone()),
            ("kind", self.kind.as_str().to_owned()),
            ("department_id", department.unwrap_or_default()),
            ("unit", self.unit.clone()),
            ("discountable", discountable.to_owned()),
        ]
    }
}

/// The fields that differ between two versions of an item; `before` is none for a new one.
fn changes(before: Option<&ItemForm>, after: &ItemForm, masters: &Masters) -> Vec<FieldChange> {
    let old = before.map(|before| before.values(masters));
    let pairs = after.values(masters).into_iter().enumerate();
    pairs
        .filter_map(|(at, (field, after))| {
            let before = old.as_ref().and_then(|old| old.get(at)).map(|(_, value)| value.clone()).unwrap_or_default();
            (before != after).then(|| FieldChange { field: field.to_owned(), before, after })
        })
        .collect()
}

/// Saves an item: a new one under the id `key` when `id` is `None`.
///
/// # Errors
/// [`Error::Invalid`] when another item has the code; [`Error::Conflict`] when another user saved the item since
/// `version` was shown.
pub async fn save_item(
    ctx: &mut Ctx,
    id: Option<PriceItemId>,
    (key, version): (PriceItemId, &str),
    form: &ItemForm,
) -> Result<PriceItemId> {
    ctx.tx.take_turn("price list", "").await?;
    let stamp = ctx.stamp();
    let masters = store::masters(&mut ctx.tx).await?;
    let Some(id) = id else {
        if store::item(&mut ctx.tx, key).await?.is_some() {
            // The form was sent twice.
            ctx.did(Action::Update, "price_item", key, None);
            return Ok(key);
        }
        store::insert_item(&mut ctx.tx, key, form, stamp).await.map_err(taken)?;
        ctx.did_change(Action::Create, "price_item", key, &changes(None, form, &masters));
        return Ok(key);
    };
    let lock = ctx.tx.lock(id).await?;
    let before = shown(ctx, id, version).await?;
    let changes = changes(Some(&ItemForm::of(&before)), form, &masters);
    if !changes.is_empty() {
        store::update_item(&mut ctx.tx, lock, form, stamp).await.map_err(taken)?;
        ctx.did_change(Action::Update, "price_item", id, &changes);
    }
    Ok(id)
}

/// Returns the item with this code; where there is none, creates one for a test, without a price. A charge of it waits for a price.
///
/// # Errors
/// When the database refuses.
pub async fn test_item(ctx: &mut Ctx, code: &str, name: &str) -> Result<PriceItemId> {
    known_item(ctx, ItemKind::Test, code, name, "").await
}

/// Returns the item with this code; where there is none, creates one for a medicine, without a price. A charge of it waits for a price.
///
/// # Errors
/// When the database refuses.
pub async fn drug_item(ctx: &mut Ctx, code: &str, name: &str, unit: &str) -> Result<PriceItemId> {
    // The turn is for those that are created: it lasts as long as the transaction.
    if let Some(known) = store::item_of_code(&mut ctx.tx, code).await? {
        return Ok(known);
    }
    known_item(ctx, ItemKind::Drug, code, name, unit).await
}

async fn known_item(ctx: &mut Ctx, kind: ItemKind, code: &str, name: &str, unit: &str) -> Result<PriceItemId> {
    ctx.tx.take_turn("price list", "").await?;
    let known = store::items(&mut ctx.tx).await?.into_iter().find(|item| item.code.eq_ignore_ascii_case(code));
    if let Some(item) = known {
        return Ok(item.id);
    }
    let typed = ItemTyped { code, name, name_es: "", kind: kind.as_str(), department_id: "", unit, discountable: true };
    let form = ItemForm::read(&typed)?;
    save_item(ctx, None, (PriceItemId::new(), ""), &form).await
}

fn taken(error: DbError) -> Error {
    if error.is_unique() { Error::invalid("code", tr!(billing.code_taken)) } else { error.into() }
}

/// Returns the item, when its version is the one that was shown.
pub(super) async fn shown(ctx: &mut Ctx, id: PriceItemId, version: &str) -> Result<PriceItem> {
    let item = store::item(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if item.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    Ok(item)
}

/// Retires an item: it can no longer be charged. Its prices stay.
///
/// # Errors
/// [`Error::Conflict`] when another user saved the item since `version` was shown.
pub async fn retire_item(ctx: &mut Ctx, id: PriceItemId, version: &str) -> Result<()> {
    set_retired(ctx, id, version, true).await
}

/// Brings a retired item back.
///
/// # Errors
/// The errors of [`retire_item`].
pub async fn bring_back_item(ctx: &mut Ctx, id: PriceItemId, version: &str) -> Result<()> {
    set_retired(ctx, id, version, false).await
}

async fn set_retired(ctx: &mut Ctx, id: PriceItemId, version: &str, retired: bool) -> Result<()> {
    let stamp = ctx.stamp();
    let lock = ctx.tx.lock(id).await?;
    shown(ctx, id, version).await?;
    store::set_retired(&mut ctx.tx, lock, retired.then_some(stamp.at), stamp).await?;
    let word = |retired: bool| if retired { "true" } else { "" }.to_owned();
    let change = FieldChange { field: "retired".to_owned(), before: word(!retired), after: word(retired) };
    ctx.did_change(Action::Update, "price_item", id, &[change]);
    Ok(())
}
