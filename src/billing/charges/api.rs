//! The acts of staff on charges: add one by hand, take it back, give and approve discounts, look for missing prices; and the rules that an
//! administrator sets.

use leptos::prelude::*;

use super::{
    DiscountReason, MANUAL, ToCharge, cancel_manual, charge, charge_and_provider, charge_at,
    discount::{self, Amount, Given},
    open_visit, reprice, unpriced,
};
use crate::{
    audit::Action,
    billing::{
        BILLING, Quantity, Service, Wanted,
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
    server::{Ctx, Event, redirect_to},
    tr,
};

/// Charges that one press of the button prices.
const AT_ONCE: i64 = 500;

fn page_of(patient: PatientId, done: &str) -> String {
    format!("/patients/{patient}/charges?done={done}")
}

/// Adds a charge by hand, once for its key.
#[server(endpoint = "billing/add_charge")]
pub async fn add_charge(
    patient_id: PatientId,
    #[server(default)] key: String,
    #[server(default)] item_id: String,
    #[server(default)] quantity: String,
    #[server(default)] service_day: String,
    #[server(default)] provider_id: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddCharges).await?;
    ctx.reach([patient_id]).await?;
    let (stamp, today, clinic) = (ctx.stamp(), ctx.today(), ctx.clinic.id);
    let key: IdempotencyKey = chosen("key", &key)?;
    let mut errors = FieldErrors::new();
    let item = errors.chosen::<PriceItemId>("item_id", &item_id);
    let quantity = errors.check(Quantity::parse("quantity", &quantity));
    let day = errors.check(parse_date("service_day", &service_day));
    let provider = if provider_id.is_empty() { None } else { errors.chosen::<StaffId>("provider_id", &provider_id) };
    if day.is_some_and(|day| day > today || (today - day).num_days() > 366) {
        errors.add("service_day", tr!(billing.service_day_wrong, today = show_date(today)));
    }
    let known = match item {
        Some(item) => prices::item(&mut ctx.tx, item).await?.filter(|item| !item.retired),
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
    let visit = if day == today { open_visit(&mut ctx.tx, patient_id, clinic).await? } else { None };
    let service =
        Service { wanted: Wanted::Item(item.id), patient: patient_id, clinic, department: item.department_id, provider, day, quantity };
    let charged = charge(&mut ctx.tx, &ToCharge::done(&MANUAL, key.into(), visit, service), stamp).await?;
    let (there, by) = charge_and_provider(&mut ctx.tx, charged.id).await?.ok_or(Error::NotFound)?;
    let same =
        (there.patient_id, there.item_id, there.quantity, there.service_day, by) == (patient_id, Some(item.id), quantity, day, provider);
    if !same {
        return Err(Error::key_used());
    }
    ctx.did(Action::Create, "charge", charged.id, Some(patient_id));
    ctx.tell(Event::new(&BILLING).at(clinic).of(patient_id).about(charged.id));
    ctx.commit().await?;
    redirect_to(&page_of(patient_id, "charged"));
    Ok(())
}

/// Takes back a charge that was added by hand.
#[server(endpoint = "billing/cancel_charge")]
pub async fn cancel_charge(#[server(default)] charge_id: String, #[server(default)] in_error: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::AddCharges).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let there = charge_at(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    ctx.at_clinic(Permission::AddCharges, there.clinic_id)?;
    let now = ctx.now;
    let taken = cancel_manual(&mut ctx.tx, id, !in_error.is_empty(), now).await?;
    ctx.did(Action::Update, "charge", id, Some(taken.patient_id));
    ctx.tell(Event::new(&BILLING).at(taken.clinic_id).of(taken.patient_id).about(id));
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

/// Gives a discount, or asks a second person for it.
#[server(endpoint = "billing/give_discount")]
pub async fn give_discount(
    #[server(default)] charge_id: String,
    #[server(default)] seen: String,
    #[server(default)] discount: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let mut errors = FieldErrors::new();
    let amount = errors.check(read_discount(&ctx, &discount));
    let reason = errors.chosen::<DiscountReason>("reason", &reason);
    errors.finish()?;
    let (Some(amount), Some(reason)) = (amount, reason) else { return Err(Error::NotFound) };
    let (charge, given) = discount::give(&mut ctx, (id, &seen), amount, reason).await?;
    ctx.did(Action::Update, "discount", id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(id));
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
    ctx.did(Action::Update, "discount", id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(id));
    ctx.commit().await?;
    redirect_to(&page_of(charge.patient_id, "refused"));
    Ok(())
}

/// Approves the discount that another person asked for, or refuses it: on the list of approvals (`listed`), or on the patient's charges.
#[server(endpoint = "billing/decide_discount")]
pub async fn decide_discount(
    #[server(default)] charge_id: String,
    #[server(default)] seen: String,
    #[server(default)] approve: String,
    #[server(default)] listed: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ApproveMoney).await?;
    let id: ChargeId = chosen("charge_id", &charge_id)?;
    let decision = Decision::of(&approve);
    let charge = discount::decide(&mut ctx, (id, &seen), decision).await?;
    let approve = decision == Decision::Approve;
    ctx.did(Action::Update, "discount", id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(id));
    ctx.commit().await?;
    if listed.is_empty() {
        redirect_to(&page_of(charge.patient_id, if approve { "discounted" } else { "refused" }));
    } else {
        redirect_to(if approve { "/approvals?done=approved" } else { "/approvals?done=rejected" });
    }
    Ok(())
}

/// Gives a discount on the patient's next invoice as a whole, or asks a second person for it.
#[server(endpoint = "billing/discount_invoice")]
pub async fn discount_invoice(
    patient_id: PatientId,
    #[server(default)] seen: String,
    #[server(default)] discount: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveDiscount).await?;
    let mut errors = FieldErrors::new();
    let amount = errors.check(read_discount(&ctx, &discount));
    let reason = errors.chosen::<DiscountReason>("reason", &reason);
    errors.finish()?;
    let (Some(amount), Some(reason)) = (amount, reason) else { return Err(Error::NotFound) };
    let (charges, given) = discount::give_on_invoice(&mut ctx, (patient_id, &seen), amount, reason).await?;
    for charge in charges {
        ctx.did(Action::Update, "discount", charge.id, Some(patient_id));
        ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(patient_id).about(charge.id));
    }
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
    ctx.did(Action::Update, "discount", id, Some(charge.patient_id));
    ctx.tell(Event::new(&BILLING).at(charge.clinic_id).of(charge.patient_id).about(id));
    ctx.commit().await?;
    redirect_to(&page_of(charge.patient_id, "cancelled"));
    Ok(())
}

/// Looks for the prices of the clinic's charges that wait for one.
#[server(endpoint = "billing/find_prices")]
pub async fn find_prices() -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::TakePayments).await?;
    let (now, clinic) = (ctx.now, ctx.clinic.id);
    let mut waiting = unpriced(&mut ctx.tx, clinic, AT_ONCE).await?;
    // Accounts are locked in one order.
    waiting.sort_by_key(|charge| charge.patient_id);
    let patients: Vec<_> = waiting.iter().map(|charge| charge.patient_id).collect();
    ctx.reach(patients).await?;
    let mut found = 0;
    for waits in waiting {
        if reprice(&mut ctx.tx, waits.id, now).await? {
            found += 1;
            ctx.did(Action::Update, "charge", waits.id, Some(waits.patient_id));
            ctx.tell(Event::new(&BILLING).at(clinic).of(waits.patient_id).about(waits.id));
        }
    }
    ctx.commit().await?;
    redirect_to(if found > 0 { "/charges/unpriced?done=found" } else { "/charges/unpriced?done=none" });
    Ok(())
}

