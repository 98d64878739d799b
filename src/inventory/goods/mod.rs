//! Items: the drugs and other goods of which stock is kept.

mod store;

use super::{GoodsKind, StockUnit};
use crate::{
    audit::{Action, FieldChange},
    core::{
        DrugId, Error, Result, Stamp, StockItemId,
        error::FieldErrors,
        locale::{self, Locale},
        time::Instant,
    },
    db::Tx,
    formulary,
    server::Ctx,
    tr,
};

pub(super) use store::searched;
pub use store::{item, items_of_drug, items_of_supplier, list, marks_of, medicines, rooms_of};

/// The most units in a pack.
const LARGEST_PACK: i64 = 100_000;

/// An item.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StockItem {
    pub id: StockItemId,
    pub code: String,
    pub kind: GoodsKind,
    pub drug_id: Option<DrugId>,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    /// The units in one pack as it is bought.
    pub pack_size: i64,
    /// Whether each batch has an expiry date.
    pub expires: bool,
    /// The class of a controlled medicine; empty for others.
    pub schedule: String,
    pub retired_at: Option<Instant>,
    pub version: i64,
}

impl StockItem {
    /// The name in the reader's language.
    pub fn shown_name(&self) -> &str {
        match locale::current() {
            Locale::es if !self.name_es.is_empty() => &self.name_es,
            _ => &self.name,
        }
    }

    /// Whether two people hand it out.
    pub fn is_controlled(&self) -> bool {
        !self.schedule.is_empty()
    }
}

/// The fields of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemDraft {
    pub code: String,
    pub kind: GoodsKind,
    pub drug: Option<DrugId>,
    pub name: String,
    pub name_es: String,
    pub unit: StockUnit,
    pub pack_size: i64,
    pub expires: bool,
}

/// The fields of an item as they were typed.
#[derive(Clone, Copy, Debug, Default)]
pub struct ItemTypedFields<'t> {
    pub code: &'t str,
    pub kind: &'t str,
    pub drug: &'t str,
    pub name: &'t str,
    pub name_es: &'t str,
    pub unit: &'t str,
    pub pack_size: &'t str,
    pub expires: bool,
}

/// Parses a whole number between two limits.
pub fn whole(errors: &mut FieldErrors, field: &str, typed: &str, from: i64, to: i64) -> Option<i64> {
    let number = typed.trim().parse::<i64>().ok().filter(|number| (from..=to).contains(number));
    if number.is_none() {
        errors.add(field, tr!(inventory.whole_number, from = from, to = to));
    }
    number
}

impl ItemDraft {
    /// Reads a form. A medicine names its drug, and each of its batches has an expiry date.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the fields.
    pub fn read(typed: &ItemTypedFields<'_>) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let code = errors.required_line("code", typed.code, 40).to_uppercase();
        let name = errors.required_line("name", typed.name, 200);
        let name_es = errors.line("name_es", typed.name_es, 200);
        let kind = errors.chosen::<GoodsKind>("kind", typed.kind);
        let unit = errors.chosen::<StockUnit>("unit", typed.unit);
        let pack_size =
            whole(&mut errors, "pack_size", if typed.pack_size.trim().is_empty() { "1" } else { typed.pack_size }, 1, LARGEST_PACK);
        let drug = match (kind, typed.drug.trim()) {
            (Some(GoodsKind::Medicine), "") => {
                errors.add("drug", tr!(inventory.which_drug));
                None
            }
            (Some(GoodsKind::Medicine), drug) => errors.chosen::<DrugId>("drug", drug),
            _ => None,
        };
        errors.finish()?;
        let (Some(kind), Some(unit), Some(pack_size)) = (kind, unit, pack_size) else { return Err(Error::NotFound) };
        let expires = typed.expires || kind == GoodsKind::Medicine;
        Ok(Self { code, kind, drug, name, name_es, unit, pack_size, expires })
    }

    fn values(&self) -> [(&'static str, String); 7] {
        [
            ("code", self.code.clone()),
            ("name", self.name.clone()),
            ("name_es", self.name_es.clone()),
            ("kind", self.kind.as_str().to_owned()),
            ("unit", self.unit.as_str().to_owned()),
            ("pack_size", self.pack_size.to_string()),
            ("expires", if self.expires { "true" } else { "" }.to_owned()),
        ]
    }

    fn of(item: &StockItem) -> Self {
        let StockItem { code, kind, drug_id, name, name_es, unit, pack_size, expires, .. } = item.clone();
        Self { code, kind, drug: drug_id, name, name_es, unit, pack_size, expires }
    }
}

/// Saves an item: a new one under its id when the version is 0.
///
/// # Errors
/// [`Error::Invalid`] when another item has the code; [`Error::Conflict`] when it was changed since, or its unit changes and it has batches.
pub async fn save_item(ctx: &mut Ctx, id: StockItemId, version: i64, draft: &ItemDraft) -> Result<()> {
    let stamp = ctx.stamp();
    ctx.tx.take_turn("stock items", "").await?;
    if let Some(drug) = draft.drug
        && formulary::prescribable_drug(&mut ctx.tx, drug).await?.is_none()
    {
        return Err(Error::invalid("drug", tr!(inventory.which_drug)));
    }
    let refused = |error: crate::db::DbError| {
        if error.violates("stock_items_used_fixed") {
            return Error::conflict(tr!(inventory.item_in_use));
        }
        if error.is_unique() { Error::invalid("code", tr!(inventory.code_taken)) } else { error.into() }
    };
    let before = store::item(&mut ctx.tx, id).await?;
    let old = before.as_ref().map(|before| ItemDraft::of(before).values());
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
    match before {
        None if version == 0 => {
            store::insert(&mut ctx.tx, id, draft, stamp).await.map_err(refused)?;
            ctx.did_change(Action::Create, "stock_item", id, &changes);
        }
        // The form was sent twice.
        Some(_) if version == 0 => {}
        Some(_) => {
            let lock = ctx.tx.lock(id).await?;
            if !store::update(&mut ctx.tx, lock, version, draft, stamp).await.map_err(refused)? {
                return Err(Error::conflict(tr!(errors.newer_version)));
            }
            ctx.did_change(Action::Update, "stock_item", id, &changes);
        }
        None => return Err(Error::NotFound),
    }
    Ok(())
}

/// Creates an item for each drug of the formulary that has none, for a storekeeper. Returns whether there are new ones.
///
/// # Errors
/// When the database refuses.
pub async fn adopt_all(ctx: &mut Ctx) -> Result<bool> {
    let stamp = ctx.stamp();
    let made = adopt_formulary(&mut ctx.tx, stamp).await?;
    for item in &made {
        ctx.did(Action::Create, "stock_item", *item, None);
    }
    Ok(!made.is_empty())
}

/// Creates an item for each drug of the formulary that has none, with the drug's code, names and unit. Returns the new ones.
///
/// # Errors
/// When the database refuses.
pub async fn adopt_formulary(tx: &mut Tx, stamp: Stamp) -> Result<Vec<StockItemId>> {
    tx.take_turn("stock items", "").await?;
    let mut made = Vec::new();
    for (drug, code, name, name_es, unit) in store::drugs_without_item(tx).await? {
        // A unit in which nothing is handed out, such as a gram, is one that the storekeeper chooses.
        let Ok(unit) = unit.parse::<StockUnit>() else { continue };
        let draft = ItemDraft { code, kind: GoodsKind::Medicine, drug: Some(drug), name, name_es, unit, pack_size: 1, expires: true };
        let id = StockItemId::new();
        store::insert(tx, id, &draft, stamp).await?;
        made.push(id);
    }
    Ok(made)
}
