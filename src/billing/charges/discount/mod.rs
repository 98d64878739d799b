//! Discounts on a charge, or on the next invoice as a whole: with a reason, up to the limit of the role; above it a second person approves, who
//! approves the other acts with money too.

mod store;

use crate::{
    audit::Action,
    core::{ChargeId, ClinicId, Error, Money, PatientId, Permission, Result, Role},
    db::Tx,
    server::{Ctx, Event, Principal},
    tr,
};

use super::{Charge, ChargeState, DiscountReason, account_of, arithmetic, charge_at};
use crate::billing::{BILLING, decision::Decision, prices, workflow};

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

impl Amount {
    /// Returns the discount on a price.
    fn of(self, gross: Money) -> Money {
        match self {
            Self::Fixed(amount) => amount,
            Self::Percent(basis_points) => arithmetic::part(gross, basis_points),
        }
    }
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

/// Whether a discount is within a limit of its line. The limit is rounded up to a minor unit: as many percent as the limit are within it, also
/// when the amount, or the line's part of a discount on the whole invoice, was rounded up.
pub fn is_within(discount: Money, gross: Money, limit: i64) -> bool {
    (i128::from(discount.0) - 1) * 10_000 < i128::from(gross.0) * i128::from(limit)
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

/// Records the change of a charge's discount.
fn changed(ctx: &mut Ctx, charge: &Charge) {
    ctx.did(Action::Update, "discount", charge.id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(charge.id));
}

/// Whether the price list lets a discount be given on the charge.
async fn is_discountable(tx: &mut Tx, charge: &Charge) -> Result<bool> {
    let Some(item) = charge.item_id else { return Ok(true) };
    Ok(prices::item(tx, item).await?.is_none_or(|item| item.discountable))
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
    if !is_discountable(&mut ctx.tx, &charge).await? {
        return Err(Error::conflict(tr!(billing.not_discountable)));
    }
    let basis_points = if let Amount::Percent(basis_points) = amount { Some(basis_points) } else { None };
    let discount = amount.of(charge.gross);
    if discount <= Money::ZERO || discount > charge.gross {
        let gross = ctx.state().hospital().currency.show(charge.gross);
        return Err(Error::invalid("discount", tr!(billing.discount_wrong, gross = gross)));
    }
    let limit = limit_of(&mut ctx.tx, &ctx.who.clone(), &charge).await?;
    let stamp = ctx.stamp();
    if is_within(discount, charge.gross, limit) {
        store::set(&mut ctx.tx, &charge, (discount, basis_points, reason), (stamp.by, None), stamp.at).await?;
        changed(ctx, &charge);
        return Ok((charge, Given::Given));
    }
    store::ask(&mut ctx.tx, &charge, (discount, basis_points, reason), stamp).await?;
    changed(ctx, &charge);
    Ok((charge, Given::Asked))
}

/// The charges of the patient's next invoice over which a discount on the whole of it is spread: those that take discounts, and of which nothing is
/// taken off, or asked to be, yet.
///
/// # Errors
/// When the database refuses.
pub async fn of_next_invoice(tx: &mut Tx, patient: PatientId, clinic: ClinicId) -> Result<Vec<Charge>> {
    let mut charges = Vec::new();
    for line in workflow::draft(tx, patient, clinic).await?.map(|draft| draft.lines).unwrap_or_default() {
        let charge = line.charge;
        let full = charge.discount == Money::ZERO && charge.free_because.is_none() && charge.asked_discount.is_none();
        if full && charge.gross > Money::ZERO && is_discountable(tx, &charge).await? {
            charges.push(charge);
        }
    }
    Ok(charges)
}

/// Gives a discount on the patient's next invoice, spread exactly over its lines; `seen` is the sum of their prices when the page was made. When a
/// line's part is above the user's limit, all parts are asked for. Returns the charges with a part.
///
/// # Errors
/// [`Error::Invalid`] with the field; [`Error::Conflict`] when no line takes a discount, or the charges changed.
pub async fn give_on_invoice(
    ctx: &mut Ctx,
    (patient, seen): (PatientId, &str),
    amount: Amount,
    reason: DiscountReason,
) -> Result<(Vec<Charge>, Given)> {
    ctx.reach([patient]).await?;
    let clinic = ctx.clinic.id;
    let nothing = || Error::conflict(tr!(billing.nothing_to_discount));
    let account = account_of(&mut ctx.tx, patient).await?.ok_or_else(nothing)?;
    ctx.tx.lock(account).await?;
    let charges = of_next_invoice(&mut ctx.tx, patient, clinic).await?;
    let first = charges.first().ok_or_else(nothing)?;
    let gross: Money = charges.iter().map(|charge| charge.gross).sum();
    if seen != gross.0.to_string() {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    let discount = amount.of(gross);
    if discount <= Money::ZERO || discount > gross {
        let gross = ctx.state().hospital().currency.show(gross);
        return Err(Error::invalid("discount", tr!(billing.discount_wrong, gross = gross)));
    }
    let limit = limit_of(&mut ctx.tx, &ctx.who.clone(), first).await?;
    let weights: Vec<_> = charges.iter().map(|charge| charge.gross.0).collect();
    let parts = arithmetic::spread(discount, &weights);
    let given =
        if charges.iter().zip(&parts).all(|(charge, part)| is_within(*part, charge.gross, limit)) { Given::Given } else { Given::Asked };
    let stamp = ctx.stamp();
    let mut with_part = Vec::new();
    for (charge, part) in charges.into_iter().zip(parts).filter(|(_, part)| *part > Money::ZERO) {
        match given {
            Given::Given => store::set(&mut ctx.tx, &charge, (part, None, reason), (stamp.by, None), stamp.at).await?,
            Given::Asked => store::ask(&mut ctx.tx, &charge, (part, None, reason), stamp).await?,
        }
        changed(ctx, &charge);
        with_part.push(charge);
    }
    Ok((with_part, given))
}

/// Approves the discount that another person asked for, refuses or withdraws it.
///
/// # Errors
/// [`Error::Conflict`] to the person who asked, and [`Error::Conflict`] when nothing is asked for any more.
pub async fn decide(ctx: &mut Ctx, (id, seen): (ChargeId, &str), decision: Decision) -> Result<Charge> {
    let charge = open(ctx, id, seen, decision.right(Permission::GiveDiscount)).await?;
    let (Some(discount), Some(asked_by), Some(reason)) = (charge.asked_discount, charge.asked_by, charge.asked_reason) else {
        return Err(Error::conflict(tr!(billing.account_changed)));
    };
    let (by, now) = (ctx.user(), ctx.now);
    if decision != Decision::Approve {
        store::drop_asked(&mut ctx.tx, &charge, now).await?;
        changed(ctx, &charge);
        return Ok(charge);
    }
    if asked_by == by {
        return Err(Error::conflict(tr!(billing.second_person)));
    }
    if discount > charge.gross {
        return Err(Error::conflict(tr!(billing.account_changed)));
    }
    store::set(&mut ctx.tx, &charge, (discount, charge.asked_bp, reason), (asked_by, Some(by)), now).await?;
    changed(ctx, &charge);
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
    changed(ctx, &charge);
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
pub async fn change_limit(ctx: &mut Ctx, role: Role, basis_points: i64) -> Result<()> {
    if !role.may(Permission::GiveDiscount) || !(0..=10_000).contains(&basis_points) {
        return Err(Error::invalid("limit", tr!(billing.percent_wrong)));
    }
    let stamp = ctx.stamp();
    store::set_limit(&mut ctx.tx, role, basis_points, stamp).await?;
    ctx.did(Action::Update, "discount_limit", uuid::Uuid::nil(), None);
    Ok(())
}
