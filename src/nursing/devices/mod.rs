//! Lines and devices of a patient on a ward: inserted, checked, dressed, and removed once with a reason. Each kind has a repeated check.

mod store;

use chrono::Duration;

use crate::{
    audit::Action,
    core::{
        AdmissionId, ClinicId, Error, PatientId, Permission, Result, StayDeviceId, TaskPlanId,
        error::FieldErrors,
        time::{Instant, Zone, parse_date, parse_time},
    },
    db::DbError,
    nursing::{
        bedside::{self, Bedside, Whose},
        tasks,
        vocabulary::{DeviceAct, DeviceKind, DeviceRemoval, DeviceSide, NursingTaskKind},
    },
    organisation::Typed,
    server::Ctx,
    tr,
};

pub use store::{checks_of, of_admission};

/// The phlebitis score (VIP, Jackson A. Nursing Times 1998;94:68-71) from which a cannula is replaced.
pub const REPLACE_AT_VIP: i64 = 2;
/// Days that a device may have been in place when the patient came.
const MOST_DAYS: i64 = 400;

/// A line or another device.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StayDevice {
    pub id: StayDeviceId,
    pub admission_id: AdmissionId,
    pub patient_id: PatientId,
    pub clinic_id: ClinicId,
    pub kind: DeviceKind,
    pub site: String,
    pub side: DeviceSide,
    pub size: String,
    pub inserted_at: Instant,
    pub inserted_by: String,
    pub dressing_due: Option<Instant>,
    pub recorder: String,
    pub task_plan_id: Option<TaskPlanId>,
    pub removed_at: Option<Instant>,
    pub remover: Option<String>,
    pub removal: Option<DeviceRemoval>,
}

/// A check or a dressing of a device.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct DeviceCheck {
    pub device_id: StayDeviceId,
    pub act: DeviceAct,
    pub vip: Option<i64>,
    pub remark: String,
    pub at: Instant,
    pub checker: String,
}

impl StayDevice {
    /// Returns the words: `Cannula, forearm, left`.
    pub fn words(&self) -> String {
        let side = if self.side == DeviceSide::None { "" } else { self.side.words() };
        [self.kind.words(), &self.site, side, &self.size].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
    }

    const fn whose(&self) -> Whose {
        Whose { admission: self.admission_id, patient: self.patient_id, clinic: self.clinic_id }
    }
}

/// Returns the days in place: 1 on the day of the insertion, until the removal or now.
pub fn days_in_place(inserted_at: Instant, until: Instant, zone: Zone) -> i64 {
    (zone.day(until) - zone.day(inserted_at)).num_days() + 1
}

/// The fields of a device, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceForm {
    pub kind: DeviceKind,
    pub site: String,
    pub side: DeviceSide,
    pub size: String,
    pub inserted_by: String,
    day: String,
    time: String,
}

impl DeviceForm {
    /// Reads the form.
    ///
    /// # Errors
    /// [`Error::Invalid`] with every field that is wrong.
    pub fn read(fields: &Typed) -> Result<Self> {
        let typed = |name: &str| fields.get(name).map_or("", |value| value.trim());
        let mut errors = FieldErrors::new();
        let kind = errors.chosen::<DeviceKind>("kind", typed("kind"));
        let side = match typed("side") {
            "" => Some(DeviceSide::None),
            word => errors.chosen::<DeviceSide>("side", word),
        };
        let site = errors.required_line("site", typed("site"), 120);
        let size = errors.line("size", typed("size"), 40);
        let inserted_by = errors.line("inserted_by", typed("inserted_by"), 120);
        errors.finish()?;
        let (Some(kind), Some(side)) = (kind, side) else { return Err(Error::NotFound) };
        Ok(Self { kind, site, side, size, inserted_by, day: typed("day").to_owned(), time: typed("time").to_owned() })
    }

    /// Returns when it was inserted: now unless a day was typed.
    fn inserted_at(&self, bed: &Bedside, now: Instant) -> Result<Instant> {
        if self.day.is_empty() {
            return bed_time(bed, now, &self.time);
        }
        let day = parse_date("day", &self.day)?;
        let time = if self.time.is_empty() { chrono::NaiveTime::MIN } else { parse_time("time", &self.time)? };
        let at = bed.zone.instant(day.and_time(time)).ok_or_else(|| Error::invalid("time", tr!(nursing.device_time)))?;
        if at > now || now - at > Duration::days(MOST_DAYS) {
            return Err(Error::invalid("day", tr!(nursing.device_time)));
        }
        Ok(at)
    }
}

/// Reads a time of today; empty is now.
fn bed_time(bed: &Bedside, now: Instant, typed: &str) -> Result<Instant> {
    if typed.is_empty() {
        return Ok(now);
    }
    let at = bed.zone.instant(bed.zone.day(now).and_time(parse_time("time", typed)?));
    at.filter(|at| *at <= now).ok_or_else(|| Error::invalid("time", tr!(nursing.device_time)))
}

