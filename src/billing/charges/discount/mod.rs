//! Discounts: with a reason, up to the limit of the role; above it a second person approves, who approves the other acts with money too.

mod store;

use crate::{
    core::{ChargeId, Error, Money, Permission, Result, Role, Stamp},
    db::Tx,
    server::{Ctx, Principal},
    tr,
};

use super::{Charge, ChargeState, DiscountReason, account_of, arithmetic, charge_at};
use crate::billing::prices;

pub use store::limits;

/// The limit of a role that has none set, in hundredths of a percent: 10 %.
pub const USUAL_LIMIT: i64 = 1_000;

/// The roles that give discounts.
pub fn roles() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|role| role.may(Permission::GiveDiscount))
}

/// How much a discount is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    Fixed(Money),
    /// Hundredths of a percent.
    Percent(i64),
}

/// A discount as the program left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    Given,
    /// It is above the limit: it waits for a second person.
    Asked,
}

/// The largest discount that the user gives alone at the charge's clinic, in hundredths of a percent.
///
/// # Errors
/// When the database refuses.
pub async fn limit_of(tx: &mut Tx, who: &Principal, charge: &Charge) -> Result<i64> {
    let limits = store::limits(tx).await?;
    let held =
        who.roles.iter().filter(|(role, clinic)| role.may(Permission::GiveDiscount) && clinic.is_none_or(|at| at == charge.clinic_id));
    let limit = |role: Role| limits.iter().find(|(of, _)| *of == role).map_or(USUAL_LIMIT, |(_, limit)| *limit);
    Ok(held.map(|(role, _)| limit(*role)).max().unwrap_or_default())
}

/// Whether a discount is within a limit of its line.
pub fn is_within(discount: Money, gross: Money, limit: i64) -> bool {
    i128::from(discount.0) * 10_000 <= i128::from(gross.0) * i128::from(limit)
}

/// The charge, locked with its account, when a discount can be given on it.
async fn open(ctx: &mut Ctx, id: ChargeId, version: &str, permission: Permission) -> Result<Charge> {
    let charge = charge_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(permission, charge.clinic_id)?;
    let account = account_of(&mut ctx.tx, charge.patient_id).await?.ok_or(Error::NotFound)?;
    ctx.tx.lock(account).await?;
    let charge = charge_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if charge.state != ChargeState::Billable {
        return Err(Error::conflict(tr!(billing.charge_not_open)));
    }
    if version != charge.net.0.to_string() {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    Ok(charge)
}

/// Gives a discount on a charge that no invoice has; `seen` is what was to pay when the page was made. Above the user's limit it is asked
/// for, and a second person approves it.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when the charge changed.
pub async fn give(ctx: &mut Ctx, (id, seen): (ChargeId, &str), amount: Amount, reason: DiscountReason) -> Result<(Charge, Given)> {
    let charge = open(ctx, id, seen, Permission::GiveDiscount).await?;
    if charge.free_because.is_some() {
        return Err(Error::conflict(tr!(billing.charge_is_free)));
    }
    if let Some(item) = charge.item_id
        && prices::item(&mut ctx.tx, item).await?.is_some_and(|item| !item.discountable)
    {
        return Err(Error::conflict(tr!(billing.not_discountable)));
    }
    let (discount, basis_points) = match amount {
        Amount::Fixed(amount) => (amount, None),
        Amount::Percent(basis_points) => (arithmetic::part(charge.gross, basis_points), Some(basis_points)),
    };
    if discount <= Money::ZERO || discount > charge.gross {
        let gross = ctx.state().hospital().currency.show(charge.gross);
        return Err(Error::invalid("discount", tr!(billing.discount_wrong, gross = gross)));
    }
    let limit = limit_of(&mut ctx.tx, &ctx.who.clone(), &charge).await?;
    let stamp = ctx.stamp();
    if is_within(discount, charge.gross, limit) {
        store::set(&mut ctx.tx, &charge, (discount, basis_points, reason), (stamp.by, None), stamp.at).await?;
        return Ok((charge, Given::Given));
    }
    store::ask(&mut ctx.tx, &charge, (discount, basis_points, reason), stamp).await?;
    Ok((charge, Given::Asked))
}

/// Approves the discount that another person asked for, or refuses it.
///
/// # Errors
/// [`Error::Forbidden`] to the person who asked; [`Error::Conflict`] when nothing is asked for any more.
pub async fn decide(ctx: &mut Ctx, (id, seen): (ChargeId, &str), approve: bool) -> Result<Charge> {
    let charge = open(ctx, id, seen, Permission::ApproveMoney).await?;
    let (Some(discount), Some(asked_by), Some(reason)) = (charge.asked_discount, charge.asked_by, charge.asked_reason) else {
        return Err(Error::conflict(tr!(billing.account_changed)));
    };
    let (by, now) = (ctx.user(), ctx.now);
    if !approve {
        store::drop_asked(&mut ctx.tx, &charge, now).await?;
        return Ok(charge);
    }
    if asked_by == by {
        return Err(Error::conflict(tr!(billing.second_person)));
    }
    if discount > charge.gross {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    store::set(&mut ctx.tx, &charge, (discount, charge.asked_bp, reason), (asked_by, Some(by)), now).await?;
    Ok(charge)
}

/// Takes a discount off again.
///
/// # Errors
/// [`Error::Conflict`] when the charge changed.
pub async fn take_off(ctx: &mut Ctx, (id, seen): (ChargeId, &str)) -> Result<Charge> {
    let charge = open(ctx, id, seen, Permission::GiveDiscount).await?;
    if charge.free_because.is_some() {
        return Err(Error::conflict(tr!(billing.charge_is_free)));
    }
    let now = ctx.now;
    store::clear(&mut ctx.tx, &charge, now).await?;
    Ok(charge)
}

/// Refuses an invoice with a discount that waits for a second person, or that is above the limit by now.
///
/// # Errors
/// [`Error::Conflict`].
pub async fn check_at_issue(tx: &mut Tx, charges: &[&Charge]) -> Result<()> {
    for charge in charges {
        if charge.asked_discount.is_some() {
            return Err(Error::conflict(tr!(billing.discount_waits, charge = charge.description.clone())));
        }
        let Some(by) = charge.discounted_by.filter(|_| charge.approved_by.is_none()) else { continue };
        let limit = store::limit_of_user(tx, by, charge.clinic_id).await?;
        if !is_within(charge.discount, charge.gross, limit) {
            return Err(Error::conflict(tr!(billing.discount_above_limit, charge = charge.description.clone())));
        }
    }
    Ok(())
}

/// Sets the limit of a role.
///
/// # Errors
/// [`Error::Invalid`] with the field.
pub async fn change_limit(tx: &mut Tx, role: Role, basis_points: i64, stamp: Stamp) -> Result<()> {
    if !role.may(Permission::GiveDiscount) || !(0..=10_000).contains(&basis_points) {
        return Err(Error::invalid("limit", tr!(billing.percent_wrong)));
    }
    store::set_limit(tx, role, basis_points, stamp).await
}
