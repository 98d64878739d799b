//! Acts on doses: given, not given, given as needed, corrected.

use leptos::prelude::*;

use crate::{
    accounts,
    core::{
        AdministrationId, AdmissionId, CareOrderId, DoseId, Error, IdempotencyKey, Permission, Result, WardId,
        error::FieldErrors,
        form::{chosen, line},
    },
    medicine_record::{
        bedside::{Scanned, Unscanned},
        doses::{self, Correction, Giving, Second},
        effects::{self, DoseEffect},
        holds::{HoldAnswer, HoldReason},
        orders::{self, moment},
        vocabulary::DoseReason,
    },
    opd::Measure,
    server::{Ctx, Request, redirect_to},
    tr,
};

/// Hours by which a dose may be recorded late.
const LATE_HOURS: i64 = 12;
/// The outcome of a correction by which nothing was done.
const UNDONE: &str = "undone";
pub(super) const GIVEN: &str = "given";

pub(super) fn record_key(key: &str) -> Result<AdministrationId> {
    Ok(AdministrationId(chosen::<IdempotencyKey>("key", key)?.into()))
}

/// Checks the sign-in of the second person, if one was typed. Hashing takes time: no transaction is open.
pub(super) async fn second(login: &str, password: &str) -> Result<Option<Second>> {
    if login.trim().is_empty() && password.is_empty() {
        return Ok(None);
    }
    // The permission is checked before the password.
    drop(Ctx::read(Permission::GiveMedicines).await?);
    let request = Request::current().ok_or(Error::SignedOut)?;
    Ok(Some(Second(accounts::prove_second(&request, login, password).await?)))
}

fn giving(ctx: &Ctx, key: &str, (time, reason, remark): (&str, &str, &str), second: Option<Second>) -> Result<Giving> {
    let mut errors = FieldErrors::new();
    let key = errors.check(record_key(key));
    let at = errors.check(moment("time", time, (ctx.now, ctx.zone()), LATE_HOURS));
    let reason = if reason.is_empty() { None } else { errors.chosen::<DoseReason>("reason", reason) };
    let remark = errors.line("remark", remark, 500);
    errors.finish()?;
    let hold = HoldAnswer::default();
    key.zip(at)
        .map(|(key, at)| Giving { key, at, reason, remark, second, scanned: Scanned::default(), hold, name_read: false })
        .ok_or(Error::NotFound)
}

/// Reads the answer to the hold-if rules of an order.
pub(super) fn hold_answer((reason, glucose): (&str, &str), remark: &str) -> Result<HoldAnswer> {
    let mut errors = FieldErrors::new();
    let reason = if reason.is_empty() { None } else { errors.chosen::<HoldReason>("hold_reason", reason) };
    if reason == Some(HoldReason::Other) && remark.trim().is_empty() {
        errors.add("remark", tr!(medicine_record.say_why));
    }
    let glucose = errors.check(Measure::Glucose.parse(glucose)).flatten();
    errors.finish()?;
    Ok(HoldAnswer { reason, glucose })
}

fn reason_unscanned(typed: &str) -> Result<Option<Unscanned>> {
    if typed.is_empty() { Ok(None) } else { Ok(Some(chosen("unscanned", typed)?)) }
}

/// Returns to the round of the ward from which the nurse came, or to the record of the patient.
fn after(admission: AdmissionId, back: &str, done: &str) -> String {
    match back.parse::<WardId>() {
        Ok(ward) => format!("/wards/{ward}/round?done={done}"),
        Err(_) => format!("/admissions/{admission}/medicines?done={done}"),
    }
}

/// Records a dose as given. A high-alert medicine needs the sign-in of a second person.
#[server(endpoint = "medicine_record/give")]
pub async fn give_dose(
    dose_id: DoseId,
    #[server(default)] key: String,
    /// The time on the clinic's clock; now without one.
    #[server(default)]
    time: String,
    #[server(default)] reason: String,
    #[server(default)] remark: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
    /// The scans of the wristband and of the medicine.
    #[server(default)]
    band: String,
    #[server(default)] medicine: String,
    /// The reason for giving without them.
    #[server(default)]
    unscanned: String,
    /// The decision on the values of the order's hold-if rules.
    #[server(default)]
    hold_reason: String,
    #[server(default)] glucose: String,
    /// The name of a medicine that looks or sounds like another was read on its pack.
    #[server(default)]
    name_read: bool,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    doses::reach(&mut ctx, dose_id).await?;
    let mut giving = giving(&ctx, &key, (&time, &reason, &remark), checked)?;
    giving.hold = hold_answer((&hold_reason, &glucose), &remark)?;
    giving.name_read = name_read;
    giving.scanned = Scanned { band: band.parse().ok(), medicine: medicine.parse().ok(), unscanned: reason_unscanned(&unscanned)? };
    let order = doses::give(&mut ctx, dose_id, &giving).await?;
    ctx.commit().await?;
    redirect_to(&match giving.scanned.band {
        // The next medicine of the same patient.
        Some(band) => format!("/bedside/{band}?done=given"),
        None => after(order.admission_id, &back, "given"),
    });
    Ok(())
}

