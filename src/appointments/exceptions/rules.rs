//! Entering and withdrawing exceptions: first they list the people who are booked in what they take away.

use uuid::Uuid;

use super::{
    form::{Kind, Planned, Time},
    store::{self, Exception},
};
use crate::{
    appointments::{
        APPOINTMENTS,
        hours::{self, Away, Change, Effect, Get, HoursKind, NewHours, Off, lost},
        settle::{self, Because},
    },
    audit::{Action, FieldChange},
    core::{ClinicId, Error, Permission, Result, ScheduleId, StaffId, error::FieldErrors, time},
    db::Tx,
    organisation,
    server::{Ctx, Event, Principal},
    tr,
};

/// The words of the audit log.
const fn what(kind: Kind) -> &'static str {
    match kind {
        Kind::Leave => "leave",
        Kind::Block => "blocked_time",
        Kind::Closure => "closure",
        Kind::Extra => "extra_session",
    }
}

/// Whether the user enters exceptions for others; doctors enter their own leave only.
pub fn keeps_for_others(who: &Principal, clinic: ClinicId) -> bool {
    settle::own_only(who, clinic).is_none()
}

/// The doctors whom an exception concerns.
async fn concerned(tx: &mut Tx, planned: &Planned, clinic: ClinicId, now: time::Instant) -> Result<Vec<StaffId>> {
    Ok(match planned {
        Planned::Leave { doctor, .. } => vec![*doctor],
        Planned::Extra { plan, .. } => vec![plan.doctor],
        Planned::Closure { .. } => hours::doctors_of_clinic(tx, clinic, now.date_naive() - chrono::Duration::days(1), now).await?,
    })
}

/// Works out what an exception leads to.
pub async fn planned_effect(tx: &mut Tx, planned: &Planned, (clinic, new): (ClinicId, Uuid), now: time::Instant) -> Result<Effect> {
    let doctors = concerned(tx, planned, clinic, now).await?;
    let (of, time) = match planned {
        Planned::Leave { doctor, time, .. } => (Away::Doctor(*doctor), *time),
        Planned::Closure { time, .. } => (Away::Clinic(clinic), *time),
        Planned::Extra { plan, .. } => return hours::effect(tx, plan.doctor, &[Change::New(plan)], ScheduleId(new), now).await,
    };
    let before = hours::presence(tx, &doctors, now.date_naive() - chrono::Duration::days(1), now).await?;
    let mut after = before.clone();
    after.off.push(Off { id: new, of, starts_at: time.starts_at, ends_at: time.ends_at, entered_at: now });
    let coming = hours::coming(tx, &doctors, now).await?;
    let lost = lost(&coming, &before, &after);
    Ok(Effect { before, after, coming, lost })
}

/// Saves an exception under the id `new`.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong, and with `seen` until the list of those who are booked was confirmed.
pub async fn save(ctx: &mut Ctx, kind: Kind, new: Uuid, get: Get<'_>) -> Result<Effect> {
    let clinic = ctx.clinic.id;
    let own = settle::own_only(&ctx.who, clinic);
    if own.is_some() && !matches!(kind, Kind::Leave | Kind::Block) {
        return Err(Error::Forbidden);
    }
    let mut errors = FieldErrors::new();
    let read = Planned::read(kind, get, own, (ctx.zone(), ctx.now), &mut errors);
    errors.finish()?;
    let planned = read.ok_or(Error::NotFound)?;
    if let Planned::Leave { doctor, .. } | Planned::Extra { plan: hours::Plan { doctor, .. }, .. } = &planned
        && own.is_none()
        && !organisation::doctors(&mut ctx.tx, clinic).await?.iter().any(|known| known.id == *doctor)
    {
        return Err(Error::invalid("doctor_id", tr!(hours.doctor_elsewhere)));
    }
    // Bookings lock the doctor too: each is seen here, or sees this.
    let doctors = concerned(&mut ctx.tx, &planned, clinic, ctx.now).await?;
    let locked = ctx.tx.lock_all(doctors).await?;
    let effect = planned_effect(&mut ctx.tx, &planned, (clinic, new), ctx.now).await?;
    if store::is_there(&mut ctx.tx, new).await? || hours::is_there(&mut ctx.tx, ScheduleId(new)).await? {
        // The form was sent twice.
        return Ok(effect);
    }
    if !effect.lost.is_empty() && get("seen") != planned.mark() {
        return Err(Error::invalid("seen", tr!(hours.look_at_lost, count = effect.lost.len())));
    }
    let stamp = ctx.stamp();
    let because = match &planned {
        Planned::Leave { kind: absent, doctor, time, reason } => {
            let locked = *locked.first().ok_or(Error::NotFound)?;
            store::insert_leave(&mut ctx.tx, (new, *absent), (locked, clinic), (*time, reason), stamp).await?;
            let name = organisation::staff_name(&mut ctx.tx, *doctor).await?;
            audited(ctx, kind, new, &[("doctor", name), ("time", words(ctx, *time))]);
            Because::Absence
        }
        Planned::Closure { time, reason } => {
            store::insert_closure(&mut ctx.tx, new, clinic, (*time, reason), stamp).await?;
            audited(ctx, kind, new, &[("time", words(ctx, *time))]);
            Because::Closure
        }
        Planned::Extra { plan, reason } => {
            insert_extra(ctx, new, (plan, reason), &effect).await?;
            Because::Hours
        }
    };
    settle::follow(ctx, &effect, because).await?;
    ctx.tell(Event::new(&APPOINTMENTS).at(clinic));
    Ok(effect)
}