/// Records a device that is in place. Its check becomes a repeated task. The same form again changes nothing.
///
/// # Errors
/// [`Error::Conflict`] when the patient is not admitted.
pub async fn insert(ctx: &mut Ctx, admission: AdmissionId, id: StayDeviceId, form: &DeviceForm) -> Result<()> {
    let bed = bedside::turn(ctx, Permission::RecordCare, admission).await?;
    match store::find(&mut ctx.tx, id).await? {
        Some(known) if known.admission_id == admission => return Ok(()),
        Some(_) => return Err(Error::key_used()),
        None => {}
    }
    bed.must_be_admitted()?;
    let (now, by) = (ctx.now, ctx.user());
    let inserted_at = form.inserted_at(&bed, now)?;
    let detail = format!("{}, {}", form.kind.check_words(), form.site);
    let (kind, settled_with) = (NursingTaskKind::Line, String::new());
    let plan = tasks::Planned { kind, detail, repeats: form.kind.check_every(), starts_at: now, settled_with };
    let task = tasks::plan_from(ctx, &bed, plan).await?;
    let dressing = form.kind.dressing_days().map(|days| inserted_at + Duration::days(days));
    store::insert(&mut ctx.tx, id, bed.whose(), form, (inserted_at, dressing, task), (now, by)).await.map_err(DbError::of_form_key)?;
    bedside::record(ctx, Action::Create, "stay_device", id, bed.whose());
    Ok(())
}

/// Waits for the turn of a device's admission, and reads the device after that.
async fn turn(ctx: &mut Ctx, id: StayDeviceId) -> Result<(Bedside, StayDevice)> {
    let known = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    let bed = bedside::turn(ctx, Permission::RecordCare, known.admission_id).await?;
    let device = store::find(&mut ctx.tx, id).await?.ok_or(Error::NotFound)?;
    if device.removed_at.is_some() {
        return Err(Error::conflict(tr!(nursing.device_removed)));
    }
    Ok((bed, device))
}

/// Records a check or a dressing of a device. A dressing moves the day of the next one.
///
/// # Errors
/// [`Error::Conflict`] when it is removed.
pub async fn check(ctx: &mut Ctx, id: StayDeviceId, act: DeviceAct, vip: &str, remark: &str) -> Result<AdmissionId> {
    let (_, device) = turn(ctx, id).await?;
    let mut errors = FieldErrors::new();
    let vip = match vip.trim() {
        "" => None,
        typed => match typed.parse::<i64>().ok().filter(|vip| (0..=5).contains(vip) && device.kind == DeviceKind::Cannula) {
            Some(vip) => Some(vip),
            None => {
                errors.add("vip", tr!(nursing.vip_wrong));
                None
            }
        },
    };
    let remark = errors.line("remark", remark, 500);
    errors.finish()?;
    let stamp = ctx.stamp();
    store::insert_check(&mut ctx.tx, id, (act, vip, &remark), stamp).await?;
    if let (DeviceAct::Dressing, Some(days)) = (act, device.kind.dressing_days()) {
        store::set_dressing(&mut ctx.tx, id, stamp.at + Duration::days(days)).await?;
    }
    bedside::record(ctx, Action::Update, "stay_device", id, device.whose());
    Ok(device.admission_id)
}

/// Removes a device; its check ends. Of two removals at once one is recorded.
///
/// # Errors
/// [`Error::Conflict`] when it is removed already.
pub async fn remove(ctx: &mut Ctx, id: StayDeviceId, removal: DeviceRemoval) -> Result<AdmissionId> {
    let (_, device) = turn(ctx, id).await?;
    let stamp = ctx.stamp();
    if !store::remove(&mut ctx.tx, id, removal, stamp).await? {
        return Err(Error::conflict(tr!(nursing.device_removed)));
    }
    if let Some(plan) = device.task_plan_id {
        tasks::stop(ctx, plan, stamp).await?;
    }
    bedside::record(ctx, Action::Update, "stay_device", id, device.whose());
    Ok(device.admission_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_in_place_count_calendar_days_also_over_a_clock_change() {
        let at = |text: &str| text.parse::<Instant>().expect("an instant");
        for (zone, inserted, until, days) in [
            ("Europe/Madrid", "2026-10-24T22:30:00Z", "2026-10-25T22:59:00Z", 1),
            ("Europe/Madrid", "2026-03-28T22:30:00Z", "2026-03-29T21:59:00Z", 2),
            ("America/New_York", "2026-11-21T15:30:00Z", "2026-11-28T04:59:00Z", 7),
        ] {
            assert_eq!(days_in_place(at(inserted), at(until), Zone::named(zone)), days, "{zone} {until}");
        }
    }
}
