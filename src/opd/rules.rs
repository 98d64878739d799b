//! The rules across rows about visits, tokens and queue entries, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "an open visit has exactly one open queue entry, an ended one none",
        broken: "SELECT count(*) FROM visits v WHERE (SELECT count(*) FROM queue_entries q WHERE q.visit_id = v.id AND q.closed_at IS NULL)
            <> CASE WHEN v.ended_at IS NULL THEN 1 ELSE 0 END",
    },
    Rule {
        holds: "tokens of a service and day run from 1 without a gap",
        broken: "SELECT count(*) FROM (SELECT v.service_id, v.day FROM visits v LEFT JOIN token_series t ON t.service_id = v.service_id AND t.day = v.day
            GROUP BY v.service_id, v.day, t.last
            HAVING count(*) <> max(v.token_number) OR min(v.token_number) <> 1 OR t.last IS NULL OR t.last <> max(v.token_number)) broken",
    },
    Rule {
        holds: "a queue entry belongs to the clinic and service of its visit or to another service of that clinic",
        broken: "SELECT count(*) FROM queue_entries q JOIN visits v ON v.id = q.visit_id JOIN services s ON s.id = q.service_id
            WHERE q.clinic_id <> v.clinic_id OR s.clinic_id <> q.clinic_id",
    },
    Rule {
        holds: "a patient who is checked in or in consultation has a visit",
        broken: "SELECT count(*) FROM appointments a WHERE a.state IN ('checked_in', 'in_consultation')
            AND NOT EXISTS (SELECT 1 FROM visits v WHERE v.appointment_id = a.id)",
    },
    Rule {
        holds: "a visit and its appointment are of one patient",
        broken: "SELECT count(*) FROM visits v JOIN appointments a ON a.id = v.appointment_id WHERE a.patient_id <> v.patient_id",
    },
    Rule {
        holds: "an ended visit leaves nobody checked in or in consultation",
        broken: "SELECT count(*) FROM visits v JOIN appointments a ON a.id = v.appointment_id
            WHERE v.ended_at IS NOT NULL AND a.state IN ('checked_in', 'in_consultation')",
    },
];
