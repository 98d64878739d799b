//! The revisit rule: a consultation soon after one that was charged is free, so many times.

mod store;

use crate::{
    audit::Action,
    core::{ChargeId, ClinicId, DepartmentId, Error, Result, RevisitRuleId},
    db::Tx,
    server::Ctx,
    tr,
};

use super::Service;

pub use store::rules;

/// A rule in force.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct RevisitRule {
    pub id: RevisitRuleId,
    /// `None` is every clinic.
    pub clinic_id: Option<ClinicId>,
    /// `None` is every department.
    pub department_id: Option<DepartmentId>,
    /// Only with the same doctor.
    pub same_doctor: bool,
    /// Days of the clinic after the consultation that was charged.
    pub days: i64,
    /// Free consultations at most.
    pub visits: i64,
}

/// Whether the consultation is free: the most specific rule of the clinic and the department decides, by the last consultation there
/// that was charged; the charge `except` does not count.
///
/// # Errors
/// When the database refuses.
pub(super) async fn is_free(tx: &mut Tx, service: &Service, department: Option<DepartmentId>, except: Option<ChargeId>) -> Result<bool> {
    let Some(department) = department.or(service.department) else { return Ok(false) };
    let rules = store::rules(tx).await?;
    let fits = |rule: &&RevisitRule| {
        rule.clinic_id.is_none_or(|clinic| clinic == service.clinic) && rule.department_id.is_none_or(|of| of == department)
    };
    let Some(rule) = rules.iter().filter(fits).min_by_key(|rule| (rule.department_id.is_none(), rule.clinic_id.is_none())) else {
        return Ok(false);
    };
    if rule.same_doctor && service.provider.is_none() {
        return Ok(false);
    }
    let Some(charged) = store::last_charged(tx, service, department, (rule, except)).await? else { return Ok(false) };
    let since = (service.day - charged).num_days();
    if !(0..=rule.days).contains(&since) {
        return Ok(false);
    }
    Ok(store::free_since(tx, service, department, (rule, except), charged).await? < rule.visits)
}

/// Adds a rule. One of the same clinic and department ends.
///
/// # Errors
/// [`Error::Invalid`] with the fields.
pub async fn add_rule(ctx: &mut Ctx, rule: &RevisitRule) -> Result<()> {
    if !(1..=365).contains(&rule.days) {
        return Err(Error::invalid("days", tr!(billing.days_wrong)));
    }
    if !(1..=20).contains(&rule.visits) {
        return Err(Error::invalid("visits", tr!(billing.visits_wrong)));
    }
    ctx.tx.take_turn("price list", "").await?;
    let stamp = ctx.stamp();
    let rules = store::rules(&mut ctx.tx).await?;
    if rules.iter().any(|old| old.id == rule.id) {
        // The form was sent twice.
        ctx.did(Action::Create, "revisit_rule", rule.id, None);
        return Ok(());
    }
    if let Some(old) = rules.iter().find(|old| (old.clinic_id, old.department_id) == (rule.clinic_id, rule.department_id)) {
        store::retire(&mut ctx.tx, old.id, stamp).await?;
    }
    store::insert(&mut ctx.tx, rule, stamp).await?;
    ctx.did(Action::Create, "revisit_rule", rule.id, None);
    Ok(())
}

/// Ends a rule.
///
/// # Errors
/// When the database refuses.
pub async fn end_rule(ctx: &mut Ctx, id: RevisitRuleId) -> Result<()> {
    let stamp = ctx.stamp();
    store::retire(&mut ctx.tx, id, stamp).await?;
    ctx.did(Action::Update, "revisit_rule", id, None);
    Ok(())
}
