//! The rules about appointments that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

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
        holds: "an appointment is at its service's clinic",
        broken: "SELECT count(*) FROM appointments a JOIN services s ON s.id = a.service_id WHERE s.clinic_id <> a.clinic_id",
    },
];
