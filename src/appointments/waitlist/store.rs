//! The SQL of the waitlist. Whoever frees a seat reads and changes the entries of others through views, which show no names.

use chrono::NaiveDate;

use super::{NewWait, WaitEntry, WaitState};
use crate::{
    appointments::store::RELEASE,
    core::{
        AppointmentId, ClinicId, Error, IdempotencyKey, PatientId, Result, ServiceId, StaffId, Stamp, UserId, VisitTypeId, WaitlistId,
        list::PAGE_SIZE, time::Instant,
    },
    db::{Locked, Tx, Value, sql, sql_for},
    tr,
};

/// Columns of [`WaitEntry`], to be followed by a condition.
const ENTRY: &str = "SELECT w.id, w.patient_id,
        CASE WHEN p.family_name = '' THEN p.given_names ELSE p.family_name || ', ' || p.given_names END AS patient_name, p.mrn,
        w.clinic_id, w.service_id, v.name AS service, w.doctor_id, coalesce(s.display_name, '') AS doctor, coalesce(t.name, '') AS visit_type,
        w.urgent, w.weekdays, w.from_minute, w.to_minute, w.until_day, w.note, w.state, w.appointment_id, w.offered_until, w.created_at,
        w.version
    FROM waitlist w JOIN patients p ON p.id = w.patient_id JOIN services v ON v.id = w.service_id
    LEFT JOIN staff s ON s.id = w.doctor_id LEFT JOIN visit_types t ON t.id = w.visit_type_id ";

pub(super) async fn find(tx: &mut Tx, id: WaitlistId) -> Result<WaitEntry> {
    tx.optional(sql(ENTRY).push("WHERE w.id = ").push_bind(id)).await?.ok_or(Error::NotFound)
}

