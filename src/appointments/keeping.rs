//! The functions for keeping hours and exceptions, and for settling the appointments that lose their hours.

use std::collections::BTreeMap;

use leptos::prelude::*;
use uuid::Uuid;

use super::{
    Appointment,
    api::{changed, instant, tell_patient, tell_price},
    booking,
    exceptions::{self, Kind},
    hours::{self, Effect},
    settle, steps,
};
use crate::{
    audit::Action,
    core::{Error, IdempotencyKey, Permission, Result, ScheduleId, SettlementId, StaffId, form, time},
    server::{Ctx, redirect_to},
    tr,
    ui::ListUrl,
};

/// The fields of a form by their names.
pub type Typed = BTreeMap<String, String>;

fn id_of(key: &str) -> Result<Uuid> {
    Ok(form::chosen::<IdempotencyKey>("key", key)?.into())
}

/// The page after a change: the list of those who lost their hours, if there are any.
fn next(effect: &Effect, doctor: Option<StaffId>, otherwise: &str) -> String {
    if effect.lost.is_empty() {
        return otherwise.to_owned();
    }
    let doctor = doctor.map(|doctor| format!("doctor={doctor}&")).unwrap_or_default();
    format!("/settle?{doctor}done=listed&count={}", effect.lost.len())
}

/// Saves a doctor's weekly hours; with `schedule` they take the place of those from their first day on.
#[server(endpoint = "hours/save")]
pub async fn save_hours(
    #[server(default)] schedule: String,
    #[server(default)] version: String,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageSchedules).await?;
    let new = ScheduleId(id_of(&key)?);
    let instead = match schedule.as_str() {
        "" => None,
        id => Some((form::chosen::<ScheduleId>("schedule", id)?, version.as_str())),
    };
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let effect = hours::save(&mut ctx, new, instead, &get).await?;
    ctx.commit().await?;
    let doctor = get("doctor_id").parse().ok();
    redirect_to(&next(&effect, doctor, &format!("/settings/hours/{new}?done=saved")));
    Ok(())
}

/// Ends hours after a day.
#[server(endpoint = "hours/end")]
pub async fn end_hours(
    #[server(default)] schedule: String,
    #[server(default)] version: String,
    #[server(default)] last_day: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageSchedules).await?;
    let id = form::chosen::<ScheduleId>("schedule", &schedule)?;
    let effect = hours::end_hours(&mut ctx, id, &version, &last_day, &seen).await?;
    let doctor = hours::kept(&mut ctx.tx, id).await?.doctor_id;
    ctx.commit().await?;
    redirect_to(&next(&effect, Some(doctor), "/settings/hours?done=ended"));
    Ok(())
}

/// Ends all hours of a doctor who leaves.
#[server(endpoint = "hours/leaving")]
pub async fn leaving(
    #[server(default)] doctor_id: String,
    #[server(default)] last_day: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::ManageSchedules).await?;
    let doctor = form::chosen::<StaffId>("doctor_id", &doctor_id)?;
    let effect = hours::leave_house(&mut ctx, doctor, &last_day, &seen).await?;
    ctx.did(Action::Update, "leaving", doctor, None);
    ctx.commit().await?;
    redirect_to(&next(&effect, Some(doctor), &format!("/settings/hours?doctor={doctor}&done=ended")));
    Ok(())
}

/// Saves leave, a blocked time, a closed time or an extra session.
#[server(endpoint = "absences/save")]
pub async fn save_exception(
    #[server(default)] kind: String,
    #[server(default)] key: String,
    #[server(flatten)] fields: Typed,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::KeepAbsences).await?;
    let (kind, new) = (form::chosen::<Kind>("kind", &kind)?, id_of(&key)?);
    let get = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let effect = exceptions::save(&mut ctx, kind, new, &get).await?;
    ctx.commit().await?;
    let doctor: Option<StaffId> = matches!(kind, Kind::Leave | Kind::Block).then(|| get("doctor_id").parse().ok()).flatten();
    // The schedule shows the blocked time on its day.
    let otherwise = match (get("back").as_str(), time::parse_date("from_day", &get("from_day"))) {
        ("schedule", Ok(day)) => {
            let url = ListUrl::new("/schedules").with("day", day);
            doctor.into_iter().fold(url, |url, id| url.with("doctor", id)).with("done", "blocked").href()
        }
        _ => "/absences?done=saved".to_owned(),
    };
    redirect_to(&next(&effect, doctor, &otherwise));
    Ok(())
}

