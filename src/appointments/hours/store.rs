//! The SQL of doctors' hours as they are kept, and of the coming appointments that stand in them.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::{
    presence::{Away, Coming, Off, Presence},
    times::Run,
    weekly::WeeklyTime,
};
use crate::{
    appointments::slots::Hours,
    core::{
        AvailabilityId, ClinicId, Error, Result, ScheduleId, ServiceId, ServicePointId, StaffId, Stamp, VisitTypeId,
        time::{Instant, Zone},
    },
    db::{Locked, Tx, Value, sql},
    tr,
};

crate::text_enum! {
    /// Hours of every week, or an extra session on one day.
    pub enum HoursKind("kind") {
        Weekly = "weekly",
        Extra = "extra",
    }
}

/// A doctor's hours at a service, without their stretches.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Kept {
    pub id: ScheduleId,
    pub doctor_id: StaffId,
    /// The doctor's name.
    pub doctor: String,
    pub service_id: ServiceId,
    /// The service's name.
    pub service: String,
    pub clinic_id: ClinicId,
    pub kind: HoursKind,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub reason: String,
    pub room_id: Option<ServicePointId>,
    /// The room's name; empty without one.
    pub room: String,
    pub version: i64,
    pub withdrawn_at: Option<Instant>,
    /// Whether the doctor still works here.
    pub doctor_left: bool,
}

const KEPT: &str =
    "SELECT h.id, h.doctor_id, s.display_name AS doctor, h.service_id, v.name AS service, v.clinic_id, h.kind, h.valid_from, h.valid_to,
        h.reason, h.service_point_id AS room_id, coalesce(r.name, '') AS room, h.version, h.withdrawn_at,
        s.retired_at IS NOT NULL AS doctor_left
    FROM schedules h JOIN staff s ON s.id = h.doctor_id JOIN services v ON v.id = h.service_id
    LEFT JOIN service_points r ON r.id = h.service_point_id ";

pub async fn kept(tx: &mut Tx, id: ScheduleId) -> Result<Kept> {
    tx.optional(sql(KEPT).push("WHERE h.id = $1").bind(id)).await?.ok_or(Error::NotFound)
}

/// All hours at a clinic that were not withdrawn, by doctor, service and day.
pub async fn of_clinic(tx: &mut Tx, clinic: ClinicId, kind: HoursKind) -> Result<Vec<Kept>> {
    let query = sql(KEPT)
        .push("WHERE v.clinic_id = $1 AND h.kind = $2 AND h.withdrawn_at IS NULL ORDER BY s.display_name, v.name, h.valid_from, h.id")
        .bind(clinic)
        .bind(kind);
    Ok(tx.all(query).await?)
}

/// A doctor's hours at all clinics that were not withdrawn and end on the day or later.
pub async fn of_doctor(tx: &mut Tx, doctor: StaffId, day: NaiveDate) -> Result<Vec<Kept>> {
    let query = sql(KEPT)
        .push("WHERE h.doctor_id = $1 AND h.withdrawn_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= $2) ORDER BY v.name, h.valid_from, h.id")
        .bind(doctor)
        .bind(day);
    Ok(tx.all(query).await?)
}

const HOURS: &str =
    "SELECT h.id AS schedule_id, h.doctor_id, h.service_id, h.valid_from, h.valid_to, w.weekday, w.start_minute, w.end_minute, w.slot_minutes,
        w.gap_minutes, w.capacity, w.walk_in_seats
    FROM schedules h JOIN availabilities w ON w.schedule_id = h.id JOIN services v ON v.id = h.service_id JOIN staff s ON s.id = h.doctor_id ";

/// The stretches of these hours, also of withdrawn ones.
pub async fn stretches(tx: &mut Tx, schedules: &[ScheduleId]) -> Result<Vec<Hours>> {
    if schedules.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(HOURS).push("WHERE h.id IN ").push_list(schedules.iter().copied()).push(" ORDER BY w.weekday, w.start_minute");
    Ok(tx.all(query).await?)
}

/// The clinic of each service, with its clock.
pub async fn service_clocks(tx: &mut Tx) -> Result<HashMap<ServiceId, (ClinicId, Zone)>> {
    let rows: Vec<(ServiceId, ClinicId, String)> =
        tx.all(sql("SELECT v.id, v.clinic_id, c.time_zone FROM services v JOIN clinics c ON c.id = v.clinic_id")).await?;
    Ok(rows.into_iter().map(|(service, clinic, zone)| (service, (clinic, Zone::named(&zone)))).collect())
}

