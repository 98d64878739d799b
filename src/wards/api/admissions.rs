//! Acts on requests: ask, accept, refuse, cancel, admit.

use leptos::prelude::*;

use crate::{
    core::{
        AdmissionId, BedId, Error, IdempotencyKey, PatientId, Permission, Result, WardId,
        error::FieldErrors,
        form::chosen,
        time::{Instant, parse_date, parse_time},
    },
    organisation::Typed,
    server::{Ctx, Event, redirect_to},
    tr,
    wards::{
        WARDS,
        admission::{self, ActTurn},
    },
};
/// Hours by which an admission may be entered late.
const LATE_HOURS: i64 = 12;

/// Asks a ward to admit a patient.
#[server(endpoint = "wards/request")]
pub async fn request_admission(
    patient_id: PatientId,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RequestAdmission).await?;
    ctx.reach([patient_id]).await?;
    let id = AdmissionId(chosen::<IdempotencyKey>("key", &key)?.into());
    let typed = admission::RequestForm::read(&mut ctx, &fields).await?;
    admission::request(&mut ctx, patient_id, id, &typed).await?;
    let clinic = ctx.clinic.id;
    ctx.tell(Event::new(&WARDS).at(clinic).about(id));
    let may_view = ctx.who.may(Permission::ViewWard);
    ctx.commit().await?;
    redirect_to(&if may_view { format!("/admissions/{id}?done=requested") } else { format!("/patients/{patient_id}?done=saved") });
    Ok(())
}

/// Commits the act and goes to the admission's page.
pub(super) async fn finish(ctx: Ctx, turn: &ActTurn, done: &str) -> Result<()> {
    ctx.commit().await?;
    redirect_to(&format!("/admissions/{}?done={done}", turn.admission.id));
    Ok(())
}

/// Accepts a request on a ward, with a reserved bed or the next free one.
#[server(endpoint = "wards/accept")]
pub async fn accept(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] ward: String,
    #[server(default)] bed_id: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let ward = errors.chosen::<WardId>("ward", &ward);
        let bed = if bed_id.is_empty() { None } else { errors.chosen::<BedId>("bed_id", &bed_id) };
        let because = errors.line("because", &because, 500);
        errors.finish()?;
        let Some(ward) = ward else { return Err(Error::NotFound) };
        admission::accept(&mut ctx, &turn, ward, bed, &because).await?;
    }
    finish(ctx, &turn, "accepted").await
}

/// Refuses a request.
#[server(endpoint = "wards/refuse")]
pub async fn refuse(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let reason = errors.required_line("reason", &reason, 500);
        errors.finish()?;
        admission::refuse(&mut ctx, &turn, &reason).await?;
    }
    finish(ctx, &turn, "refused").await
}

/// Cancels a request.
#[server(endpoint = "wards/cancel")]
pub async fn cancel(admission_id: AdmissionId, #[server(default)] key: String, #[server(default)] reason: String) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RequestAdmission).await?;
    let turn = admission::turn(&mut ctx, Permission::RequestAdmission, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let reason = errors.required_line("reason", &reason, 500);
        errors.finish()?;
        admission::cancel(&mut ctx, &turn, &reason).await?;
    }
    let may_view = ctx.who.may(Permission::ViewWard);
    ctx.commit().await?;
    let (id, patient) = (turn.admission.id, turn.admission.patient_id);
    redirect_to(&if may_view { format!("/admissions/{id}?done=cancelled") } else { format!("/patients/{patient}?done=saved") });
    Ok(())
}

/// Reads a time of day that has passed, at most some hours ago: today, or else yesterday. Empty is now.
pub(super) fn passed(ctx: &Ctx, field: &'static str, typed: &str) -> Result<Instant> {
    if typed.trim().is_empty() {
        return Ok(ctx.now);
    }
    let time = parse_time(field, typed)?;
    let zone = ctx.zone();
    let days = [Some(ctx.today()), ctx.today().pred_opt()];
    let at = days.into_iter().flatten().filter_map(|day| zone.instant(day.and_time(time))).find(|at| *at <= ctx.now);
    at.filter(|at| ctx.now - *at <= chrono::Duration::hours(LATE_HOURS))
        .ok_or_else(|| Error::invalid(field, tr!(wards.too_late, hours = LATE_HOURS)))
}

/// Admits the patient to a bed.
#[server(endpoint = "wards/admit")]
pub async fn admit(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] bed_id: String,
    #[server(default)] time: String,
    /// The wristband was compared with the patient.
    #[server(default)]
    band: String,
    #[server(default)] because: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageBeds).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageBeds, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let bed = errors.chosen::<BedId>("bed_id", &bed_id);
        let at = errors.check(passed(&ctx, "time", &time));
        let because = errors.line("because", &because, 500);
        if band.is_empty() {
            errors.add("band", tr!(wards.band_missing));
        }
        errors.finish()?;
        let (Some(bed), Some(at)) = (bed, at) else { return Err(Error::NotFound) };
        admission::admit(&mut ctx, &turn, bed, at, &because).await?;
    }
    finish(ctx, &turn, "admitted").await
}

/// Changes facts of the stay: isolation, doctor, expected discharge, needs.
#[server(endpoint = "wards/change_facts")]
pub async fn change_facts(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    /// The version that the form showed.
    #[server(default)]
    seen: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::RecordCare).await?;
    let turn = admission::turn(&mut ctx, Permission::RecordCare, admission_id, &key).await?;
    if !turn.done_before {
        let form = admission::FactsForm::read(&mut ctx, &turn.admission, &fields).await?;
        admission::change_facts(&mut ctx, &turn, &form, chosen("seen", &seen)?).await?;
    }
    finish(ctx, &turn, "facts_changed").await
}

/// Corrects the time of admission.
#[server(endpoint = "wards/correct_time")]
pub async fn correct_time(
    admission_id: AdmissionId,
    #[server(default)] key: String,
    #[server(default)] day: String,
    #[server(default)] time: String,
    #[server(default)] reason: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageWards).await?;
    let turn = admission::turn(&mut ctx, Permission::ManageWards, admission_id, &key).await?;
    if !turn.done_before {
        let mut errors = FieldErrors::new();
        let day = errors.check(parse_date("day", &day));
        let time = errors.check(parse_time("time", &time));
        let reason = errors.required_line("reason", &reason, 500);
        let at = day.zip(time).and_then(|(day, time)| ctx.zone().instant(day.and_time(time)));
        if day.is_some() && time.is_some() && at.is_none_or(|at| at > ctx.now) {
            errors.add("time", tr!(wards.in_the_future));
        }
        errors.finish()?;
        let Some(at) = at else { return Err(Error::NotFound) };
        admission::correct_time(&mut ctx, &turn, at, &reason).await?;
    }
    finish(ctx, &turn, "corrected").await
}
