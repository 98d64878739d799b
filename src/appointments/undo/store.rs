//! The SQL of the undo.

use super::EndedStep;
use crate::{
    appointments::{AppointmentState, store::guarded},
    core::{AppointmentId, ClinicId, Error, Result, Stamp, time::Instant},
    db::{Locked, Tx, sql},
    tr,
};

const STEP: &str = "SELECT id, state, state_before, placed, updated_at, updated_by FROM appointments ";

pub(super) async fn ended(tx: &mut Tx, id: AppointmentId) -> Result<Option<EndedStep>> {
    Ok(tx.optional(sql(STEP).push("WHERE id = $1").bind(id)).await?)
}

/// The appointment of which this one took the place.
pub(super) async fn replaced_by(tx: &mut Tx, id: AppointmentId) -> Result<Option<EndedStep>> {
    Ok(tx.optional(sql(STEP).push("WHERE replaced_by = $1").bind(id)).await?)
}

/// Opens the line of the list "To settle" again that the step closed at that moment; `false` when there is none.
pub(super) async fn open_line_again(tx: &mut Tx, (id, clinic): (AppointmentId, ClinicId), at: Instant) -> Result<bool> {
    let query = sql("UPDATE settlements SET outcome = NULL, closed_at = NULL, closed_by = NULL
        WHERE clinic_id = $1 AND closed_at = $2 AND appointment_id = $3 AND outcome IN ('cancelled', 'moved')")
    .bind(clinic)
    .bind(at)
    .bind(id);
    Ok(tx.execute(query).await? > 0)
}

/// Leads the appointment back to its state before. `changes` is how often its calendar entry changed meanwhile.
pub(super) async fn restore(
    tx: &mut Tx,
    id: Locked<AppointmentId>,
    (from, to): (AppointmentState, AppointmentState),
    changes: i64,
    stamp: Stamp,
) -> Result<()> {
    let query = sql("UPDATE appointments SET state = $1, state_before = NULL, cancelled_at = NULL, cancelled_by = NULL, cancel_reason = '',
            replaced_by = NULL, calendar_changes = $2, updated_at = $3, updated_by = $4, version = version + 1 WHERE id = $5 AND state = $6")
    .bind(to)
    .bind(changes)
    .bind(stamp.at)
    .bind(stamp.by)
    .bind(id.id())
    .bind(from);
    let changed = tx.execute(query).await.map_err(|error| {
        if error.violates("appointments_slot_taken") {
            Error::conflict(tr!(appointments.undo_time_taken))
        } else if error.violates("appointments_patient_busy") {
            Error::conflict(tr!(appointments.undo_patient_busy))
        } else if error.violates("service_retired") || error.violates("doctor_retired") {
            Error::conflict(tr!(appointments.undo_hours_gone))
        } else {
            guarded(error)
        }
    })?;
    if changed == 0 { Err(Error::Busy) } else { Ok(()) }
}