/// Withdraws leave, a blocked time, a closed time or an extra session.
#[server(endpoint = "absences/withdraw")]
pub async fn withdraw_exception(
    #[server(default)] kind: String,
    #[server(default)] id: String,
    #[server(default)] version: String,
    #[server(default)] seen: String,
) -> Result<(), Error> {
    let mut ctx = Ctx::write(Permission::KeepAbsences).await?;
    let kind = form::chosen::<Kind>("kind", &kind)?;
    let id = Uuid::parse_str(id.trim()).map_err(|_| Error::invalid("id", tr!(errors.field_unreadable)))?;
    let after = match kind {
        Kind::Leave | Kind::Block | Kind::Closure => {
            exceptions::withdraw(&mut ctx, kind, id).await?;
            "/absences?done=withdrawn".to_owned()
        }
        Kind::Extra => {
            let clinic = ctx.clinic.id;
            if !exceptions::keeps_for_others(&ctx.who, clinic) {
                return Err(Error::Forbidden);
            }
            let effect = hours::withdraw_extra(&mut ctx, ScheduleId(id), &version, &seen).await?;
            next(&effect, None, "/absences?done=withdrawn")
        }
    };
    ctx.commit().await?;
    redirect_to(&after);
    Ok(())
}

/// Opens a transaction for one line of the list, at a clinic where the user books; doctors settle their own. Its patient, its doctor (and
/// the one it moves `to`) and its appointment are locked in the order of locks, and only then is it read whether the line is still open.
async fn settling(id: SettlementId, to: Option<&str>) -> Result<(Ctx, Appointment, Option<StaffId>)> {
    let mut ctx = Ctx::write(Permission::BookAppointments).await?;
    let to = to.map(|doctor| form::chosen::<StaffId>("doctor_id", doctor)).transpose()?;
    let line = settle::line(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::BookAppointments, line.clinic_id)?;
    if settle::own_only(&ctx.who, line.clinic_id).is_some_and(|own| own != line.doctor_id) {
        return Err(Error::NotFound);
    }
    let patient = booking::find(&mut ctx.tx, line.appointment_id).await?.patient_id;
    ctx.tx.lock(patient).await?;
    ctx.tx.lock_all(to.into_iter().chain([line.doctor_id])).await?;
    ctx.tx.lock(line.appointment_id).await?;
    let line = settle::line(&mut ctx.tx, id).await?;
    let found = booking::find(&mut ctx.tx, line.appointment_id).await?;
    Ok((ctx, found, to))
}

async fn keep(id: SettlementId) -> Result<()> {
    let (mut ctx, ..) = settling(id, None).await?;
    let kept = settle::keep(&mut ctx, id).await?;
    changed(&mut ctx, Action::Update, &kept);
    ctx.commit().await
}

async fn move_one(id: SettlementId, doctor: &str, at: &str) -> Result<()> {
    let (mut ctx, old, to) = settling(id, Some(doctor)).await?;
    let (doctor, starts_at) = (to.unwrap_or(old.doctor_id), instant(at)?);
    let made = settle::move_to(&mut ctx, &old, doctor, starts_at).await?;
    changed(&mut ctx, Action::Create, &made);
    tell_price(&mut ctx, &made).await?;
    tell_patient(&mut ctx, &made).await?;
    ctx.commit().await
}

