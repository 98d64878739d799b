//! The acts of staff on charges: add one by hand, take it back, give and approve discounts, look for missing prices; and the rules that an
//! administrator sets.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{
    DiscountReason,
    by_hand::{self, ByHand},
    discount::{self, Amount, Given},
};
use crate::{
    billing::{
        Quantity,
        decision::Decision,
        prices::{self, sets_prices},
        revisits::{self, RevisitRule},
    },
    core::{
        ChargeId, ClinicId, DepartmentId, Error, IdempotencyKey, PatientId, Permission, PriceItemId, Result, RevisitRuleId, Role, StaffId,
        error::FieldErrors,
        form::chosen,
        time::{parse_date, show_date},
    },
    server::{Ctx, redirect_to},
    tr,
};

fn page_of(patient: PatientId, done: &str) -> String {
    format!("/patients/{patient}/charges?done={done}")
}

/// The form of a charge that is added by hand.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ChargeForm {
    pub item_id: String,
    pub quantity: String,
    pub service_day: String,
    pub provider_id: String,
}

impl ChargeForm {
    async fn parse(&self, ctx: &mut Ctx, patient: PatientId, key: IdempotencyKey) -> Result<ByHand> {
        let today = ctx.today();
        let mut errors = FieldErrors::new();
        let item = errors.chosen::<PriceItemId>("item_id", &self.item_id);
        let quantity = errors.check(Quantity::parse("quantity", &self.quantity));
        let day = errors.check(parse_date("service_day", &self.service_day));
        let provider = if self.provider_id.is_empty() { None } else { errors.chosen::<StaffId>("provider_id", &self.provider_id) };
        if day.is_some_and(|day| day > today || (today - day).num_days() > 366) {
            errors.add("service_day", tr!(billing.service_day_wrong, today = show_date(today)));
        }
        let known = match item {
            Some(item) => by_hand::item_in_use(ctx, item).await?,
            None => None,
        };
        if item.is_some() && known.is_none() {
            errors.add("item_id", tr!(errors.choose));
        }
        let masters = prices::masters(&mut ctx.tx).await?;
        if provider.is_some_and(|id| !masters.doctors.iter().any(|row| row.id == id.0 && !row.retired)) {
            errors.add("provider_id", tr!(errors.choose));
        }
        errors.finish()?;
        let (Some(item), Some(quantity), Some(day)) = (known, quantity, day) else { return Err(Error::NotFound) };
        Ok(ByHand { patient, key, item, quantity, day, provider })
    }
}

/// Adds a charge by hand, once for its key.
#[server(endpoint = "billing/add_charge")]
pub async fn add_charge(patient_id: PatientId, #[server(default)] key: String, #[server(flatten)] form: ChargeForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddCharges).await?;
    ctx.reach([patient_id]).await?;
    let new = form.parse(&mut ctx, patient_id, chosen("key", &key)?).await?;
    by_hand::add(&mut ctx, &new).await?;
    ctx.commit().await?;
    redirect_to(&page_of(patient_id, "charged"));
    Ok(())
}

/// Takes back a charge that was added by hand.
#[server(endpoint = "billing/cancel_charge")]
pub async fn cancel_charge(#[server(default)] charge_id: String, #[server(default)] in_error: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddCharges).await?;
    let taken = by_hand::cancel(&mut ctx, chosen("charge_id", &charge_id)?, !in_error.is_empty()).await?;
    ctx.commit().await?;
    redirect_to(&page_of(taken.patient_id, "cancelled"));
    Ok(())
}

/// Reads a discount: `10 %` is a part of the price, anything else an amount.
fn read_discount(ctx: &Ctx, typed: &str) -> Result<Amount> {
    let wrong = || Error::invalid("discount", tr!(billing.percent_wrong));
    match typed.trim().strip_suffix('%') {
        Some(percent) => {
            let Quantity(milli) = Quantity::parse("discount", percent).map_err(|_| wrong())?;
            if milli % 10 != 0 || milli > 100_000 { Err(wrong()) } else { Ok(Amount::Percent(milli / 10)) }
        }
        None => ctx.state().hospital().currency.parse("discount", typed).map(Amount::Fixed),
    }
}

/// The form of a discount. `seen` is what was to pay when the page was made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DiscountForm {
    pub seen: String,
    pub discount: String,
    pub reason: String,
}

impl DiscountForm {
    fn parse(&self, ctx: &Ctx) -> Result<(Amount, DiscountReason)> {
        let mut errors = FieldErrors::new();
        let amount = errors.check(read_discount(ctx, &self.discount));
        let reason = errors.chosen::<DiscountReason>("reason", &self.reason);
        errors.finish()?;
        let (Some(amount), Some(reason)) = (amount, reason) else { return Err(Error::NotFound) };
        Ok((amount, reason))
    }
}

/// Gives a discount, or asks a second person for it.
#[server(endpoint = "billing/give_discount")]
pub async fn give_discount(#[server(default)] charge_id: String, #[server(flatten)] form: DiscountForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let (amount, reason) = form.parse(&ctx)?;
    let (charge, given) = discount::give(&mut ctx, (id, &form.seen), amount, reason).await?;
    ctx.commit().await?;
    redirect_to(&page_of(charge.patient_id, if given == Given::Asked { "asked" } else { "discounted" }));
    Ok(())
}

/// Withdraws a discount that waits for its decision.
#[server(endpoint = "billing/withdraw_discount")]
pub async fn withdraw_discount(#[server(default)] charge_id: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let charge = discount::decide(&mut ctx, (id, &seen), Decision::Withdraw).await?;
    ctx.commit().await?;
    redirect_to(&page_of(charge.patient_id, "refused"));
    Ok(())
}