async fn insert_extra(ctx: &mut Ctx, new: Uuid, (plan, reason): (&hours::Plan, &str), effect: &Effect) -> Result<()> {
    let (stamp, today) = (ctx.stamp(), ctx.today());
    let service = organisation::service(&mut ctx.tx, plan.service).await?;
    ctx.at_clinic(Permission::KeepAbsences, service.clinic_id)?;
    if service.clinic_id != ctx.clinic.id {
        return Err(Error::invalid("service_id", tr!(errors.choose)));
    }
    if let Some((_, other)) = hours::overlaps(&effect.after, ScheduleId(new), today).into_iter().next() {
        let kept = hours::kept(&mut ctx.tx, other.schedule_id).await?;
        let at = organisation::clinic(&mut ctx.tx, kept.clinic_id).await?;
        let times = format!("{}–{}", hours::shown(other.start_minute), hours::shown(other.end_minute));
        return Err(Error::invalid("from_time", tr!(hours.overlaps, service = kept.service, clinic = at.name, times = times)));
    }
    let doctor = ctx.tx.lock(plan.doctor).await?;
    let stretches = plan.hours(ScheduleId(new));
    let written = NewHours {
        id: ScheduleId(new),
        doctor,
        service: plan.service,
        kind: HoursKind::Extra,
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        reason,
        stretches: &stretches,
        visit_types: &[],
        room: plan.room,
    };
    hours::insert(&mut ctx.tx, &written, stamp).await?;
    hours::write_all_times(&mut ctx.tx, doctor, &effect.after, today).await?;
    let name = organisation::staff_name(&mut ctx.tx, plan.doctor).await?;
    let hours = hours::summary(plan.valid_from, plan.valid_to, &stretches);
    audited(ctx, Kind::Extra, new, &[("doctor", name), ("hours", hours)]);
    Ok(())
}

fn words(ctx: &Ctx, time: Time) -> String {
    let (from, to) = (ctx.zone().local(time.starts_at), ctx.zone().local(time.ends_at));
    format!("{} – {}", time::show_date_time(from), time::show_date_time(to))
}

fn audited(ctx: &mut Ctx, kind: Kind, id: Uuid, fields: &[(&str, String)]) {
    let changes: Vec<FieldChange> = fields
        .iter()
        .map(|(field, after)| FieldChange { field: (*field).to_owned(), before: String::new(), after: after.clone() })
        .collect();
    ctx.did_change(Action::Create, what(kind), id, &changes);
}

/// Works out what comes back when leave or a closed time is withdrawn.
async fn withdrawn_effect(tx: &mut Tx, exception: &Exception, clinic: ClinicId, now: time::Instant) -> Result<(Vec<StaffId>, Effect)> {
    let day = now.date_naive() - chrono::Duration::days(1);
    let doctors = match exception.doctor_id {
        Some(doctor) => vec![doctor],
        None => hours::doctors_of_clinic(tx, clinic, day, now).await?,
    };
    let before = hours::presence(tx, &doctors, day, now).await?;
    let mut after = before.clone();
    after.off.retain(|off| off.id != exception.id);
    let coming = hours::coming(tx, &doctors, now).await?;
    Ok((doctors, Effect { before, after, coming, lost: Vec::new() }))
}

/// Withdraws leave or a closed time: the hours are back, and appointments that waited to be settled because of it stand again.
///
/// # Errors
/// [`Error::NotFound`] when it is another clinic's, or a colleague's and the user enters own leave only.
pub async fn withdraw(ctx: &mut Ctx, kind: Kind, id: Uuid) -> Result<()> {
    let closed = kind == Kind::Closure;
    let found = store::exception(&mut ctx.tx, id, closed).await?;
    let clinic = found.clinic_id.unwrap_or(ctx.clinic.id);
    ctx.at_clinic(Permission::KeepAbsences, clinic)?;
    let own = settle::own_only(&ctx.who, clinic);
    if own.is_some() && (closed || found.doctor_id != own) {
        return Err(Error::NotFound);
    }
    let (doctors, _) = withdrawn_effect(&mut ctx.tx, &found, clinic, ctx.now).await?;
    ctx.tx.lock_all(doctors).await?;
    let (_, effect) = withdrawn_effect(&mut ctx.tx, &found, clinic, ctx.now).await?;
    let stamp = ctx.stamp();
    if !store::withdraw(&mut ctx.tx, id, closed, stamp).await? {
        return Err(Error::NotFound);
    }
    let change = FieldChange { field: "retired".to_owned(), before: String::new(), after: "true".to_owned() };
    ctx.did_change(Action::Update, what(kind), id, &[change]);
    settle::follow(ctx, &effect, Because::Absence).await?;
    ctx.tell(Event::new(&APPOINTMENTS).at(clinic));
    Ok(())
}
