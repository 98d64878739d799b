//! The rules across rows about first visits, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(in crate::reception) const RULES: &[Rule] = &[Rule {
    holds: "a booked first visit leads to an appointment at its clinic",
    broken: "SELECT count(*) FROM first_visits f LEFT JOIN appointments a ON a.id = f.appointment_id AND a.clinic_id = f.clinic_id
        WHERE f.state = 'booked' AND a.id IS NULL",
}];