/// The form of a decision on a discount: on the list of approvals (`listed`), or on the patient's charges.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    pub seen: String,
    pub approve: String,
    pub listed: String,
}

/// Approves the discount that another person asked for, or refuses it.
#[server(endpoint = "billing/decide_discount")]
pub async fn decide_discount(#[server(default)] charge_id: String, #[server(flatten)] form: DecisionForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApproveMoney).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let decision = Decision::of(&form.approve);
    let charge = discount::decide(&mut ctx, (id, &form.seen), decision).await?;
    let approve = decision == Decision::Approve;
    ctx.commit().await?;
    if form.listed.is_empty() {
        redirect_to(&page_of(charge.patient_id, if approve { "discounted" } else { "refused" }));
    } else {
        redirect_to(if approve { "/approvals?done=approved" } else { "/approvals?done=rejected" });
    }
    Ok(())
}

/// Gives a discount on the patient's next invoice as a whole, or asks a second person for it.
#[server(endpoint = "billing/discount_invoice")]
pub async fn discount_invoice(patient_id: PatientId, #[server(flatten)] form: DiscountForm) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let (amount, reason) = form.parse(&ctx)?;
    let (_, given) = discount::give_on_invoice(&mut ctx, (patient_id, &form.seen), amount, reason).await?;
    ctx.commit().await?;
    redirect_to(&page_of(patient_id, if given == Given::Asked { "asked" } else { "discounted" }));
    Ok(())
}

/// Takes a discount off again.
#[server(endpoint = "billing/take_off_discount")]
pub async fn take_off_discount(#[server(default)] charge_id: String, #[server(default)] seen: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let charge = discount::take_off(&mut ctx, (id, &seen)).await?;
    ctx.commit().await?;
    redirect_to(&page_of(charge.patient_id, "cancelled"));
    Ok(())
}

/// Looks for the prices of the clinic's charges that wait for one.
#[server(endpoint = "billing/find_prices")]
pub async fn find_prices() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let found = by_hand::find_prices(&mut ctx).await?;
    ctx.commit().await?;
    redirect_to(if found > 0 { "/charges/unpriced?done=found" } else { "/charges/unpriced?done=none" });
    Ok(())
}

/// Opens a transaction for somebody who sets the prices of the whole hospital.
async fn setting() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::SetPrices).await?;
    if sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// The form of a rule by which consultations soon after another are free.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RevisitRuleForm {
    pub clinic_id: String,
    pub department_id: String,
    pub same_doctor: String,
    pub days: String,
    pub visits: String,
}

impl RevisitRuleForm {
    async fn parse(&self, ctx: &mut Ctx, id: RevisitRuleId) -> Result<RevisitRule> {
        let masters = prices::masters(&mut ctx.tx).await?;
        let mut errors = FieldErrors::new();
        let clinic = if self.clinic_id.is_empty() { None } else { errors.chosen::<ClinicId>("clinic_id", &self.clinic_id) };
        let department =
            if self.department_id.is_empty() { None } else { errors.chosen::<DepartmentId>("department_id", &self.department_id) };
        let days = errors.check(self.days.trim().parse::<i64>().map_err(|_| Error::invalid("days", tr!(billing.days_wrong))));
        let visits = errors.check(self.visits.trim().parse::<i64>().map_err(|_| Error::invalid("visits", tr!(billing.visits_wrong))));
        if clinic.is_some_and(|id| !masters.clinics.iter().any(|row| row.id == id.0 && !row.retired)) {
            errors.add("clinic_id", tr!(errors.choose));
        }
        if department.is_some_and(|id| !masters.departments.iter().any(|row| row.id == id.0 && !row.retired)) {
            errors.add("department_id", tr!(errors.choose));
        }
        errors.finish()?;
        let (Some(days), Some(visits)) = (days, visits) else { return Err(Error::NotFound) };
        let same_doctor = !self.same_doctor.is_empty();
        Ok(RevisitRule { id, clinic_id: clinic, department_id: department, same_doctor, days, visits })
    }
}

/// Adds a rule by which consultations soon after another are free.
#[server(endpoint = "billing/add_revisit_rule")]
pub async fn add_revisit_rule(#[server(default)] key: String, #[server(flatten)] form: RevisitRuleForm) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id = RevisitRuleId(chosen::<IdempotencyKey>("key", &key)?.into());
    let rule = form.parse(&mut ctx, id).await?;
    revisits::add_rule(&mut ctx, &rule).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}

/// Ends a revisit rule.
#[server(endpoint = "billing/end_revisit_rule")]
pub async fn end_revisit_rule(#[server(default)] rule_id: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: RevisitRuleId = chosen("rule_id", &rule_id)?;
    revisits::end_rule(&mut ctx, id).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}

/// Sets the largest discount that a role gives alone, in percent.
#[server(endpoint = "billing/set_discount_limit")]
pub async fn set_discount_limit(#[server(default)] role: String, #[server(default)] limit: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let role: Role = chosen("role", &role)?;
    let percent = limit.trim().trim_end_matches('%').trim();
    let wrong = || Error::invalid("limit", tr!(billing.percent_wrong));
    let milli = if percent == "0" { 0 } else { Quantity::parse("limit", percent).map_err(|_| wrong())?.0 };
    if milli % 10 != 0 {
        return Err(wrong());
    }
    discount::change_limit(&mut ctx, role, milli / 10).await?;
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}