async fn cancel(id: SettlementId, reason: &str) -> Result<()> {
    let (mut ctx, old, _) = settling(id, None).await?;
    let stamp = ctx.stamp();
    let cancelled = steps::cancel(&mut ctx.tx, old.id, reason, stamp).await?;
    changed(&mut ctx, Action::Update, &cancelled);
    tell_patient(&mut ctx, &cancelled).await?;
    ctx.commit().await
}

/// A reason for patients, which must be given.
fn reason_of(typed: &str) -> Result<String> {
    let reason = form::text("reason", typed, 500)?;
    if reason.is_empty() { Err(Error::invalid("reason", tr!(appointments.say_why))) } else { Ok(reason) }
}

fn back(query: &str) -> String {
    let filter = query.strip_prefix("doctor=").and_then(|id| id.parse::<StaffId>().ok()).map(|id| format!("doctor={id}&"));
    format!("/settle?{}", filter.unwrap_or_default())
}

/// Keeps one appointment where it is.
#[server(endpoint = "settle/keep")]
pub async fn settle_keep(#[server(default)] id: String, #[server(default)] back: String) -> Result<(), Error> {
    keep(form::chosen("id", &id)?).await?;
    redirect_to(&format!("{}done=kept&count=1", self::back(&back)));
    Ok(())
}

/// Moves one appointment to the time that was proposed.
#[server(endpoint = "settle/move")]
pub async fn settle_move(
    #[server(default)] id: String,
    #[server(default)] doctor_id: String,
    #[server(default)] at: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    move_one(form::chosen("id", &id)?, &doctor_id, &at).await?;
    redirect_to(&format!("{}done=moved&count=1", self::back(&back)));
    Ok(())
}

/// Cancels one appointment with a reason that the patient reads.
#[server(endpoint = "settle/cancel")]
pub async fn settle_cancel(
    #[server(default)] id: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    cancel(form::chosen("id", &id)?, &reason_of(&reason)?).await?;
    redirect_to(&format!("{}done=cancelled&count=1", self::back(&back)));
    Ok(())
}

crate::text_enum! {
    /// The act for all lines of the list at once.
    pub enum ForAll("act") {
        Keep = "keep",
        Move = "move",
        Cancel = "cancel",
    }
}

/// Does one act for all lines that the page showed. `lines` names them, with the time proposed for each (`id/doctor/seconds`). Each is a
/// transaction of its own: one that somebody else settled, or whose time was taken, stays on the list and stops no other.
#[server(endpoint = "settle/all")]
pub async fn settle_all(
    #[server(default)] act: String,
    #[server(default)] lines: String,
    #[server(default)] reason: String,
    #[server(default)] back: String,
) -> Result<(), Error> {
    // Each line has a transaction of its own; whoever may settle none is refused before anything is read.
    drop(Ctx::read(Permission::BookAppointments).await?);
    let act: ForAll = form::chosen("act", &act)?;
    let reason = if act == ForAll::Cancel { reason_of(&reason)? } else { String::new() };
    let (mut done, mut left) = (0, 0);
    for line in lines.split(' ').filter(|line| !line.is_empty()).take(500) {
        let mut parts = line.split('/');
        let id = form::chosen("lines", parts.next().unwrap_or_default())?;
        let settled = match act {
            ForAll::Keep => keep(id).await,
            ForAll::Cancel => cancel(id, &reason).await,
            ForAll::Move => match (parts.next(), parts.next()) {
                (Some(doctor), Some(at)) => move_one(id, doctor, at).await,
                _ => continue,
            },
        };
        match settled {
            Ok(()) => done += 1,
            Err(Error::Conflict(_) | Error::NotFound | Error::NotInCare { .. }) => left += 1,
            Err(other) => return Err(other),
        }
    }
    if done + left == 0 {
        return Err(Error::invalid("lines", tr!(errors.choose)));
    }
    let word = match act {
        ForAll::Keep => "kept",
        ForAll::Move => "moved",
        ForAll::Cancel => "cancelled",
    };
    redirect_to(&format!("{}done={word}&count={done}&left={left}", self::back(&back)));
    Ok(())
}
