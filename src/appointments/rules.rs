//! The rules across rows about appointments, which `infirmary check` verifies.

use chrono::NaiveDate;

use super::{hours, settle, store};
use crate::{
    core::{Result, time::Instant},
    db::Tx,
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a doctor's seat is held by one appointment at a time",
        broken: "SELECT count(*) FROM appointments a JOIN appointments b ON b.doctor_id = a.doctor_id AND b.seat = a.seat AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
            WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
              AND b.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')",
    },
    Rule {
        holds: "a patient has one appointment at a time",
        broken: "SELECT count(*) FROM appointments a JOIN appointments b ON b.patient_id = a.patient_id AND b.id <> a.id
            AND b.starts_at >= a.starts_at AND b.starts_at < a.ends_at
            WHERE a.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
              AND b.state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')",
    },
    Rule {
        holds: "an overbooked appointment has a number of its own in its session",
        broken: "SELECT count(*) FROM (SELECT 1 FROM appointments WHERE session_at IS NOT NULL
            AND state IN ('held', 'booked', 'checked_in', 'in_consultation', 'fulfilled')
            GROUP BY doctor_id, session_at, overbook_number HAVING count(*) > 1) AS twice",
    },
    Rule {
        holds: "an offer of the waitlist holds an appointment of its patient",
        broken: "SELECT count(*) FROM waitlist w LEFT JOIN appointments a ON a.id = w.appointment_id
            WHERE w.state = 'offered' AND (a.id IS NULL OR a.patient_id <> w.patient_id OR a.state <> 'held')",
    },
    Rule {
        holds: "a seat that the waitlist took was booked for its patient",
        broken: "SELECT count(*) FROM waitlist w JOIN appointments a ON a.id = w.appointment_id
            WHERE w.state = 'taken' AND (a.patient_id <> w.patient_id OR a.state = 'held')",
    },
    Rule {
        holds: "a patient waits once for a service, at the service's clinic",
        broken: "SELECT (SELECT count(*) FROM (SELECT 1 FROM waitlist WHERE state IN ('waiting', 'offered') GROUP BY patient_id, service_id
                HAVING count(*) > 1) AS twice)
            + (SELECT count(*) FROM waitlist w JOIN services s ON s.id = w.service_id WHERE s.clinic_id <> w.clinic_id)",
    },
    Rule {
        holds: "nobody who died is booked for a later day",
        broken: "SELECT count(*) FROM appointments a JOIN patients p ON p.id = a.patient_id
            WHERE a.state IN ('held', 'booked') AND p.deceased_on IS NOT NULL AND a.starts_at > a.updated_at AND a.created_at > p.updated_at",
    },
    Rule {
        holds: "an appointment is at its service's clinic",
        broken: "SELECT count(*) FROM appointments a JOIN services s ON s.id = a.service_id WHERE s.clinic_id <> a.clinic_id",
    },
    Rule {
        holds: "the room of a doctor's hours is at their clinic",
        broken: "SELECT count(*) FROM schedules h JOIN services s ON s.id = h.service_id JOIN service_points r ON r.id = h.service_point_id
            WHERE r.clinic_id <> s.clinic_id",
    },
];

/// Weekly hours are worked out with the clinics' clocks, which no query knows.
const STANDS: &str = "a coming appointment stands in hours, or is marked as outside of them, or is on the list to settle";
const APART: &str = "no two hours of one doctor lie on one instant, at whichever clinics";

/// The rules that take more than a query. The present is that of the last audited act.
pub(super) async fn checked(tx: &mut Tx) -> Result<Vec<Finding>> {
    let Some(now) = store::last_act(tx).await? else { return Ok(vec![Finding::of(STANDS, 0), Finding::of(APART, 0)]) };
    let forgotten = settle::forgotten(tx, now).await?;
    let rows = forgotten.iter().map(|id| (*id).into()).collect();
    let apart = clashes(tx, now.date_naive(), now).await?;
    Ok(vec![Finding::named(STANDS, rows), Finding::of(APART, apart)])
}

async fn clashes(tx: &mut Tx, today: NaiveDate, now: Instant) -> Result<i64> {
    let mut clashes = 0;
    for doctor in hours::all_doctors(tx, today, now).await? {
        let there = hours::presence(tx, &[doctor], today, now).await?;
        clashes += hours::clashes(&there, today);
    }
    Ok(clashes)
}