/// When these doctors are there from the day on: hours in force, leave, and the closed times of all clinics.
pub async fn presence(tx: &mut Tx, doctors: &[StaffId], day: NaiveDate, now: Instant) -> Result<Presence> {
    let services = service_clocks(tx).await?;
    if doctors.is_empty() {
        return Ok(Presence { services, ..Presence::default() });
    }
    let query = sql(HOURS)
        .push("WHERE h.withdrawn_at IS NULL AND s.retired_at IS NULL AND v.retired_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= $1) AND h.doctor_id IN ")
        .bind(day)
        .push_list(doctors.iter().copied());
    let hours = tx.all(query).await?;
    let query = sql(
        "SELECT id, doctor_id, starts_at, ends_at, created_at FROM absences WHERE ends_at > $1 AND withdrawn_at IS NULL AND doctor_id IN ",
    )
    .bind(now)
    .push_list(doctors.iter().copied());
    let leave: Vec<(uuid::Uuid, StaffId, Instant, Instant, Instant)> = tx.all(query).await?;
    let query =
        sql("SELECT id, clinic_id, starts_at, ends_at, created_at FROM closures WHERE ends_at > $1 AND withdrawn_at IS NULL").bind(now);
    let closed: Vec<(uuid::Uuid, ClinicId, Instant, Instant, Instant)> = tx.all(query).await?;
    let leave = leave.into_iter().map(|(id, doctor, starts_at, ends_at, entered_at)| Off {
        id,
        of: Away::Doctor(doctor),
        starts_at,
        ends_at,
        entered_at,
    });
    let closed = closed.into_iter().map(|(id, clinic, starts_at, ends_at, entered_at)| Off {
        id,
        of: Away::Clinic(clinic),
        starts_at,
        ends_at,
        entered_at,
    });
    Ok(Presence { hours, services, off: leave.chain(closed).collect() })
}

/// The coming appointments of these doctors, in order of time.
pub async fn coming(tx: &mut Tx, doctors: &[StaffId], now: Instant) -> Result<Vec<Coming>> {
    if doctors.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT id, clinic_id, service_id, doctor_id, starts_at, ends_at, state, placed FROM coming_appointments
        WHERE starts_at > $1 AND ends_at > $2 AND doctor_id IN ")
    .bind(now - chrono::Duration::days(1))
    .bind(now)
    .push_list(doctors.iter().copied())
    .push(" ORDER BY starts_at, id");
    Ok(tx.all(query).await?)
}

/// The doctors who have hours at the clinic on the day or later, or are booked there.
pub async fn doctors_of_clinic(tx: &mut Tx, clinic: ClinicId, day: NaiveDate, now: Instant) -> Result<Vec<StaffId>> {
    let query = sql("SELECT DISTINCT h.doctor_id FROM schedules h JOIN services v ON v.id = h.service_id
        WHERE v.clinic_id = $1 AND h.withdrawn_at IS NULL AND (h.valid_to IS NULL OR h.valid_to >= $2)
        UNION SELECT DISTINCT doctor_id FROM coming_appointments WHERE clinic_id = $3 AND starts_at > $4")
    .bind(clinic)
    .bind(day)
    .bind(clinic)
    .bind(now - chrono::Duration::days(1));
    let rows: Vec<(StaffId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(doctor,)| doctor).collect())
}

/// Everything that is written of new hours.
pub struct NewHours<'h> {
    pub id: ScheduleId,
    pub doctor: Locked<StaffId>,
    pub service: ServiceId,
    pub kind: HoursKind,
    pub valid_from: NaiveDate,
    pub valid_to: Option<NaiveDate>,
    pub reason: &'h str,
    pub stretches: &'h [Hours],
    /// The visit types for which patients can book the hours; empty for all.
    pub visit_types: &'h [VisitTypeId],
    pub room: Option<ServicePointId>,
}

