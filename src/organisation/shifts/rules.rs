//! Planning shifts: what is refused, and what the audit log is told.

use chrono::{Days, NaiveDate};

use super::{
    PlannedShift, shifts,
    store::{self, NewShift},
    workers,
};
use crate::{
    audit::{Action, FieldChange},
    core::{
        Error, Result, ServicePointId, ShiftId, StaffId,
        error::FieldErrors,
        form::chosen,
        time::{Zone, parse_date, parse_time, show_date_time},
    },
    db::DbError,
    organisation::{self, Clinic, Typed},
    server::Ctx,
    tr,
};

/// Plans a shift at a clinic, under the `key` that its form was made with. A shift that ends before it begins ends on the next day.
///
/// # Errors
/// [`Error::Invalid`] with the fields that are wrong.
pub async fn plan(ctx: &mut Ctx, clinic: &Clinic, key: ShiftId, typed: &Typed) -> Result<()> {
    if store::is_there(&mut ctx.tx, key).await? {
        // The form was sent twice.
        return Ok(());
    }
    let mut errors = FieldErrors::new();
    let text = |name: &str| typed.get(name).map_or("", String::as_str);
    let staff = errors.check(chosen::<StaffId>("staff", text("staff")));
    let day = errors.check(parse_date("day", text("day")));
    let (from, to) = (errors.check(parse_time("from", text("from"))), errors.check(parse_time("to", text("to"))));
    let place = match text("place") {
        "" => None,
        word => errors.check(chosen::<ServicePointId>("place", word)),
    };
    if let Some(staff) = staff
        && !workers(&mut ctx.tx).await?.iter().any(|worker| worker.id == staff)
    {
        errors.add("staff", tr!(errors.choose));
    }
    let points = organisation::service_points(&mut ctx.tx, clinic.id).await?;
    if place.is_some_and(|place| !points.iter().any(|point| point.id == place)) {
        errors.add("place", tr!(errors.choose));
    }
    let mut times = None;
    if let (Some(day), Some(from), Some(to)) = (day, from, to) {
        let last = if to <= from { day.checked_add_days(Days::new(1)).unwrap_or(day) } else { day };
        let at = |day: NaiveDate, time| clinic.zone.instant(day.and_time(time));
        times = at(day, from).zip(at(last, to));
        if times.is_none() {
            errors.add("from", tr!(organisation.shift_gap));
        }
    }
    errors.finish()?;
    let (Some(staff), Some((starts_at, ends_at))) = (staff, times) else { return Err(Error::NotFound) };
    let new = NewShift { id: key, staff, clinic: clinic.id, place, starts_at, ends_at };
    insert(ctx, clinic.zone, &new).await
}

async fn insert(ctx: &mut Ctx, zone: Zone, new: &NewShift) -> Result<()> {
    let stamp = ctx.stamp();
    store::insert(&mut ctx.tx, new, stamp).await.map_err(refused)?;
    let (_, shift) = store::find(&mut ctx.tx, new.id).await?;
    let change = FieldChange { field: "shift".to_owned(), before: String::new(), after: words(&shift, zone) };
    ctx.did_change(Action::Create, "shift", new.id, &[change]);
    Ok(())
}

/// "Nora Nurse, 23 Nov 2026, 08:00 – 23 Nov 2026, 14:00, Triage 1".
fn words(shift: &PlannedShift, zone: Zone) -> String {
    let at = |at| show_date_time(zone.local(at));
    let place = shift.place.as_ref().map(|place| format!(", {place}")).unwrap_or_default();
    format!("{}, {} – {}{place}", shift.name, at(shift.starts_at), at(shift.ends_at))
}

/// A refusal of the database's guards in words.
fn refused(error: DbError) -> Error {
    if error.violates("shifts_overlap") {
        Error::invalid("from", tr!(organisation.shift_overlaps))
    } else if error.violates("shifts_length") {
        Error::invalid("to", tr!(organisation.shift_too_long))
    } else if error.violates("shifts_place") {
        Error::invalid("place", tr!(errors.choose))
    } else if error.violates("shifts_staff_open") {
        Error::invalid("staff", tr!(organisation.person_retired))
    } else {
        error.of_form_key()
    }
}

/// Takes a planned shift away.
///
/// # Errors
/// [`Error::Conflict`] when somebody changed it since `version` was shown; [`Error::NotFound`] when it is another clinic's.
pub async fn remove(ctx: &mut Ctx, clinic: &Clinic, id: ShiftId, version: &str) -> Result<()> {
    let locked = ctx.tx.lock(id).await?;
    let (at, shift) = store::find(&mut ctx.tx, id).await?;
    if at != clinic.id {
        return Err(Error::NotFound);
    }
    let stamp = ctx.stamp();
    if shift.version.to_string() != version || !store::remove(&mut ctx.tx, locked, shift.version, stamp).await? {
        return Err(Error::conflict(tr!(errors.newer_version)));
    }
    let change = FieldChange { field: "shift".to_owned(), before: words(&shift, clinic.zone), after: String::new() };
    ctx.did_change(Action::Update, "shift", id, &[change]);
    Ok(())
}

/// The result of copying a week.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopiedWeek {
    /// Shifts that were planned.
    pub made: usize,
    /// Shifts that stood there already.
    pub there: usize,
}

/// Plans the shifts of the week of `monday` again in the week after it, at the same times on the wall: all or none. Staff that has left
/// is left out.
///
/// # Errors
/// [`Error::Conflict`] with the person and the time of the first shift that does not fit.
pub async fn copy_week(ctx: &mut Ctx, clinic: &Clinic, monday: NaiveDate) -> Result<CopiedWeek> {
    let zone = clinic.zone;
    let days = |days: u64| monday.checked_add_days(Days::new(days)).unwrap_or(monday);
    let bounds = |from: NaiveDate, to: NaiveDate| (zone.day_bounds(from).0, zone.day_bounds(to).0);
    let (from, to) = bounds(monday, days(7));
    let open = workers(&mut ctx.tx).await?;
    let week: Vec<PlannedShift> = shifts(&mut ctx.tx, clinic.id, (from, to)).await?;
    let standing = shifts(&mut ctx.tx, clinic.id, bounds(days(7), days(15))).await?;
    let mut copied = CopiedWeek { made: 0, there: 0 };
    let week = week.into_iter().filter(|shift| shift.starts_at >= from && open.iter().any(|worker| worker.id == shift.staff_id));
    for shift in week {
        let later = |at| zone.local(at).checked_add_days(Days::new(7)).and_then(|local| zone.instant(local));
        let Some((starts_at, ends_at)) = later(shift.starts_at).zip(later(shift.ends_at)) else {
            return Err(Error::conflict(tr!(organisation.shift_copy_gap, shift = words(&shift, zone))));
        };
        let same = |other: &&PlannedShift| {
            (other.staff_id, other.starts_at, other.ends_at, other.service_point_id)
                == (shift.staff_id, starts_at, ends_at, shift.service_point_id)
        };
        if standing.iter().any(|other| same(&other)) {
            copied.there += 1;
            continue;
        }
        let new =
            NewShift { id: ShiftId::new(), staff: shift.staff_id, clinic: clinic.id, place: shift.service_point_id, starts_at, ends_at };
        insert(ctx, zone, &new).await.map_err(|error| match error {
            Error::Invalid(_) => Error::conflict(tr!(
                organisation.shift_copy_refused,
                shift = words(&PlannedShift { starts_at, ends_at, ..shift.clone() }, zone)
            )),
            other => other,
        })?;
        copied.made += 1;
    }
    Ok(copied)
}
