//! The SQL of the revisit rule.

use chrono::{Days, NaiveDate};

use super::RevisitRule;
use crate::{
    billing::Service,
    core::{ChargeId, DepartmentId, Result, RevisitRuleId, Stamp},
    db::{Sql, Tx, sql},
};

/// The rules in force.
///
/// # Errors
/// When the database refuses.
pub async fn rules(tx: &mut Tx) -> Result<Vec<RevisitRule>> {
    Ok(tx
        .all(sql("SELECT id, clinic_id, department_id, same_doctor, days, visits FROM revisit_rules WHERE retired_at IS NULL ORDER BY id"))
        .await?)
}

/// Goes on with the patient's live consultations of the department, as far as the rule looks.
fn consultations(query: Sql, service: &Service, department: DepartmentId, (rule, except): (&RevisitRule, Option<ChargeId>)) -> Sql {
    let first = service.day.checked_sub_days(Days::new(rule.days.unsigned_abs())).unwrap_or(service.day);
    let query = query
        .push(
            " FROM charges c JOIN billing_accounts a ON a.id = c.account_id JOIN price_items i ON i.id = c.item_id AND i.kind = 'consultation'
            WHERE c.state IN ('billable', 'billed', 'paid') AND a.patient_id = ",
        )
        .push_bind(service.patient)
        .push(" AND c.department_id = ")
        .push_bind(department)
        .push(" AND c.service_day >= ")
        .push_bind(first)
        .push(" AND c.service_day <= ")
        .push_bind(service.day);
    let query = match except {
        Some(except) => query.push(" AND c.id <> ").push_bind(except),
        None => query,
    };
    match (rule.same_doctor, service.provider) {
        (true, Some(provider)) => query.push(" AND c.provider_id = ").push_bind(provider),
        _ => query,
    }
}

/// The day of the last consultation that was charged.
pub(super) async fn last_charged(
    tx: &mut Tx,
    service: &Service,
    department: DepartmentId,
    rule: (&RevisitRule, Option<ChargeId>),
) -> Result<Option<NaiveDate>> {
    let query = consultations(sql("SELECT c.service_day"), service, department, rule);
    let row: Option<(NaiveDate,)> =
        tx.optional(query.push(" AND c.free_because IS NULL ORDER BY c.service_day DESC, c.raised_at DESC LIMIT 1")).await?;
    Ok(row.map(|(day,)| day))
}

/// The free consultations since that day.
pub(super) async fn free_since(
    tx: &mut Tx,
    service: &Service,
    department: DepartmentId,
    rule: (&RevisitRule, Option<ChargeId>),
    since: NaiveDate,
) -> Result<i64> {
    let query = consultations(sql("SELECT count(*)"), service, department, rule);
    Ok(tx.count(query.push(" AND c.free_because = 'revisit' AND c.service_day >= ").push_bind(since)).await?)
}

pub(super) async fn insert(tx: &mut Tx, rule: &RevisitRule, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO revisit_rules (id, clinic_id, department_id, same_doctor, days, visits, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(rule.id)
    .bind(rule.clinic_id)
    .bind(rule.department_id)
    .bind(rule.same_doctor)
    .bind(rule.days)
    .bind(rule.visits)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub(super) async fn retire(tx: &mut Tx, id: RevisitRuleId, stamp: Stamp) -> Result<()> {
    let query = sql("UPDATE revisit_rules SET retired_at = $2, retired_by = $3 WHERE id = $1 AND retired_at IS NULL");
    tx.execute(query.bind(id).bind(stamp.at).bind(stamp.by)).await?;
    Ok(())
}
