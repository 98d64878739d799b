//! The SQL of schedules and appointments.

use chrono::NaiveDate;

use crate::{
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, SpecialtyId, StaffId, Stamp, UserId, VisitTypeId,
        list::PAGE_SIZE, time::Instant,
    },
    db::{DbError, Lockable, Locked, Sql, Tx, Value, sql},
    organisation::Specialty,
    tr,
};

use super::{
    Act, Appointment, AppointmentState, Arrival, DayCounts, NewAppointment,
    appointment::TRANSITIONS,
    hours::Placed,
    of_patient::Part,
    slots::{Hours, Taken},
};

impl Lockable for AppointmentId {
    const TABLE: &'static str = "appointments";
}

/// The columns of [`Appointment`], to be followed by its joins.
const APPOINTMENT: &str = "SELECT a.id, a.patient_id, a.doctor_id, s.display_name AS doctor, a.clinic_id, a.service_id, v.name AS service,
        a.visit_type_id, coalesce(t.name, '') AS visit_type, a.starts_at, a.ends_at, a.seat, a.state, a.held_until, a.here_at, a.reason,
        a.cancel_reason, a.calendar_id, a.calendar_changes, a.session_at IS NOT NULL AS overbooked, a.overbook_reason, a.version
    FROM appointments a JOIN staff s ON s.id = a.doctor_id JOIN services v ON v.id = a.service_id
    LEFT JOIN visit_types t ON t.id = a.visit_type_id ";

pub(super) async fn find(tx: &mut Tx, id: AppointmentId) -> Result<Appointment> {
    tx.optional(sql(APPOINTMENT).push("WHERE a.id = $1").bind(id)).await?.ok_or(Error::NotFound)
}

pub(super) async fn by_key(tx: &mut Tx, key: IdempotencyKey) -> Result<Option<Appointment>> {
    Ok(tx.optional(sql(APPOINTMENT).push("WHERE a.idempotency_key = $1").bind(key)).await?)
}