/// Records that a dose was not given.
#[server(endpoint = "medicine_record/not_give")]
pub async fn not_give_dose(
    dose_id: DoseId,
    #[server(default)] key: String,
    #[server(default)] reason: String,
    #[server(default)] remark: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    doses::reach(&mut ctx, dose_id).await?;
    let key = record_key(&key)?;
    let reason: DoseReason = chosen("reason", &reason)?;
    let remark = line("remark", &remark, 500)?;
    let order = doses::not_give(&mut ctx, dose_id, key, (reason, &remark)).await?;
    ctx.commit().await?;
    redirect_to(&after(order.admission_id, &back, "not_given"));
    Ok(())
}

/// Records a dose of a medicine that is given as needed.
#[server(endpoint = "medicine_record/give_as_needed")]
pub async fn give_as_needed(
    care_order_id: CareOrderId,
    #[server(default)] key: String,
    #[server(default)] time: String,
    #[server(default)] remark: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
    /// The scan of the wristband, and the code of the medicine.
    #[server(default)]
    band: String,
    #[server(default)] code: String,
    /// The reason for giving without them.
    #[server(default)]
    unscanned: String,
    #[server(default)] hold_reason: String,
    #[server(default)] glucose: String,
    #[server(default)] name_read: bool,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let admission = orders::find(&mut ctx.tx, care_order_id).await?.admission_id;
    orders::turn(&mut ctx, Permission::GiveMedicines, admission).await?;
    let mut giving = giving(&ctx, &key, (&time, "", &remark), checked)?;
    giving.hold = hold_answer((&hold_reason, &glucose), &remark)?;
    giving.name_read = name_read;
    giving.scanned = Scanned { band: band.parse().ok(), medicine: None, unscanned: reason_unscanned(&unscanned)? };
    let order = doses::give_as_needed(&mut ctx, care_order_id, &giving, &code).await?;
    ctx.commit().await?;
    redirect_to(&match giving.scanned.band {
        Some(band) => format!("/bedside/{band}?done=given"),
        None => after(order.admission_id, "", "given"),
    });
    Ok(())
}

/// Corrects the record of a dose, as a further version.
#[server(endpoint = "medicine_record/correct")]
pub async fn correct_dose(
    dose_id: DoseId,
    #[server(default)] key: String,
    /// The record that the page showed.
    #[server(default)]
    seen: String,
    /// `given`, `undone`, or the reason for which it was not given.
    #[server(default)]
    outcome: String,
    #[server(default)] time: String,
    #[server(default)] why: String,
    #[server(default)] hold_reason: String,
    #[server(default)] glucose: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    doses::reach(&mut ctx, dose_id).await?;
    let seen: AdministrationId = chosen("seen", &seen)?;
    let why = line("why", &why, 500)?;
    if why.is_empty() {
        return Err(Error::invalid("why", tr!(medicine_record.say_why)));
    }
    let what = match outcome.as_str() {
        UNDONE => Correction::Undone,
        GIVEN => {
            let hold = hold_answer((&hold_reason, &glucose), &why)?;
            Correction::Given(Giving { hold, ..giving(&ctx, &key, (&time, "", ""), checked)? })
        }
        other => Correction::NotGiven(record_key(&key)?, chosen::<DoseReason>("outcome", other)?, String::new()),
    };
    doses::correct(&mut ctx, dose_id, seen, &what, &why).await?;
    ctx.commit().await?;
    redirect_to(&format!("/doses/{dose_id}?done=corrected"));
    Ok(())
}

/// Records the effect of a dose that was given as needed: a word, a pain score, or both.
#[server(endpoint = "medicine_record/effect")]
pub async fn tell_effect(
    dose_id: DoseId,
    #[server(default)] key: String,
    #[server(default)] effect: String,
    #[server(default)] pain: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    doses::reach(&mut ctx, dose_id).await?;
    let key = chosen::<IdempotencyKey>("key", &key)?.into();
    let mut errors = FieldErrors::new();
    let effect = if effect.is_empty() { None } else { errors.chosen::<DoseEffect>("effect", &effect) };
    let pain = errors.check(Measure::Pain.parse(&pain)).flatten();
    errors.finish()?;
    if effect.is_none() && pain.is_none() {
        return Err(Error::invalid("effect", tr!(medicine_record.effect_needed)));
    }
    let admission = effects::tell(&mut ctx, dose_id, key, (effect, pain)).await?;
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{admission}/medicines?done=effect"));
    Ok(())
}