pub(super) async fn in_order(tx: &mut Tx, clinic: ClinicId, offset: i64) -> Result<Vec<WaitEntry>> {
    let query = sql(ENTRY)
        .push("WHERE w.clinic_id = ")
        .push_bind(clinic)
        .push(" AND w.state IN ('waiting', 'offered') ORDER BY w.state, w.urgent DESC, w.created_at, w.id LIMIT ")
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

pub(super) async fn of_patient(tx: &mut Tx, patient: PatientId) -> Result<Vec<WaitEntry>> {
    Ok(tx.all(sql(ENTRY).push("WHERE w.patient_id = ").push_bind(patient).push(" ORDER BY w.created_at DESC, w.id LIMIT 50")).await?)
}

/// The ids of a patient's open wishes.
pub(super) async fn open_of(tx: &mut Tx, patient: PatientId) -> Result<Vec<WaitlistId>> {
    let query =
        sql("SELECT id FROM waitlist WHERE patient_id = ").push_bind(patient).push(" AND state IN ('waiting', 'offered') ORDER BY id");
    Ok(tx.all::<(WaitlistId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

pub(super) async fn is_there(tx: &mut Tx, id: WaitlistId) -> Result<bool> {
    Ok(tx.count(sql("SELECT count(*) FROM waitlist WHERE id = ").push_bind(id)).await? > 0)
}

pub(super) async fn insert(tx: &mut Tx, new: &NewWait, clinic: ClinicId, stamp: Stamp) -> Result<()> {
    let query = sql(
        "INSERT INTO waitlist (id, patient_id, clinic_id, service_id, doctor_id, visit_type_id, urgent, weekdays, from_minute, to_minute,
            until_day, note, state, created_at, created_by, updated_at, updated_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', $13, $14, $15, $16)",
    )
    .bind(new.id)
    .bind(new.patient)
    .bind(clinic)
    .bind(new.service)
    .bind(Value::Uuid(new.doctor.map(Into::into)))
    .bind(Value::Uuid(new.visit_type.map(Into::into)))
    .bind(new.urgent)
    .bind(new.weekdays)
    .bind(new.hours.0)
    .bind(new.hours.1)
    .bind(new.until)
    .bind(&new.note)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(stamp.at)
    .bind(stamp.by);
    match tx.execute(query).await {
        Err(error) if error.is_unique() => Err(Error::conflict(tr!(appointments.waits_already))),
        // Retired since the form was shown.
        Err(error) if error.violates("doctor_retired") => Err(Error::invalid("doctor", tr!(errors.choose))),
        Err(error) if error.violates("service_retired") => Err(Error::invalid("service_id", tr!(errors.choose))),
        done => Ok(done.map(|_| ())?),
    }
}

/// A seat that is free again.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(in crate::appointments) struct FreedSeat {
    pub clinic_id: ClinicId,
    pub service_id: ServiceId,
    pub doctor_id: StaffId,
    pub starts_at: Instant,
    pub ends_at: Instant,
    /// The seat is not offered to the patient who gave it back.
    #[sqlx(default)]
    pub from: Option<PatientId>,
}

/// A wish that the freed seat suits.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct InLine {
    pub id: WaitlistId,
    pub patient_id: PatientId,
    pub visit_type_id: Option<VisitTypeId>,
}

/// The first in order whom the seat suits and who have nothing else at that time. `on` is the seat's day, the bit of its weekday and its
/// minute on the clinic's wall clock.
pub(super) async fn suited(tx: &mut Tx, seat: &FreedSeat, on: (NaiveDate, i64, i64)) -> Result<Vec<InLine>> {
    let (day, bit, minute) = on;
    let query = sql("SELECT w.id, w.patient_id, w.visit_type_id FROM waiting_in_line w
        WHERE w.state = 'waiting' AND w.service_id = $1 AND (w.doctor_id IS NULL OR w.doctor_id = $2) AND w.until_day >= $3
            AND (w.weekdays / $4) % 2 = 1 AND w.from_minute <= $5 AND w.to_minute > $6
            AND NOT EXISTS (SELECT 1 FROM busy_waiting b WHERE b.patient_id = w.patient_id AND b.starts_at < $7 AND b.ends_at > $8)")
    .bind(seat.service_id)
    .bind(seat.doctor_id)
    .bind(day)
    .bind(bit)
    .bind(minute)
    .bind(minute)
    .bind(seat.ends_at)
    .bind(seat.starts_at);
    let query = match seat.from {
        Some(from) => query.push(" AND w.patient_id <> ").push_bind(from),
        None => query,
    };
    Ok(tx.all(query.push(" ORDER BY w.urgent DESC, w.created_at, w.id LIMIT 20")).await?)
}

/// Whether somebody who waits has something else between the two.
pub(super) async fn is_busy(tx: &mut Tx, patient: PatientId, (from, to): (Instant, Instant)) -> Result<bool> {
    let query = sql("SELECT count(*) FROM busy_waiting WHERE patient_id = $1 AND starts_at < $2 AND ends_at > $3")
        .bind(patient)
        .bind(to)
        .bind(from);
    Ok(tx.count(query).await? > 0)
}

/// Holds the seat for somebody in line; `None` when they are busy meanwhile or the seat is taken.
pub(super) async fn hold(
    tx: &mut Tx,
    seat: &FreedSeat,
    (number, one): (i64, &InLine),
    until: Instant,
    now: Instant,
) -> Result<Option<AppointmentId>> {
    let id = AppointmentId::new();
    let query = sql_for("INSERT INTO appointments", "INSERT INTO offered_seats")
        .push(
            " (id, patient_id, doctor_id, clinic_id, service_id, starts_at, ends_at, seat, state, held_until, booked_through, idempotency_key,
            visit_type_id, created_at, created_by, updated_at, updated_by, version, placed)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'held', $9, 'reception', $10, $11, $12, $13, $14, $15, 1, 'in_hours') ON CONFLICT DO NOTHING",
        )
        .bind(id)
        .bind(one.patient_id)
        .bind(seat.doctor_id)
        .bind(seat.clinic_id)
        .bind(seat.service_id)
        .bind(seat.starts_at)
        .bind(seat.ends_at)
        .bind(number)
        .bind(until)
        .bind(IdempotencyKey::new())
        .bind(Value::Uuid(one.visit_type_id.map(Into::into)))
        .bind(now)
        .bind(UserId::SYSTEM)
        .bind(now)
        .bind(UserId::SYSTEM);
    Ok((tx.execute(query).await? > 0).then_some(id))
}

/// Writes the offer down; `false` when the patient is not waiting any more.
pub(super) async fn offer(tx: &mut Tx, one: &InLine, appointment: AppointmentId, until: Instant, now: Instant) -> Result<bool> {
    let query = sql_for("UPDATE waitlist", "UPDATE waiting_in_line")
        .push(
            " SET state = 'offered', appointment_id = $1, offered_until = $2, updated_at = $3, updated_by = $4, version = version + 1
            WHERE id = $5 AND state = 'waiting'",
        )
        .bind(appointment)
        .bind(until)
        .bind(now)
        .bind(UserId::SYSTEM)
        .bind(one.id);
    Ok(tx.execute(query).await? > 0)
}

/// Gives a hold that was made for an offer back.
pub(super) async fn unhold(tx: &mut Tx, appointment: AppointmentId, now: Instant) -> Result<bool> {
    let query = sql_for(
        RELEASE,
        "UPDATE offered_seats SET state = 'cancelled', held_until = NULL, cancelled_at = $1, cancelled_by = $2, updated_at = $1,
    updated_by = $2, version = version + 1",
    )
    .push(" WHERE id = $3 AND state = 'held'")
    .bind(now)
    .bind(UserId::SYSTEM)
    .bind(appointment);
    Ok(tx.execute(query).await? > 0)
}

/// The open offer of this appointment, whoever has it.
pub(super) async fn offered(tx: &mut Tx, appointment: AppointmentId) -> Result<Option<WaitlistId>> {
    let query = sql("SELECT id FROM waiting_in_line WHERE state = 'offered' AND appointment_id = ").push_bind(appointment);
    Ok(tx.optional::<(WaitlistId,)>(query).await?.map(|(id,)| id))
}

/// Ends a wish that is open; `false` when it is over already. The reader need not see whose it is.
pub(super) async fn settle(tx: &mut Tx, id: WaitlistId, from: WaitState, to: WaitState, stamp: Stamp) -> Result<bool> {
    let query = sql_for("UPDATE waitlist", "UPDATE waiting_in_line")
        .push(" SET state = $1, offered_until = NULL, updated_at = $2, updated_by = $3, version = version + 1 WHERE id = $4 AND state = $5")
        .bind(to)
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(id)
        .bind(from);
    Ok(tx.execute(query).await? > 0)
}

/// Records why a wish was withdrawn.
pub(super) async fn say_why(tx: &mut Tx, id: Locked<WaitlistId>, because: &str) -> Result<()> {
    if !because.is_empty() {
        tx.execute(sql("UPDATE waitlist SET withdrawn_because = ").push_bind(because).push(" WHERE id = ").push_bind(id.id())).await?;
    }
    Ok(())
}

/// Offers whose patients' bells have not rung yet.
pub(super) async fn untold(tx: &mut Tx) -> Result<Vec<WaitlistId>> {
    let query = sql("SELECT id FROM waitlist WHERE state = 'offered' AND told_at IS NULL ORDER BY updated_at, id LIMIT 200");
    Ok(tx.all::<(WaitlistId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Notes that the bell rang; `false` when another node rang it.
pub(super) async fn tell(tx: &mut Tx, id: WaitlistId, now: Instant) -> Result<bool> {
    let query =
        sql("UPDATE waitlist SET told_at = ").push_bind(now).push(" WHERE state = 'offered' AND told_at IS NULL AND id = ").push_bind(id);
    Ok(tx.execute(query).await? > 0)
}

/// Offers whose time to answer is over.
pub(super) async fn overdue(tx: &mut Tx, now: Instant) -> Result<Vec<WaitlistId>> {
    let query = sql("SELECT id FROM waitlist WHERE state = 'offered' AND offered_until <= ")
        .push_bind(now)
        .push(" ORDER BY offered_until, id LIMIT 200");
    Ok(tx.all::<(WaitlistId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// Wishes whose last day is over at their clinic.
pub(super) async fn outdated(tx: &mut Tx, clinic: ClinicId, today: NaiveDate) -> Result<Vec<WaitlistId>> {
    let query = sql("SELECT id FROM waitlist WHERE state = 'waiting' AND until_day < ")
        .push_bind(today)
        .push(" AND clinic_id = ")
        .push_bind(clinic)
        .push(" ORDER BY id LIMIT 200");
    Ok(tx.all::<(WaitlistId,)>(query).await?.into_iter().map(|(id,)| id).collect())
}

/// The times at the doctor's that were held too long.
pub(super) async fn stale_seats(tx: &mut Tx, doctor: Locked<StaffId>, now: Instant) -> Result<Vec<(AppointmentId, FreedSeat)>> {
    // A hold ends before its time begins: the index on doctor and start keeps this short.
    let query = sql("SELECT id, clinic_id, service_id, doctor_id, starts_at, ends_at FROM stale_seats
        WHERE doctor_id = $1 AND starts_at > $2 AND held_until <= $3 ORDER BY starts_at, id")
    .bind(doctor.id())
    .bind(now - chrono::Duration::days(1))
    .bind(now);
    let rows: Vec<StaleSeat> = tx.all(query).await?;
    Ok(rows.into_iter().map(|row| (row.id, row.seat)).collect())
}

#[derive(sqlx::FromRow)]
struct StaleSeat {
    id: AppointmentId,
    #[sqlx(flatten)]
    seat: FreedSeat,
}

/// Gives a time back that was held too long; `false` when it was confirmed or given back meanwhile.
pub(super) async fn release_stale(tx: &mut Tx, id: AppointmentId, now: Instant) -> Result<bool> {
    // Row-level security shows other patients' holds where they are stale only.
    let query = sql_for(RELEASE, RELEASE_OTHERS)
        .push(" WHERE id = $3 AND state = 'held' AND held_until <= $1")
        .bind(now)
        .bind(UserId::SYSTEM)
        .bind(id);
    Ok(tx.execute(query).await? > 0)
}

/// The same of other patients' holds: row-level security shows them where they are stale only.
const RELEASE_OTHERS: &str =
    "UPDATE stale_seats SET state = 'cancelled', held_until = NULL, cancelled_at = $1, cancelled_by = $2, updated_at = $1,
    updated_by = $2, version = version + 1";
