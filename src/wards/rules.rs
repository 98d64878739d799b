//! The rules of the wards that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a bed has one use at a time",
        broken: "SELECT count(*) FROM bed_uses a JOIN bed_uses b ON b.bed_id = a.bed_id AND b.id > a.id AND b.voided_at IS NULL
            WHERE a.voided_at IS NULL AND (b.ended_at IS NULL OR b.ended_at > b.began_at) AND (a.ended_at IS NULL OR a.ended_at > a.began_at)
            AND (b.ended_at IS NULL OR a.began_at < b.ended_at) AND (a.ended_at IS NULL OR b.began_at < a.ended_at)",
    },
    Rule {
        holds: "a patient lies in one bed at a time",
        broken: "SELECT count(*) FROM bed_uses a JOIN bed_uses b ON b.patient_id = a.patient_id AND b.id > a.id AND b.voided_at IS NULL
            AND b.kind = 'stay' WHERE a.voided_at IS NULL AND a.kind = 'stay' AND (b.ended_at IS NULL OR b.ended_at > b.began_at)
            AND (a.ended_at IS NULL OR a.ended_at > a.began_at)
            AND (b.ended_at IS NULL OR a.began_at < b.ended_at) AND (a.ended_at IS NULL OR b.began_at < a.ended_at)",
    },
    Rule {
        holds: "each admitted patient lies in a bed",
        broken: "SELECT count(*) FROM admissions a WHERE a.state = 'admitted' AND NOT EXISTS (SELECT 1 FROM bed_uses u
            WHERE u.admission_id = a.id AND u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL)",
    },
    Rule {
        holds: "nobody who is not admitted lies in a bed",
        broken: "SELECT count(*) FROM bed_uses u JOIN admissions a ON a.id = u.admission_id
            WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL AND a.state <> 'admitted'",
    },
    Rule {
        holds: "a bed is reserved for a patient who is expected or admitted",
        broken: "SELECT count(*) FROM bed_uses u JOIN admissions a ON a.id = u.admission_id WHERE u.kind = 'reservation'
            AND u.ended_at IS NULL AND u.voided_at IS NULL AND a.state NOT IN ('requested', 'accepted', 'admitted')",
    },
    Rule {
        holds: "the use of a bed is of the admission's patient",
        broken: "SELECT count(*) FROM bed_uses u JOIN admissions a ON a.id = u.admission_id WHERE a.patient_id <> u.patient_id",
    },
    Rule {
        holds: "an admitted patient lies on the ward that accepted the patient",
        broken: "SELECT count(*) FROM bed_uses u JOIN admissions a ON a.id = u.admission_id JOIN beds b ON b.id = u.bed_id
            JOIN ward_rooms r ON r.id = b.room_id WHERE u.kind = 'stay' AND u.ended_at IS NULL AND u.voided_at IS NULL
            AND r.ward_id <> a.accepted_ward_id",
    },
    Rule {
        holds: "who left has no open transfer and is not away",
        broken: "SELECT count(*) FROM admissions a WHERE a.state <> 'admitted' AND (EXISTS (SELECT 1 FROM transfers t
            WHERE t.admission_id = a.id AND t.state IN ('requested', 'accepted'))
            OR EXISTS (SELECT 1 FROM ward_absences w WHERE w.admission_id = a.id AND w.back_at IS NULL))",
    },
    Rule {
        holds: "a swap of beds is proposed for two patients on a ward",
        broken: "SELECT count(*) FROM bed_swaps s JOIN admissions a ON a.id = s.admission_id JOIN admissions o ON o.id = s.with_id
            WHERE s.state = 'proposed' AND (a.state <> 'admitted' OR o.state <> 'admitted')",
    },
    Rule {
        holds: "the admission of a child that was born here names the mother's",
        broken: "SELECT count(*) FROM births n JOIN admissions a ON a.id = n.baby_id WHERE a.mother_id IS NULL OR a.mother_id <> n.mother_id",
    },
    Rule {
        holds: "each day in a bed is charged",
        broken: "SELECT count(*) FROM bed_days y WHERE NOT EXISTS (SELECT 1 FROM charges c WHERE c.source = 'bed_day' AND c.source_id = y.id)",
    },
    Rule {
        holds: "an extra trolley is removed when it was left and cleaned",
        broken: "SELECT count(*) FROM beds b WHERE b.overflow AND b.retired_at IS NULL AND EXISTS (SELECT 1 FROM bed_uses u
            WHERE u.bed_id = b.id AND u.ended_because = 'cleaned' AND u.voided_at IS NULL)
            AND NOT EXISTS (SELECT 1 FROM bed_uses u WHERE u.bed_id = b.id AND u.ended_at IS NULL AND u.voided_at IS NULL)",
    },
    Rule {
        holds: "a retired bed is empty",
        broken: "SELECT count(*) FROM bed_uses u JOIN beds b ON b.id = u.bed_id
            WHERE b.retired_at IS NOT NULL AND u.ended_at IS NULL AND u.voided_at IS NULL",
    },
];