pub async fn insert(tx: &mut Tx, new: &NewHours<'_>, stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO schedules (id, doctor_id, service_id, valid_from, valid_to, kind, reason, created_at, created_by,
            service_point_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .bind(new.id)
    .bind(new.doctor.id())
    .bind(new.service)
    .bind(new.valid_from)
    .bind(new.valid_to)
    .bind(new.kind)
    .bind(new.reason)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(new.room);
    tx.execute(query).await.map_err(|error| {
        if error.violates("schedules_room") { Error::invalid("room_id", tr!(hours.room_elsewhere)) } else { error.into() }
    })?;
    let rows = new.stretches.iter().map(|part| {
        vec![
            Value::from(AvailabilityId::new()),
            Value::from(new.id),
            Value::from(part.weekday),
            Value::from(part.start_minute),
            Value::from(part.end_minute),
            Value::from(part.slot_minutes),
            Value::from(part.gap_minutes),
            Value::from(part.capacity),
            Value::from(part.walk_in_seats),
        ]
    });
    let query = sql("INSERT INTO availabilities (id, schedule_id, weekday, start_minute, end_minute, slot_minutes, gap_minutes, capacity, walk_in_seats)
        VALUES ");
    tx.execute(query.push_rows(rows)).await?;
    if new.visit_types.is_empty() {
        return Ok(());
    }
    let rows = new.visit_types.iter().map(|id| vec![Value::from(new.id), Value::from(*id)]);
    let query = sql("INSERT INTO schedule_visit_types (schedule_id, visit_type_id) VALUES ").push_rows(rows);
    tx.execute(query).await.map_err(|error| {
        if error.violates("schedule_visit_types_in_use") { Error::conflict(tr!(hours.visit_type_retired)) } else { error.into() }
    })?;
    Ok(())
}

/// Returns the visit types that the hours are kept for; hours of every visit type are not in the map.
pub async fn visit_types_of(tx: &mut Tx, schedules: &[ScheduleId]) -> Result<HashMap<ScheduleId, Vec<VisitTypeId>>> {
    let mut of: HashMap<ScheduleId, Vec<VisitTypeId>> = HashMap::new();
    if schedules.is_empty() {
        return Ok(of);
    }
    let query =
        sql("SELECT schedule_id, visit_type_id FROM schedule_visit_types WHERE schedule_id IN ").push_list(schedules.iter().copied());
    for (schedule, visit_type) in tx.all::<(ScheduleId, VisitTypeId)>(query).await? {
        of.entry(schedule).or_default().push(visit_type);
    }
    Ok(of)
}

/// Whether hours of this id are there.
pub async fn is_there(tx: &mut Tx, id: ScheduleId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM schedules WHERE id = $1").bind(id)).await? > 0)
}

/// Ends hours after a day, or withdraws those that begin later; `false` when somebody changed them since the version was read.
pub async fn close(tx: &mut Tx, _doctor: Locked<StaffId>, kept: &Kept, last: NaiveDate, stamp: Stamp) -> Result<bool> {
    let query = if last < kept.valid_from {
        sql("UPDATE schedules SET withdrawn_at = $1, updated_at = $1, updated_by = $2, version = version + 1 WHERE id = $3 AND version = $4")
            .bind(stamp.at)
    } else {
        sql("UPDATE schedules SET valid_to = $5, updated_at = $1, updated_by = $2, version = version + 1 WHERE id = $3 AND version = $4")
            .bind(stamp.at)
    };
    let query = query.bind(stamp.by).bind(kept.id).bind(kept.version);
    let query = if last < kept.valid_from { query } else { query.bind(last) };
    Ok(tx.execute(query).await? > 0)
}

/// Writes the doctor's hours as instants anew: the database refuses hours that lie on each other.
pub async fn write_times(tx: &mut Tx, doctor: Locked<StaffId>, runs: &[(ScheduleId, Run)]) -> Result<()> {
    tx.execute(sql("DELETE FROM hour_times WHERE doctor_id = $1").bind(doctor.id())).await?;
    for part in runs.chunks(2_000) {
        let rows = part.iter().map(|(schedule, run)| {
            vec![
                Value::from(*schedule),
                Value::from(doctor.id()),
                Value::from(run.first_week),
                Value::from(run.last_week),
                Value::from(run.start_minute),
                Value::from(run.end_minute),
            ]
        });
        let query = sql("INSERT INTO hour_times (schedule_id, doctor_id, first_week, last_week, start_minute, end_minute) VALUES ");
        tx.execute(query.push_rows(rows)).await.map_err(|error| {
            if error.violates("hour_times_overlap") { Error::conflict(tr!(hours.overlap_meanwhile)) } else { error.into() }
        })?;
    }
    Ok(())
}

/// Returns the doctors with hours in force on the day or later that are not written as instants.
pub async fn without_times(tx: &mut Tx, day: NaiveDate) -> Result<Vec<StaffId>> {
    let query =
        sql("SELECT DISTINCT s.doctor_id FROM schedules s WHERE s.withdrawn_at IS NULL AND (s.valid_to IS NULL OR s.valid_to >= $1)
        AND NOT EXISTS (SELECT 1 FROM hour_times t WHERE t.schedule_id = s.id)")
        .bind(day);
    let rows: Vec<(StaffId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(doctor,)| doctor).collect())
}

/// All doctors who have hours in force on the day or later, or coming appointments.
pub async fn all_doctors(tx: &mut Tx, day: NaiveDate, now: Instant) -> Result<Vec<StaffId>> {
    let query = sql("SELECT doctor_id FROM schedules WHERE withdrawn_at IS NULL AND (valid_to IS NULL OR valid_to >= $1)
        UNION SELECT doctor_id FROM coming_appointments WHERE starts_at > $2")
    .bind(day)
    .bind(now);
    let rows: Vec<(StaffId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(doctor,)| doctor).collect())
}

/// The weekly times at a clinic that are in force on the day, of doctors who accept bookings by patients.
pub async fn weekly_times(tx: &mut Tx, clinic: ClinicId, day: NaiveDate) -> Result<Vec<WeeklyTime>> {
    let query = sql("SELECT h.doctor_id, w.weekday, w.start_minute, w.end_minute
        FROM schedules h JOIN availabilities w ON w.schedule_id = h.id JOIN services v ON v.id = h.service_id JOIN staff s ON s.id = h.doctor_id
        WHERE v.clinic_id = $1 AND h.kind = 'weekly' AND h.withdrawn_at IS NULL AND h.valid_from <= $2
            AND (h.valid_to IS NULL OR h.valid_to >= $2) AND v.retired_at IS NULL AND s.retired_at IS NULL AND s.accepting_bookings = $3
        ORDER BY w.weekday, w.start_minute, h.doctor_id")
    .bind(clinic)
    .bind(day)
    .bind(true);
    Ok(tx.all(query).await?)
}
