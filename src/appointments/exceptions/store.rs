//! The SQL of leave, blocked times and closed clinics.

use std::collections::HashMap;

use uuid::Uuid;

use super::form::{Absent, Kind, Time};
use crate::{
    core::{ClinicId, Error, Result, StaffId, Stamp, time::Instant},
    db::{Locked, Tx, sql},
};

/// Leave or a closed clinic, in the list of all exceptions.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Exception {
    pub id: Uuid,
    pub kind: Kind,
    /// The doctor who is away; without a doctor the clinic is closed.
    pub doctor_id: Option<StaffId>,
    /// The doctor's name.
    pub doctor: Option<String>,
    pub clinic_id: Option<ClinicId>,
    pub starts_at: Instant,
    pub ends_at: Instant,
    pub whole_days: bool,
    pub reason: String,
    /// The name of the person who entered it.
    pub entered_by: String,
}

const LEAVE: &str = "SELECT x.id, x.kind, x.doctor_id, s.display_name AS doctor, x.clinic_id, x.starts_at, x.ends_at, x.whole_days,
        x.reason, u.display_name AS entered_by
    FROM absences x JOIN staff s ON s.id = x.doctor_id JOIN users u ON u.id = x.created_by ";

const CLOSED: &str = "SELECT x.id, 'closure' AS kind, NULL AS doctor_id, NULL AS doctor, x.clinic_id, x.starts_at, x.ends_at,
        x.whole_days, x.reason, u.display_name AS entered_by
    FROM closures x JOIN users u ON u.id = x.created_by ";

/// On PostgreSQL a missing value needs its type.
const CLOSED_TYPED: &str =
    "SELECT x.id, CAST('closure' AS text) AS kind, CAST(NULL AS uuid) AS doctor_id, CAST(NULL AS text) AS doctor, x.clinic_id, x.starts_at,
        x.ends_at, x.whole_days, x.reason, u.display_name AS entered_by
    FROM closures x JOIN users u ON u.id = x.created_by ";

/// Leave of the doctors who serve at the clinic and its closed times, that end after `from`, in order of time.
pub async fn exceptions(tx: &mut Tx, clinic: ClinicId, doctor: Option<StaffId>, from: Instant) -> Result<Vec<Exception>> {
    let mut query = sql(LEAVE)
        .push(
            "WHERE x.withdrawn_at IS NULL AND x.ends_at > $1 AND (x.clinic_id = $2 OR EXISTS (SELECT 1 FROM schedules h
            JOIN services v ON v.id = h.service_id WHERE h.doctor_id = x.doctor_id AND v.clinic_id = $2))",
        )
        .bind(from)
        .bind(clinic);
    if let Some(doctor) = doctor {
        query = query.push(" AND x.doctor_id = ").push_bind(doctor);
    }
    let mut all: Vec<Exception> = tx.all(query).await?;
    let query = crate::db::sql_for(CLOSED, CLOSED_TYPED)
        .push("WHERE x.withdrawn_at IS NULL AND x.ends_at > $1 AND x.clinic_id = $2")
        .bind(from)
        .bind(clinic);
    all.extend(tx.all::<Exception>(query).await?);
    all.sort_by_key(|one| (one.starts_at, one.id));
    Ok(all)
}

/// One of them, if it is in force; `closed` says which kind.
pub async fn exception(tx: &mut Tx, id: Uuid, closed: bool) -> Result<Exception> {
    let query = if closed { crate::db::sql_for(CLOSED, CLOSED_TYPED) } else { sql(LEAVE) };
    tx.optional(query.push("WHERE x.withdrawn_at IS NULL AND x.id = $1").bind(id)).await?.ok_or(Error::NotFound)
}

/// The blocked times of these doctors between two times, each with its reason.
pub async fn blocks(tx: &mut Tx, doctors: &[StaffId], from: Instant, to: Instant) -> Result<HashMap<Uuid, String>> {
    if doctors.is_empty() {
        return Ok(HashMap::new());
    }
    let query = sql("SELECT id, reason FROM absences
        WHERE kind = 'block' AND withdrawn_at IS NULL AND ends_at > $1 AND starts_at < $2 AND doctor_id IN ")
    .bind(from)
    .bind(to)
    .push_list(doctors.iter().copied());
    Ok(tx.all::<(Uuid, String)>(query).await?.into_iter().collect())
}

/// Whether there is one of this id, withdrawn or not.
pub async fn is_there(tx: &mut Tx, id: Uuid) -> Result<bool> {
    let query = sql("SELECT (SELECT count(*) FROM absences WHERE id = $1) + (SELECT count(*) FROM closures WHERE id = $1)").bind(id);
    Ok(tx.count(query).await? > 0)
}

pub async fn insert_leave(
    tx: &mut Tx,
    (id, kind): (Uuid, Absent),
    (doctor, clinic): (Locked<StaffId>, ClinicId),
    (time, reason): (Time, &str),
    stamp: Stamp,
) -> Result<()> {
    let query = sql("INSERT INTO absences (id, kind, doctor_id, clinic_id, starts_at, ends_at, whole_days, reason, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)")
    .bind(id)
    .bind(kind)
    .bind(doctor.id())
    .bind(clinic)
    .bind(time.starts_at)
    .bind(time.ends_at)
    .bind(time.whole_days)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

pub async fn insert_closure(tx: &mut Tx, id: Uuid, clinic: ClinicId, (time, reason): (Time, &str), stamp: Stamp) -> Result<()> {
    let query = sql("INSERT INTO closures (id, clinic_id, starts_at, ends_at, whole_days, reason, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)")
    .bind(id)
    .bind(clinic)
    .bind(time.starts_at)
    .bind(time.ends_at)
    .bind(time.whole_days)
    .bind(reason)
    .bind(stamp.at)
    .bind(stamp.by);
    tx.execute(query).await?;
    Ok(())
}

/// Withdraws it; `false` when somebody did already.
pub async fn withdraw(tx: &mut Tx, id: Uuid, closed: bool, stamp: Stamp) -> Result<bool> {
    let text = if closed { "UPDATE closures " } else { "UPDATE absences " };
    let query = sql(text)
        .push("SET withdrawn_at = $1, withdrawn_by = $2 WHERE id = $3 AND withdrawn_at IS NULL")
        .bind(stamp.at)
        .bind(stamp.by)
        .bind(id);
    Ok(tx.execute(query).await? > 0)
}