/// Returns the patient's appointments, latest first. Holds that were not confirmed do not count as appointments, neither
/// while they are held nor after the program released them, which it does without a reason.
pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<Appointment>> {
    let query = sql(APPOINTMENT)
        .push("WHERE a.patient_id = $1 AND a.state NOT IN ('held', 'entered_in_error') AND NOT (a.state = 'cancelled' AND a.cancelled_by = $2 AND a.cancel_reason = '')
            ORDER BY a.starts_at DESC")
        .bind(patient)
        .bind(UserId::SYSTEM);
    Ok(tx.all(query).await?)
}

/// The states in which an appointment of today or later is still to come.
const TO_COME: &str = "a.starts_at >= $2 AND a.state IN ('booked', 'checked_in', 'in_consultation', 'no_show')";

/// Returns the patient's appointments at these clinics, without holds and without those entered in error. Appointments of
/// `day_start` or later that were not cancelled come soonest first, all of them; of the others one page, with one row more than
/// it holds, latest first.
pub(super) async fn part_of_patient(
    tx: &mut Tx,
    patient: PatientId,
    clinics: &[ClinicId],
    day_start: Instant,
    part: Part,
) -> Result<Vec<Appointment>> {
    if clinics.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql(APPOINTMENT)
        .push("WHERE a.patient_id = $1 AND ")
        .push(if matches!(part, Part::Coming) { "" } else { "NOT (" })
        .push(TO_COME)
        .push(if matches!(part, Part::Coming) { "" } else { ")" })
        .push(
            " AND a.state NOT IN ('held', 'entered_in_error') AND NOT (a.state = 'cancelled' AND a.cancelled_by = $3 AND a.cancel_reason = '')
            AND a.clinic_id IN ",
        )
        .bind(patient)
        .bind(day_start)
        .bind(UserId::SYSTEM)
        .push_list(clinics.iter().copied());
    let query = match part {
        Part::Coming => query.push(" ORDER BY a.starts_at, a.id"),
        Part::Past { page } => query
            .push(" ORDER BY a.starts_at DESC, a.id DESC LIMIT ")
            .push_bind(PAGE_SIZE + 1)
            .push(" OFFSET ")
            .push_bind((page - 1) * PAGE_SIZE),
    };
    Ok(tx.all(query).await?)
}

pub(super) async fn next_for_patient(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Option<Appointment>> {
    let query = sql(APPOINTMENT)
        .push("WHERE a.patient_id = $1 AND a.ends_at > $2 AND a.state IN ('booked', 'checked_in', 'in_consultation') ORDER BY a.starts_at LIMIT 1")
        .bind(patient)
        .bind(now);
    Ok(tx.optional(query).await?)
}

/// The columns of [`Arrival`]. A patient's name begins with the family name.
pub(super) const ARRIVAL: &str = "SELECT a.id AS appointment_id, a.patient_id,
        CASE WHEN p.family_name = '' THEN p.given_names ELSE p.family_name || ', ' || p.given_names END AS patient_name,
        p.mrn, s.display_name AS doctor, a.doctor_id, a.service_id, v.name AS service, a.starts_at, a.ends_at, a.state, a.here_at, a.reason,
        a.desk_remark AS remark, a.session_at IS NOT NULL AS overbooked
    FROM appointments a
    JOIN patients p ON p.id = a.patient_id
    JOIN staff s ON s.id = a.doctor_id
    JOIN services v ON v.id = a.service_id ";

pub(super) async fn arrivals(tx: &mut Tx, clinic: ClinicId, from: Instant, to: Instant) -> Result<Vec<Arrival>> {
    let query = sql(ARRIVAL)
        .push("WHERE a.clinic_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3 AND a.state = 'booked' ORDER BY a.starts_at, patient_name")
        .bind(clinic)
        .bind(from)
        .bind(to);
    Ok(tx.all(query).await?)
}

/// Returns the appointments of a period, in order, without those that were cancelled.
pub(super) async fn booked(tx: &mut Tx, clinic: ClinicId, whose: Whose, from: Instant, to: Instant) -> Result<Vec<Arrival>> {
    let query = sql(ARRIVAL)
        .push(
            "WHERE a.clinic_id = $1 AND a.starts_at >= $2 AND a.starts_at < $3
            AND a.state NOT IN ('held', 'entered_in_error', 'rescheduled', 'cancelled')",
        )
        .bind(clinic)
        .bind(from)
        .bind(to);
    let query = whose.push_to(query, [" AND a.doctor_id", " AND a.service_id"]);
    Ok(tx.all(query.push(" ORDER BY a.starts_at, a.seat")).await?)
}

/// A time, a state, and how many appointments of that time are in it.
pub(super) type StateAt = (Instant, AppointmentState, i64);

pub(super) async fn states(tx: &mut Tx, clinic: ClinicId, whose: Whose, from: Instant, to: Instant) -> Result<Vec<StateAt>> {
    let query = sql("SELECT a.starts_at, a.state, count(*) FROM appointments a WHERE a.clinic_id = ").push_bind(clinic);
    let query = query.push(" AND a.starts_at >= ").push_bind(from).push(" AND a.starts_at < ").push_bind(to);
    let query = whose.push_to(query, [" AND a.doctor_id", " AND a.service_id"]);
    Ok(tx.all(query.push(" GROUP BY a.starts_at, a.state")).await?)
}

/// Those of these appointments that the reader may see, in order of time.
pub(super) async fn listed(tx: &mut Tx, ids: &[AppointmentId]) -> Result<Vec<Arrival>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tx.all(sql(ARRIVAL).push("WHERE a.id IN ").push_list(ids.iter().copied()).push(" ORDER BY a.starts_at, a.id")).await?)
}