/// Opens a transaction for somebody who sets the prices of the whole hospital.
async fn setting() -> Result<Ctx> {
    let ctx = Ctx::write(Permission::SetPrices).await?;
    if sets_prices(&ctx.who) { Ok(ctx) } else { Err(Error::Forbidden) }
}

/// Adds a rule by which consultations soon after another are free.
#[server(endpoint = "billing/add_revisit_rule")]
pub async fn add_revisit_rule(
    #[server(default)] key: String,
    #[server(default)] clinic_id: String,
    #[server(default)] department_id: String,
    #[server(default)] same_doctor: String,
    #[server(default)] days: String,
    #[server(default)] visits: String,
) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id = RevisitRuleId(chosen::<IdempotencyKey>("key", &key)?.into());
    let masters = prices::masters(&mut ctx.tx).await?;
    let mut errors = FieldErrors::new();
    let clinic = if clinic_id.is_empty() { None } else { errors.chosen::<ClinicId>("clinic_id", &clinic_id) };
    let department = if department_id.is_empty() { None } else { errors.chosen::<DepartmentId>("department_id", &department_id) };
    let days = errors.check(days.trim().parse::<i64>().map_err(|_| Error::invalid("days", tr!(billing.days_wrong))));
    let visits = errors.check(visits.trim().parse::<i64>().map_err(|_| Error::invalid("visits", tr!(billing.visits_wrong))));
    if clinic.is_some_and(|id| !masters.clinics.iter().any(|row| row.id == id.0 && !row.retired)) {
        errors.add("clinic_id", tr!(errors.choose));
    }
    if department.is_some_and(|id| !masters.departments.iter().any(|row| row.id == id.0 && !row.retired)) {
        errors.add("department_id", tr!(errors.choose));
    }
    errors.finish()?;
    let (Some(days), Some(visits)) = (days, visits) else { return Err(Error::NotFound) };
    let rule = RevisitRule { id, clinic_id: clinic, department_id: department, same_doctor: !same_doctor.is_empty(), days, visits };
    revisits::add_rule(&mut ctx, &rule).await?;
    ctx.did(Action::Create, "revisit_rule", id, None);
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}

/// Ends a revisit rule.
#[server(endpoint = "billing/end_revisit_rule")]
pub async fn end_revisit_rule(#[server(default)] rule_id: String) -> Result<(), Error> {
    let mut ctx = setting().await?;
    let id: RevisitRuleId = chosen("rule_id", &rule_id)?;
    let (by, now) = (ctx.user(), ctx.now);
    revisits::end_rule(&mut ctx.tx, id, by, now).await?;
    ctx.did(Action::Update, "revisit_rule", id, None);
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
    let stamp = ctx.stamp();
    discount::change_limit(&mut ctx.tx, role, milli / 10, stamp).await?;
    ctx.did(Action::Update, "discount_limit", uuid::Uuid::nil(), None);
    ctx.commit().await?;
    redirect_to("/prices/rules?done=saved");
    Ok(())
}
