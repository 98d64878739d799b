//! The kinds of orders: departments add them, and the hospital keeps the settings of each.

use crate::{
    audit::{Action, FieldChange},
    core::{Error, Result},
    server::{Ctx, department::OrderKind},
    tr,
};

use super::store;

crate::text_enum! {
    /// When a patient of an outpatient visit goes to those who do the order.
    pub enum KindStop("stop") {
        /// The queue sends no patient there: the staff come to the patient, or call the patient.
        None = "none" => tr!(orders.stop_none),
        BeforeCashier = "before_cashier" => tr!(orders.stop_before_cashier),
        AfterCashier = "after_cashier" => tr!(orders.stop_after_cashier),
    }
}

/// A kind of order with the hospital's settings.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// The kind as its department declares it.
    pub of: &'static OrderKind,
    /// Whether doctors can order it.
    pub offered: bool,
    pub stop: KindStop,
    pub version: i64,
}

/// Reads the kinds that a department takes, in their order.
///
/// # Errors
/// When the database refuses.
pub async fn kinds(ctx: &mut Ctx) -> Result<Vec<Kind>> {
    let rows = store::kinds(&mut ctx.tx).await?;
    let known = ctx.state().departments.order_kinds();
    let kind = |of: &'static OrderKind| {
        rows.iter().find(|row| row.name == of.name).map(|row| Kind { of, offered: row.offered, stop: row.stop, version: row.version })
    };
    Ok(known.into_iter().filter_map(kind).collect())
}

/// Reads the kinds that doctors can order.
///
/// # Errors
/// When the database refuses.
pub async fn offered(ctx: &mut Ctx) -> Result<Vec<Kind>> {
    Ok(kinds(ctx).await?.into_iter().filter(|kind| kind.offered).collect())
}

/// Whether a department does the orders of a kind at its own places, and moves them by its work.
pub(super) fn follows_work(ctx: &Ctx, name: &str) -> bool {
    ctx.state().departments.order_kinds().into_iter().any(|kind| kind.name == name && kind.followed.is_some())
}

/// Returns the words of a kind, or its bare name when no department takes it any more.
pub(super) fn words(ctx: &Ctx, name: &str) -> String {
    let known = ctx.state().departments.order_kinds();
    known.into_iter().find(|kind| kind.name == name).map_or_else(|| name.to_owned(), |kind| (kind.words)().to_owned())
}

/// Sets whether doctors can order a kind, and when patients go there. Returns whether something changed.
///
/// # Errors
/// [`Error::NotFound`] when no department takes it; [`Error::Conflict`] when it was changed since `version`.
pub(super) async fn settle(ctx: &mut Ctx, name: &str, version: i64, offered: bool, stop: KindStop) -> Result<bool> {
    let before = kinds(ctx).await?.into_iter().find(|kind| kind.of.name == name).ok_or(Error::NotFound)?;
    if (before.offered, before.stop) == (offered, stop) {
        return Ok(false);
    }
    let stamp = ctx.stamp();
    if !store::settle_kind(&mut ctx.tx, name, version, offered, stop, stamp).await? {
        return Err(Error::conflict(tr!(orders.kind_changed)));
    }
    let words = |offered: bool| format!("{name}: {offered}");
    let stops = |stop: KindStop| format!("{name}: {stop}");
    let changes: Vec<FieldChange> = [("offered", words(before.offered), words(offered)), ("stop", stops(before.stop), stops(stop))]
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field: field.to_owned(), before, after })
        .collect();
    ctx.did_change(Action::Update, "order_kind", uuid::Uuid::nil(), &changes);
    Ok(true)
}