pub(super) async fn day_counts(tx: &mut Tx, clinic: ClinicId, from: Instant, to: Instant) -> Result<DayCounts> {
    let query = sql("SELECT state, count(*) FROM appointments WHERE clinic_id = $1 AND starts_at >= $2 AND starts_at < $3 GROUP BY state")
        .bind(clinic)
        .bind(from)
        .bind(to);
    let rows: Vec<(AppointmentState, i64)> = tx.all(query).await?;
    let mut counts = DayCounts::default();
    for (state, number) in rows {
        use AppointmentState as S;
        match state {
            S::Held | S::Cancelled | S::Rescheduled | S::EnteredInError => continue,
            S::Booked => {}
            S::CheckedIn | S::InConsultation => counts.arrived += number,
            S::Fulfilled => {
                counts.arrived += number;
                counts.done += number;
            }
            S::NoShow => counts.no_show += number,
        }
        counts.total += number;
    }
    Ok(counts)
}

/// The doctors whose hours are queried.
#[derive(Clone, Copy, Debug)]
pub(super) enum Whose {
    Doctor(StaffId),
    Service(ServiceId),
    Specialty(SpecialtyId),
    Anybody,
}

impl Whose {
    /// Limits a query by the columns of doctor and service, each with its ` AND `.
    fn push_to(self, query: Sql, [doctor_column, service_column]: [&'static str; 2]) -> Sql {
        match self {
            Self::Doctor(doctor) => query.push(doctor_column).push(" = ").push_bind(doctor),
            Self::Service(service) => query.push(service_column).push(" = ").push_bind(service),
            Self::Specialty(specialty) => query
                .push(doctor_column)
                .push(" IN (SELECT staff_id FROM staff_specialties WHERE specialty_id = ")
                .push_bind(specialty)
                .push(")"),
            Self::Anybody => query,
        }
    }
}

/// Returns the hours at a clinic that are valid at some time from `from` to `to`. `open` leaves out doctors who take no
/// bookings.
pub(super) async fn hours(tx: &mut Tx, clinic: ClinicId, whose: Whose, from: NaiveDate, to: NaiveDate, open: bool) -> Result<Vec<Hours>> {
    let mut query = sql("SELECT h.id AS schedule_id, h.doctor_id, h.service_id, h.valid_from, h.valid_to, w.weekday, w.start_minute, w.end_minute,
            w.slot_minutes, w.gap_minutes, w.capacity, w.walk_in_seats
        FROM schedules h
        JOIN availabilities w ON w.schedule_id = h.id
        JOIN services v ON v.id = h.service_id
        JOIN staff s ON s.id = h.doctor_id
        WHERE v.clinic_id = $1 AND h.valid_from <= $2 AND (h.valid_to IS NULL OR h.valid_to >= $3) AND h.withdrawn_at IS NULL AND s.retired_at IS NULL
            AND v.retired_at IS NULL ")
    .bind(clinic)
    .bind(to)
    .bind(from);
    if open {
        query = query.push("AND s.accepting_bookings = ").push_bind(true);
    }
    query = whose.push_to(query, [" AND h.doctor_id", " AND h.service_id"]);
    Ok(tx.all(query.push(" ORDER BY h.doctor_id, w.weekday, w.start_minute")).await?)
}

/// The times between `from` and `to` that are taken from the doctors at the clinic: seats, leave, and times at which the clinic is closed.
pub(super) async fn taken(
    tx: &mut Tx,
    (clinic, doctors): (ClinicId, &[StaffId]),
    from: Instant,
    to: Instant,
    now: Instant,
) -> Result<Vec<Taken>> {
    if doctors.is_empty() {
        return Ok(Vec::new());
    }
    // A slot is at most a day long, so one with an earlier start than this cannot overlap the requested period.
    let reach = from - chrono::Duration::days(1);
    let query = sql("SELECT doctor_id, starts_at, ends_at, seat FROM taken_times
        WHERE starts_at > $1 AND starts_at < $2 AND ends_at > $3
        AND (state IN ('booked', 'checked_in', 'in_consultation', 'fulfilled') OR (state = 'held' AND held_until > $4)) AND doctor_id IN ")
    .bind(reach)
    .bind(to)
    .bind(from)
    .bind(now);
    let mut taken: Vec<Taken> = tx.all(query.push_list(doctors.iter().copied())).await?;
    let query = sql("SELECT doctor_id, starts_at, ends_at, CAST(NULL AS BIGINT) AS seat FROM absences
        WHERE starts_at < $1 AND ends_at > $2 AND withdrawn_at IS NULL AND doctor_id IN ")
    .bind(to)
    .bind(from);
    let absences: Vec<Taken> = tx.all(query.push_list(doctors.iter().copied())).await?;
    taken.extend(absences);
    let query =
        sql("SELECT starts_at, ends_at FROM closures WHERE clinic_id = $1 AND ends_at > $2 AND starts_at < $3 AND withdrawn_at IS NULL")
            .bind(clinic)
            .bind(from)
            .bind(to);
    let closed: Vec<(Instant, Instant)> = tx.all(query).await?;
    for (starts_at, ends_at) in closed {
        taken.extend(doctors.iter().map(|doctor_id| Taken { doctor_id: *doctor_id, starts_at, ends_at, seat: None }));
    }
    Ok(taken)
}

/// Returns the specialties of doctors with hours at the clinic who take bookings, by name.
pub(super) async fn bookable_specialties(tx: &mut Tx, clinic: ClinicId, today: NaiveDate) -> Result<Vec<Specialty>> {
    let query = sql("SELECT DISTINCT sp.id, sp.name FROM specialties sp
        JOIN staff_specialties ss ON ss.specialty_id = sp.id
        JOIN staff s ON s.id = ss.staff_id
        JOIN schedules h ON h.doctor_id = s.id
        JOIN services v ON v.id = h.service_id
        WHERE v.clinic_id = $1 AND s.accepting_bookings = $2 AND s.retired_at IS NULL AND v.retired_at IS NULL AND sp.retired_at IS NULL
        AND (h.valid_to IS NULL OR h.valid_to >= $3) AND h.withdrawn_at IS NULL
        ORDER BY sp.name")
    .bind(clinic)
    .bind(true)
    .bind(today);
    Ok(tx.all(query).await?)
}

/// Returns the names of doctors.
pub(super) async fn doctor_names(tx: &mut Tx, doctors: &[StaffId]) -> Result<Vec<(StaffId, String)>> {
    if doctors.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tx
        .all(sql("SELECT id, display_name FROM staff WHERE id IN ").push_list(doctors.iter().copied()).push(" ORDER BY display_name, id"))
        .await?)
}

/// Gives back what the patient holds: one time is held at a time. What the waitlist offers stays held.
pub(super) async fn release_own_holds(tx: &mut Tx, patient: Locked<PatientId>, now: Instant) -> Result<()> {
    let query = sql(RELEASE)
        .push(
            " WHERE patient_id = $3 AND state = 'held'
            AND NOT EXISTS (SELECT 1 FROM waitlist w WHERE w.appointment_id = appointments.id AND w.state = 'offered')",
        )
        .bind(now)
        .bind(UserId::SYSTEM)
        .bind(patient.id());
    tx.execute(query).await?;
    Ok(())
}

/// Releases a hold as the program's user: `$1` is the present time, `$2` the program's user.
pub(super) const RELEASE: &str =
    "UPDATE appointments SET state = 'cancelled', held_until = NULL, cancelled_at = $1, cancelled_by = $2, updated_at = $1,
    updated_by = $2, version = version + 1";

/// The patient's coming bookings at the clinic, of all visit types or of one.
pub(super) async fn future_bookings(
    tx: &mut Tx,
    patient: PatientId,
    clinic: ClinicId,
    visit_type: Option<VisitTypeId>,
    now: Instant,
) -> Result<i64> {
    let query = sql("SELECT count(*) FROM appointments WHERE patient_id = $1 AND clinic_id = $2 AND starts_at > $3 AND state = 'booked'")
        .bind(patient)
        .bind(clinic)
        .bind(now);
    let query = match visit_type {
        Some(id) => query.push(" AND visit_type_id = ").push_bind(id),
        None => query,
    };
    Ok(tx.count(query).await?)
}

/// All times that the patient has or holds and that have not begun, at every clinic.
pub(super) async fn open_ids(tx: &mut Tx, patient: PatientId, now: Instant) -> Result<Vec<AppointmentId>> {
    let query = sql("SELECT id FROM appointments WHERE patient_id = $1 AND starts_at > $2 AND state IN ('held', 'booked') ORDER BY id")
        .bind(patient)
        .bind(now);
    let rows: Vec<(AppointmentId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The patient's coming booked appointments at these clinics, in the order of their ids.
pub(super) async fn coming_ids(tx: &mut Tx, patient: PatientId, clinics: &[ClinicId], now: Instant) -> Result<Vec<AppointmentId>> {
    if clinics.is_empty() {
        return Ok(Vec::new());
    }
    let query = sql("SELECT id FROM appointments WHERE patient_id = $1 AND starts_at > $2 AND state = 'booked' AND clinic_id IN ")
        .bind(patient)
        .bind(now)
        .push_list(clinics.iter().copied())
        .push(" ORDER BY id");
    let rows: Vec<(AppointmentId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn insert(tx: &mut Tx, id: AppointmentId, new: &NewAppointment, stamp: Stamp) -> Result<()> {
    let state = if new.held_until.is_some() { AppointmentState::Held } else { AppointmentState::Booked };
    let query = sql(
        "INSERT INTO appointments (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, held_until, reason,
            booked_through, idempotency_key, created_at, created_by, updated_at, updated_by, visit_type_id, calendar_id, calendar_changes,
            session_at, overbook_number, overbook_reason, placed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)",
    )
    .bind(id)
    .bind(new.patient.id())
    .bind(new.doctor.id())
    .bind(new.clinic)
    .bind(new.service)
    .bind(new.starts_at)
    .bind(new.ends_at)
    .bind(new.seat)
    .bind(state)
    .bind(new.held_until)
    .bind(&new.reason)
    .bind(new.through)
    .bind(new.key)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(Value::Uuid(new.visit_type.map(Into::into)))
    .bind(Value::Uuid(new.calendar.0.map(Into::into)))
    .bind(new.calendar.1)
    .bind(Value::Instant(new.overbooked.as_ref().map(|more| more.session_at)))
    .bind(Value::Int(new.overbooked.as_ref().map(|more| more.number)))
    .bind(new.overbooked.as_ref().map(|more| more.reason.as_str()).unwrap_or_default())
    .bind(if new.overbooked.is_some() { Placed::Overbooked } else { Placed::InHours });
    tx.execute(query).await.map_err(guarded)?;
    Ok(())
}

/// Translates the errors of the schema guards into messages.
pub(super) fn guarded(error: DbError) -> Error {
    if error.violates("appointments_slot_taken") {
        return Error::conflict(tr!(appointments.slot_taken));
    }
    if error.violates("appointments_doctor_away") {
        return Error::conflict(tr!(appointments.slot_gone));
    }
    if error.violates("appointments_patient_busy") {
        return Error::conflict(tr!(appointments.patient_busy));
    }
    if error.violates("appointments_overbook_limit") || error.violates("appointments_overbooked_once") {
        return Error::conflict(tr!(appointments.overbook_meanwhile));
    }
    if error.violates("appointments_patient_alive") {
        return Error::conflict(tr!(appointments.patient_died));
    }
    error.of_form_key()
}

/// Applies the action where the state allows it; returns `false` when it does not.
pub(super) async fn step(tx: &mut Tx, id: Locked<AppointmentId>, act: Act, stamp: Stamp) -> Result<bool> {
    let mut changed = 0;
    for (from, _, to) in TRANSITIONS.iter().filter(|(_, known, _)| *known == act) {
        let query =
            sql("UPDATE appointments SET state_before = state, state = $1, held_until = NULL, cancelled_at = NULL, cancelled_by = NULL, cancel_reason = '',
            updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $4 AND state = $5")
            .bind(*to)
            .bind(stamp.at)
            .bind(stamp.by)
            .bind(id.id())
            .bind(*from);
        changed += tx.execute(query).await.map_err(guarded)?;
        if changed > 0 {
            break;
        }
    }
    Ok(changed > 0)
}

/// Records when the patient reported to be here; an earlier time stays.
pub(super) async fn say_here(tx: &mut Tx, id: Locked<AppointmentId>, now: Instant) -> Result<()> {
    let query = sql("UPDATE appointments SET here_at = $1, version = version + 1 WHERE id = $2 AND here_at IS NULL AND state = 'booked'");
    tx.execute(query.bind(now).bind(id.id())).await?;
    Ok(())
}

/// Applies an action that leads to `cancelled`, with its reason.
pub(super) async fn cancel(tx: &mut Tx, id: Locked<AppointmentId>, act: Act, reason: &str, stamp: Stamp) -> Result<bool> {
    let mut query =
        sql("UPDATE appointments SET state_before = state, state = 'cancelled', held_until = NULL, cancelled_at = $1, cancelled_by = $2,
            cancel_reason = $3, updated_at = $4, updated_by = $5, version = version + 1
        WHERE id = $6 AND state IN (")
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(reason)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(id.id());
    for (index, (from, ..)) in TRANSITIONS.iter().filter(|(_, known, _)| *known == act).enumerate() {
        query = query.push(if index == 0 { "" } else { ", " }).push_bind(*from);
    }
    Ok(tx.execute(query.push(")")).await? > 0)
}

/// Turns a hold into a booking. An expired hold still becomes one, unless another patient took the time meanwhile.
pub(super) async fn confirm(
    tx: &mut Tx,
    id: Locked<AppointmentId>,
    reason: &str,
    calendar: (Option<AppointmentId>, i64),
    stamp: Stamp,
) -> Result<bool> {
    let query = sql(
        "UPDATE appointments SET state = 'booked', held_until = NULL, reason = $1, updated_at = $2, updated_by = $3, version = version + 1,
            calendar_id = $4, calendar_changes = $5 WHERE id = $6 AND state = 'held'",
    )
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(Value::Uuid(calendar.0.map(Into::into)))
    .bind(calendar.1)
    .bind(id.id());
    Ok(tx.execute(query).await.map_err(guarded)? > 0)
}

/// The numbers of the overbooked appointments that stand in the doctor's session.
pub(super) async fn overbooked_numbers(tx: &mut Tx, doctor: StaffId, session: Instant) -> Result<Vec<i64>> {
    let query = sql("SELECT overbook_number FROM appointments WHERE session_at = $1 AND doctor_id = $2
        AND state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')")
    .bind(session)
    .bind(doctor);
    Ok(tx.all::<(i64,)>(query).await?.into_iter().map(|(number,)| number).collect())
}

/// Records why an appointment was moved or struck out.
pub(super) async fn say_why(tx: &mut Tx, id: Locked<AppointmentId>, reason: &str) -> Result<()> {
    if !reason.is_empty() {
        tx.execute(sql("UPDATE appointments SET cancel_reason = $1 WHERE id = $2").bind(reason).bind(id.id())).await?;
    }
    Ok(())
}

pub(super) async fn set_replacement(tx: &mut Tx, old: Locked<AppointmentId>, new: AppointmentId) -> Result<()> {
    tx.execute(sql("UPDATE appointments SET replaced_by = $1 WHERE id = $2").bind(new).bind(old.id())).await?;
    Ok(())
}

/// When the last act was audited.
pub(super) async fn last_act(tx: &mut Tx) -> Result<Option<Instant>> {
    let row: Option<(Instant,)> = tx.optional(sql("SELECT at FROM audit_log ORDER BY at DESC LIMIT 1")).await?;
    Ok(row.map(|(at,)| at))
}
