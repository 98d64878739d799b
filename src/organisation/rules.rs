//! The rules about staff that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "no appointment stands with a doctor who was retired before its end",
        broken: "SELECT count(*) FROM appointments a JOIN staff s ON s.id = a.doctor_id
            WHERE a.state IN ('booked', 'checked_in', 'in_consultation') AND s.retired_at IS NOT NULL AND a.ends_at > s.retired_at",
    },
    Rule {
        holds: "nobody waits in a queue for a doctor who was retired",
        broken: "SELECT count(*) FROM queue_entries q JOIN staff s ON s.id = q.doctor_id
            WHERE q.closed_at IS NULL AND s.retired_at IS NOT NULL",
    },
    Rule {
        holds: "nobody has two shifts at one time",
        broken: "SELECT count(*) FROM shifts a JOIN shifts b ON b.staff_id = a.staff_id AND b.id > a.id AND b.removed_at IS NULL
            WHERE a.removed_at IS NULL AND a.starts_at < b.ends_at AND a.ends_at > b.starts_at",
    },
    Rule {
        holds: "the main department of staff is one of the person's departments",
        broken: "SELECT count(*) FROM staff s WHERE s.department_id IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM staff_departments k WHERE k.staff_id = s.id AND k.department_id = s.department_id)",
    },
    Rule { holds: "only doctors can be booked", broken: "SELECT count(*) FROM staff s WHERE s.accepting_bookings AND s.kind <> 'doctor'" },
    Rule {
        holds: "the head of an open department works here",
        broken: "SELECT count(*) FROM departments d JOIN staff s ON s.id = d.head_id WHERE d.retired_at IS NULL AND s.retired_at IS NOT NULL",
    },
];
