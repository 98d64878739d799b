//! Outages, and what is entered from paper after one.

use leptos::prelude::*;

use super::doses::{GIVEN, hold_answer, record_key, second};
use crate::{
    core::{
        AdmissionId, CareOrderId, DoseId, Error, IdempotencyKey, OutageId, Permission, WardId,
        error::FieldErrors,
        form::{chosen, line},
        time::{parse_date, parse_time},
    },
    medicine_record::{
        bedside::Scanned,
        doses::{self, FromPaper, Giving},
        orders, outages,
        vocabulary::DoseReason,
    },
    server::{Ctx, redirect_to},
};

/// Enters from paper what was done with a dose that was due in an outage.
#[server(endpoint = "medicine_record/enter")]
pub async fn enter_dose(
    dose_id: DoseId,
    outage_id: OutageId,
    #[server(default)] key: String,
    /// `given`, or the reason for which it was not given.
    #[server(default)]
    outcome: String,
    #[server(default)] day: String,
    #[server(default)] time: String,
    #[server(default)] remark: String,
    #[server(default)] hold_reason: String,
    #[server(default)] glucose: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    doses::reach(&mut ctx, dose_id).await?;
    let outage = outages::find(&mut ctx.tx, outage_id).await?.ok_or(Error::NotFound)?;
    let key = record_key(&key)?;
    let remark = line("remark", &remark, 500)?;
    let what = if outcome == GIVEN {
        let mut errors = FieldErrors::new();
        let day = errors.check(parse_date("day", &day));
        let time = errors.check(parse_time("time", &time));
        errors.finish()?;
        let local = day.zip(time).ok_or(Error::NotFound)?;
        let at = ctx.zone().instant_or_next(local.0.and_time(local.1));
        let hold = hold_answer((&hold_reason, &glucose), &remark)?;
        FromPaper::Given(Giving { key, at, reason: None, remark, second: checked, scanned: Scanned::default(), hold, name_read: true })
    } else {
        FromPaper::NotGiven(key, chosen::<DoseReason>("outcome", &outcome)?, remark)
    };
    let order = doses::enter_from_paper(&mut ctx, dose_id, &outage, &what).await?;
    ctx.commit().await?;
    after(&back, order.admission_id);
    Ok(())
}

/// Returns to the ward's list from which the nurse came, or to the record of the patient.
fn after(back: &str, admission: AdmissionId) {
    redirect_to(&match back.parse::<WardId>() {
        Ok(ward) => format!("/wards/{ward}/back-entry?done=entered"),
        Err(_) => format!("/admissions/{admission}/medicines?done=entered"),
    });
}

/// Enters from paper a dose that was given as needed in an outage.
#[server(endpoint = "medicine_record/enter_as_needed")]
pub async fn enter_as_needed(
    care_order_id: CareOrderId,
    outage_id: OutageId,
    #[server(default)] key: String,
    #[server(default)] day: String,
    #[server(default)] time: String,
    #[server(default)] remark: String,
    #[server(default)] hold_reason: String,
    #[server(default)] glucose: String,
    #[server(default)] second_login: String,
    #[server(default)] second_password: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    let checked = second(&second_login, &second_password).await?;
    let mut ctx = Ctx::write(Permission::GiveMedicines).await?;
    let admission = orders::find(&mut ctx.tx, care_order_id).await?.admission_id;
    orders::turn(&mut ctx, Permission::GiveMedicines, admission).await?;
    let outage = outages::find(&mut ctx.tx, outage_id).await?.ok_or(Error::NotFound)?;
    let mut errors = FieldErrors::new();
    let key = errors.check(record_key(&key));
    let day = errors.check(parse_date("day", &day));
    let time = errors.check(parse_time("time", &time));
    let remark = errors.line("remark", &remark, 500);
    errors.finish()?;
    let (Some(key), Some((day, time))) = (key, day.zip(time)) else { return Err(Error::NotFound) };
    let at = ctx.zone().instant_or_next(day.and_time(time));
    let hold = hold_answer((&hold_reason, &glucose), &remark)?;
    let giving = Giving { key, at, reason: None, remark, second: checked, scanned: Scanned::default(), hold, name_read: true };
    let order = doses::enter_as_needed(&mut ctx, care_order_id, &outage, &giving).await?;
    ctx.commit().await?;
    after(&back, order.admission_id);
    Ok(())
}

/// States that the ward was without the program.
#[server(endpoint = "medicine_record/outage")]
pub async fn state_outage(
    ward_id: WardId,
    #[server(default)] key: String,
    #[server(default)] day: String,
    #[server(default)] from: String,
    #[server(default)] until_day: String,
    #[server(default)] until: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::HoldOrders).await?;
    let id = OutageId(chosen::<IdempotencyKey>("key", &key)?.into());
    let mut errors = FieldErrors::new();
    let start = (errors.check(parse_date("day", &day)), errors.check(parse_time("from", &from)));
    let end = (errors.check(parse_date("until_day", &until_day)), errors.check(parse_time("until", &until)));
    errors.finish()?;
    let zone = ctx.zone();
    let (Some(start), Some(end)) = (start.0.zip(start.1), end.0.zip(end.1)) else { return Err(Error::NotFound) };
    let at = |(day, time): (chrono::NaiveDate, chrono::NaiveTime)| zone.instant_or_next(day.and_time(time));
    outages::state_one(&mut ctx, id, (at(start), at(end))).await?;
    ctx.commit().await?;
    redirect_to(&format!("/wards/{ward_id}/back-entry?done=stated"));
    Ok(())
}
