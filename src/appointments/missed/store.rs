//! The SQL of missed appointments.

use crate::{
    appointments::{Arrival, store::ARRIVAL},
    core::{AppointmentId, ClinicId, PatientId, Result, list::PAGE_SIZE, time::Instant},
    db::{Tx, sql},
};

/// Appointments that the patient missed since then.
pub(super) async fn missed_count(tx: &mut Tx, patient: PatientId, since: Instant) -> Result<i64> {
    let query =
        sql("SELECT count(*) FROM appointments WHERE patient_id = $1 AND starts_at > $2 AND state = 'no_show'").bind(patient).bind(since);
    Ok(tx.count(query).await?)
}

/// Missed appointments at the clinic whose patients have no coming one there, latest first.
pub(super) async fn missed_not_rebooked(tx: &mut Tx, clinic: ClinicId, since: Instant, now: Instant, offset: i64) -> Result<Vec<Arrival>> {
    let query = sql(ARRIVAL)
        .push(
            "WHERE a.clinic_id = $1 AND a.state = 'no_show' AND a.starts_at > $2 AND NOT EXISTS (SELECT 1 FROM appointments n
                WHERE n.patient_id = a.patient_id AND n.clinic_id = a.clinic_id AND n.starts_at > a.starts_at
                AND n.state IN ('booked', 'checked_in', 'in_consultation', 'fulfilled'))
            AND p.deceased_on IS NULL AND a.starts_at <= $3 ORDER BY a.starts_at DESC, a.id LIMIT ",
        )
        .bind(clinic)
        .bind(since)
        .bind(now)
        .push_bind(PAGE_SIZE + 1)
        .push(" OFFSET ")
        .push_bind(offset);
    Ok(tx.all(query).await?)
}

/// Appointments of the clinic that began before the moment and are still booked; the first thousand.
pub(in crate::appointments) async fn booked_before(tx: &mut Tx, clinic: ClinicId, before: Instant) -> Result<Vec<AppointmentId>> {
    let query =
        sql("SELECT id FROM appointments WHERE clinic_id = $1 AND state = 'booked' AND starts_at < $2 ORDER BY starts_at LIMIT 1000")
            .bind(clinic)
            .bind(before);
    let rows: Vec<(AppointmentId,)> = tx.all(query).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}
