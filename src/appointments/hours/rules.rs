//! Changing a doctor's hours: what a change leads to, what is refused, and what is written.

use chrono::{Duration, NaiveDate};

use super::{
    form::{Get, Plan, Stretch, field, shown},
    presence::{Coming, Presence, lost},
    store::{self, HoursKind, Kept, NewHours},
    times::{Run, meet, runs},
};
use crate::{
    appointments::{
        APPOINTMENTS,
        settle::{self, Because},
        slots::Hours,
    },
    audit::{Action, FieldChange},
    core::{
        ClinicId, Error, Permission, Result, ScheduleId, StaffId, VisitTypeId,
        error::FieldErrors,
        time::{self, Zone},
    },
    db::{Locked, Tx},
    organisation::{self, VisitType},
    server::{Ctx, Event},
    tr,
};

/// How far ahead hours are compared as instants. Nobody is booked later than that.
const HORIZON: Duration = Duration::days(4 * 366);

/// The word of the audit log.
const WHAT: &str = "hours";

/// Shown instead of the last day of hours without one.
const NO_LAST_DAY: &str = "…";

/// A change of hours.
#[derive(Clone, Copy, Debug)]
pub enum Change<'c> {
    New(&'c Plan),
    /// New hours from their first day on instead of others.
    Instead(&'c Kept, &'c Plan),
    /// No hours after this day.
    End(&'c Kept, NaiveDate),
}

/// Everything that a change leads to.
#[derive(Clone, Debug)]
pub struct Effect {
    pub before: Presence,
    pub after: Presence,
    pub coming: Vec<Coming>,
    /// The appointments that lose their hours.
    pub lost: Vec<Coming>,
}

/// Ends the hours of a schedule after a day.
fn ended(hours: &mut Vec<Hours>, schedule: ScheduleId, last: NaiveDate) {
    hours.retain(|part| part.schedule_id != schedule || part.valid_from <= last);
    for part in hours.iter_mut().filter(|part| part.schedule_id == schedule) {
        part.valid_to = Some(part.valid_to.map_or(last, |end| end.min(last)));
    }
}

fn day_before(day: NaiveDate) -> NaiveDate {
    day.pred_opt().unwrap_or(day)
}

/// Works out what changes of a doctor's hours lead to. `new` is the id of new hours.
pub async fn effect(tx: &mut Tx, doctor: StaffId, changes: &[Change<'_>], new: ScheduleId, now: time::Instant) -> Result<Effect> {
    let day = day_before(now.date_naive());
    let before = store::presence(tx, &[doctor], day, now).await?;
    let mut after = before.clone();
    for change in changes {
        match change {
            Change::New(plan) => after.hours.extend(plan.hours(new)),
            Change::Instead(kept, plan) => {
                ended(&mut after.hours, kept.id, day_before(plan.valid_from));
                after.hours.extend(plan.hours(new));
            }
            Change::End(kept, last) => ended(&mut after.hours, kept.id, *last),
        }
    }
    let coming = store::coming(tx, &[doctor], now).await?;
    let lost = lost(&coming, &before, &after);
    Ok(Effect { before, after, coming, lost })
}

fn runs_of(there: &Presence, hours: &Hours, today: NaiveDate) -> Vec<Run> {
    there.services.get(&hours.service_id).map(|(_, zone)| runs(*zone, hours, today, today + HORIZON)).unwrap_or_default()
}

/// The other hours of the doctor, at any clinic, on which hours of this schedule would lie; each with the hours that it meets.
pub fn overlaps(there: &Presence, new: ScheduleId, today: NaiveDate) -> Vec<(&Hours, &Hours)> {
    let (ours, others): (Vec<&Hours>, Vec<&Hours>) = there.hours.iter().partition(|part| part.schedule_id == new);
    let others: Vec<(&Hours, Vec<Run>)> = others.into_iter().map(|part| (part, runs_of(there, part, today))).collect();
    ours.into_iter()
        .filter_map(|part| {
            let own = runs_of(there, part, today);
            others.iter().find(|(other, runs)| other.doctor_id == part.doctor_id && meet(&own, runs)).map(|(other, _)| (part, *other))
        })
        .collect()
}

/// How many pairs of hours in force lie on each other.
pub fn clashes(there: &Presence, today: NaiveDate) -> i64 {
    let runs: Vec<(&Hours, Vec<Run>)> = there.hours.iter().map(|part| (part, runs_of(there, part, today))).collect();
    let pairs = runs.iter().enumerate().flat_map(|(at, one)| runs.iter().skip(at + 1).map(move |other| (one, other)));
    let clash = pairs.filter(|((one, own), (other, others))| one.doctor_id == other.doctor_id && meet(own, others));
    i64::try_from(clash.count()).unwrap_or(i64::MAX)
}

/// Writes the doctor's hours as instants anew.
pub async fn write_all_times(tx: &mut Tx, doctor: Locked<StaffId>, after: &Presence, today: NaiveDate) -> Result<()> {
    let runs: Vec<(ScheduleId, Run)> =
        after.hours.iter().flat_map(|part| runs_of(after, part, today).into_iter().map(|run| (part.schedule_id, run))).collect();
    store::write_times(tx, doctor, &runs).await
}

/// Hours in one line: validity, weekdays and times, slot and capacity.
pub fn summary(valid_from: NaiveDate, valid_to: Option<NaiveDate>, parts: &[Hours]) -> String {
    let mut days: Vec<(String, Vec<i64>)> = Vec::new();
    for weekday in 1..=7 {
        let times = parts
            .iter()
            .filter(|part| part.weekday == weekday)
            .map(|part| format!("{}–{}", shown(part.start_minute), shown(part.end_minute)))
            .collect::<Vec<_>>()
            .join(" ");
        match days.last_mut() {
            _ if times.is_empty() => {}
            Some((same, weekdays)) if *same == times => weekdays.push(weekday),
            _ => days.push((times, vec![weekday])),
        }
    }
    let names = |weekdays: Vec<i64>| weekdays.into_iter().map(short_weekday).collect::<Vec<_>>().join(" ");
    let days = days.into_iter().map(|(times, weekdays)| format!("{} {times}", names(weekdays))).collect::<Vec<_>>().join(", ");
    let end = valid_to.map_or_else(|| NO_LAST_DAY.to_owned(), time::show_date);
    let measures = parts.first().map(|part| {
        let measures = tr!(hours.measures, slot = part.slot_minutes, gap = part.gap_minutes, capacity = part.capacity);
        match part.walk_in_seats {
            0 => measures,
            seats => format!("{measures}, {}", tr!(hours.for_walk_ins, count = seats)),
        }
    });
    [Some(format!("{} – {end}", time::show_date(valid_from))), Some(days), measures].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// "; only for First visit": the visit types that hours are kept for, after their summary; empty for all.
pub fn only_words(kept_for: &[VisitTypeId], types: &[VisitType]) -> String {
    let names: Vec<&str> = types.iter().filter(|known| kept_for.contains(&known.id)).map(|known| known.name.as_str()).collect();
    if names.is_empty() { String::new() } else { format!("; {}", tr!(hours.only_for, types = names.join(", "))) }
}

/// "; Room 2": the room of hours, after their summary.
pub fn room_words(room: &str) -> String {
    if room.is_empty() { String::new() } else { format!("; {room}") }
}

/// The short name of a weekday; Monday is 1.
pub(super) fn short_weekday(weekday: i64) -> &'static str {
    // 5 January 1970 was a Monday.
    let monday = NaiveDate::from_ymd_opt(1970, 1, 5).unwrap_or_default();
    time::short_weekday(monday + Duration::days(weekday - 1))
}

/// Notes each stretch that lies on other hours of the doctor, at the field of its start.
async fn refuse_overlaps(
    tx: &mut Tx,
    plan: &Plan,
    there: &Presence,
    new: ScheduleId,
    today: NaiveDate,
    errors: &mut FieldErrors,
) -> Result<()> {
    for (own, other) in overlaps(there, new, today) {
        let kept = store::kept(tx, other.schedule_id).await?;
        let clinic = organisation::clinic(tx, kept.clinic_id).await?;
        let times = format!("{} {}–{}", short_weekday(other.weekday), shown(other.start_minute), shown(other.end_minute));
        let stretch = plan.stretches.iter().find(|part| (part.weekday, part.from) == (own.weekday, own.start_minute));
        let name = stretch.map_or_else(|| "valid_from".to_owned(), |Stretch { weekday, number, .. }| field(*weekday, *number, "from"));
        errors.add(&name, tr!(hours.overlaps, service = kept.service, clinic = clinic.name, times = times));
    }
    Ok(())
}

/// Saves hours under the id `new`; `instead` are the hours, and their version when the form was made, that end the day before.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong, and with `seen` until the preview of exactly this plan was confirmed;
/// [`Error::Conflict`] when somebody changed the hours meanwhile.
pub async fn save(ctx: &mut Ctx, new: ScheduleId, instead: Option<(ScheduleId, &str)>, get: Get<'_>) -> Result<Effect> {
    let mut errors = FieldErrors::new();
    let today = ctx.today();
    let read = Plan::read(get, today, &mut errors);
    errors.finish()?;
    let types = organisation::visit_types(&mut ctx.tx).await?;
    let plan = read.ok_or(Error::NotFound)?.kept_for(get, types.iter().map(|known| known.id));
    let mut errors = FieldErrors::new();
    let service = organisation::service(&mut ctx.tx, plan.service).await?;
    ctx.at_clinic(Permission::ManageSchedules, service.clinic_id)?;
    if !organisation::services(&mut ctx.tx, service.clinic_id).await?.iter().any(|known| known.id == service.id) {
        errors.add("service_id", tr!(errors.choose));
    }
    if !organisation::doctors(&mut ctx.tx, service.clinic_id).await?.iter().any(|known| known.id == plan.doctor) {
        errors.add("doctor_id", tr!(hours.doctor_elsewhere));
    }
    errors.finish()?;
    let doctor = ctx.tx.lock(plan.doctor).await?;
    let kept = match instead {
        Some((id, version)) => Some(in_force(ctx, id, version, plan.doctor).await?),
        None => None,
    };
    let change = kept.as_ref().map_or(Change::New(&plan), |kept| Change::Instead(kept, &plan));
    let effect = effect(&mut ctx.tx, plan.doctor, &[change], new, ctx.now).await?;
    if store::is_there(&mut ctx.tx, new).await? {
        // The form was sent twice.
        return Ok(effect);
    }
    let mut errors = FieldErrors::new();
    refuse_overlaps(&mut ctx.tx, &plan, &effect.after, new, today, &mut errors).await?;
    errors.finish()?;
    if get("seen") != plan.mark() {
        return Err(Error::invalid("seen", tr!(hours.look_at_preview)));
    }
    let stamp = ctx.stamp();
    let before = match &kept {
        Some(kept) => {
            let parts = store::stretches(&mut ctx.tx, &[kept.id]).await?;
            close(ctx, doctor, kept, day_before(plan.valid_from)).await?;
            let of = store::visit_types_of(&mut ctx.tx, &[kept.id]).await?;
            let only = only_words(of.get(&kept.id).map_or(&[][..], Vec::as_slice), &types);
            format!("{}{only}{}", summary(kept.valid_from, kept.valid_to, &parts), room_words(&kept.room))
        }
        None => String::new(),
    };
    let stretches = plan.hours(new);
    let written = NewHours {
        id: new,
        doctor,
        service: plan.service,
        kind: HoursKind::Weekly,
        valid_from: plan.valid_from,
        valid_to: plan.valid_to,
        reason: "",
        stretches: &stretches,
        visit_types: &plan.visit_types,
        room: plan.room,
    };
    store::insert(&mut ctx.tx, &written, stamp).await?;
    write_all_times(&mut ctx.tx, doctor, &effect.after, today).await?;
    let name = organisation::staff_name(&mut ctx.tx, plan.doctor).await?;
    let room = store::kept(&mut ctx.tx, new).await?.room;
    let after = format!(
        "{name}; {}; {}{}{}",
        service.name,
        summary(plan.valid_from, plan.valid_to, &stretches),
        only_words(&plan.visit_types, &types),
        room_words(&room)
    );
    ctx.did_change(Action::Create, WHAT, new, &[FieldChange { field: WHAT.to_owned(), before, after }]);
    settle::follow(ctx, &effect, Because::Hours).await?;
    ctx.tell(Event::new(&APPOINTMENTS).at(service.clinic_id));
    Ok(effect)
}

/// The hours, if they are the doctor's, in force, and as they were when the form was made.
async fn in_force(ctx: &mut Ctx, id: ScheduleId, version: &str, doctor: StaffId) -> Result<Kept> {
    let kept = store::kept(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::ManageSchedules, kept.clinic_id)?;
    if kept.doctor_id != doctor {
        return Err(Error::invalid("doctor_id", tr!(hours.same_doctor)));
    }
    if kept.withdrawn_at.is_some() || kept.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    Ok(kept)
}

async fn close(ctx: &mut Ctx, doctor: Locked<StaffId>, kept: &Kept, last: NaiveDate) -> Result<()> {
    if kept.valid_to.is_some_and(|end| end <= last) {
        return Ok(());
    }
    let stamp = ctx.stamp();
    if !store::close(&mut ctx.tx, doctor, kept, last, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let before = kept.valid_to.map_or_else(|| NO_LAST_DAY.to_owned(), |day| day.to_string());
    let change = FieldChange { field: "valid_to".to_owned(), before, after: last.to_string() };
    ctx.did_change(Action::Update, WHAT, kept.id, &[change]);
    ctx.tell(Event::new(&APPOINTMENTS).at(kept.clinic_id));
    Ok(())
}

/// The last day of hours as it was typed: yesterday at the earliest, which ends them at once.
fn last_day(ctx: &Ctx, typed: &str) -> Result<NaiveDate> {
    let last = time::parse_date("last_day", typed)?;
    if last < day_before(ctx.today()) {
        return Err(Error::invalid("last_day", tr!(hours.last_day_past)));
    }
    Ok(last)
}

/// Ends hours after a day. Until the list of those who lose theirs was confirmed (`seen` is the day), it is refused.
///
/// # Errors
/// As [`save`].
pub async fn end_hours(ctx: &mut Ctx, id: ScheduleId, version: &str, typed: &str, seen: &str) -> Result<Effect> {
    let last = last_day(ctx, typed)?;
    let kept = store::kept(&mut ctx.tx, id).await?;
    let doctor = ctx.tx.lock(kept.doctor_id).await?;
    let kept = in_force(ctx, id, version, kept.doctor_id).await?;
    let effect = effect(&mut ctx.tx, kept.doctor_id, &[Change::End(&kept, last)], ScheduleId::new(), ctx.now).await?;
    confirmed(&effect, seen, last)?;
    close(ctx, doctor, &kept, last).await?;
    finish(ctx, doctor, &effect, Because::Hours).await?;
    Ok(effect)
}

fn confirmed(effect: &Effect, seen: &str, last: NaiveDate) -> Result<()> {
    if effect.lost.is_empty() || seen == last.to_string() {
        return Ok(());
    }
    Err(Error::invalid("seen", tr!(hours.look_at_lost, count = effect.lost.len())))
}

async fn finish(ctx: &mut Ctx, doctor: Locked<StaffId>, effect: &Effect, because: Because) -> Result<()> {
    let today = ctx.today();
    write_all_times(&mut ctx.tx, doctor, &effect.after, today).await?;
    settle::follow(ctx, effect, because).await
}

/// Ends all hours of a doctor who leaves, at all clinics, after the last day.
///
/// # Errors
/// As [`save`]; [`Error::NotFound`] when some of the hours are at a clinic whose hours the user does not keep.
pub async fn leave_house(ctx: &mut Ctx, doctor: StaffId, typed: &str, seen: &str) -> Result<Effect> {
    let last = last_day(ctx, typed)?;
    let locked = ctx.tx.lock(doctor).await?;
    let yesterday = day_before(ctx.today());
    let all = store::of_doctor(&mut ctx.tx, doctor, yesterday).await?;
    for kept in &all {
        ctx.at_clinic(Permission::ManageSchedules, kept.clinic_id)?;
    }
    let changes: Vec<Change<'_>> = all.iter().map(|kept| Change::End(kept, last)).collect();
    let mut effect = effect(&mut ctx.tx, doctor, &changes, ScheduleId::new(), ctx.now).await?;
    effect.lost = after_last_day(&effect, last);
    confirmed(&effect, seen, last)?;
    for kept in &all {
        close(ctx, locked, kept, last).await?;
    }
    finish(ctx, locked, &effect, Because::Leaving).await?;
    Ok(effect)
}

/// The appointments that a doctor who leaves cannot see: those that lose their hours, and all others after the last day, also where staff
/// kept them without hours.
fn after_last_day(effect: &Effect, last: NaiveDate) -> Vec<Coming> {
    let is_later = |one: &Coming| {
        let zone = effect.after.services.get(&one.service_id).map(|(_, zone)| *zone);
        zone.is_some_and(|zone| zone.day(one.starts_at) > last) && !effect.after.holds(one)
    };
    effect.coming.iter().filter(|one| is_later(one) || effect.lost.contains(one)).cloned().collect()
}

/// Takes an extra session away.
///
/// # Errors
/// [`Error::Invalid`] with `seen` until the list of those who are booked in it was confirmed.
pub async fn withdraw_extra(ctx: &mut Ctx, id: ScheduleId, version: &str, seen: &str) -> Result<Effect> {
    let kept = store::kept(&mut ctx.tx, id).await?;
    let doctor = ctx.tx.lock(kept.doctor_id).await?;
    let kept = store::kept(&mut ctx.tx, id).await?;
    ctx.at_clinic(Permission::KeepAbsences, kept.clinic_id)?;
    if kept.kind != HoursKind::Extra || kept.withdrawn_at.is_some() || kept.version.to_string() != version {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let last = day_before(kept.valid_from);
    let effect = effect(&mut ctx.tx, kept.doctor_id, &[Change::End(&kept, last)], ScheduleId::new(), ctx.now).await?;
    confirmed(&effect, seen, last)?;
    close(ctx, doctor, &kept, last).await?;
    finish(ctx, doctor, &effect, Because::Hours).await?;
    Ok(effect)
}

/// A clinic got another time zone: hours keep their times on the wall, appointments their instants. Those that no longer stand in hours go
/// to the list.
///
/// # Errors
/// [`Error::Conflict`] when hours of a doctor at two clinics would lie on each other.
pub async fn clock_changed(ctx: &mut Ctx, clinic: ClinicId, before: Zone) -> Result<()> {
    let day = day_before(ctx.now.date_naive());
    let doctors = store::doctors_of_clinic(&mut ctx.tx, clinic, day, ctx.now).await?;
    let locked = ctx.tx.lock_all(doctors).await?;
    let doctors: Vec<StaffId> = locked.iter().map(|doctor| doctor.id()).collect();
    let after = store::presence(&mut ctx.tx, &doctors, day, ctx.now).await?;
    let mut old = after.clone();
    for (_, zone) in old.services.values_mut().filter(|(at, _)| *at == clinic) {
        *zone = before;
    }
    let coming = store::coming(&mut ctx.tx, &doctors, ctx.now).await?;
    let lost = lost(&coming, &old, &after);
    for doctor in locked {
        let own = Presence { hours: after.hours.iter().filter(|part| part.doctor_id == doctor.id()).cloned().collect(), ..after.clone() };
        write_all_times(&mut ctx.tx, doctor, &own, day).await?;
    }
    settle::follow(ctx, &Effect { before: old, after, coming, lost }, Because::Hours).await
}
