//! The rules across rows about encounters and their entries, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "what is charted for a visit is charted for its patient",
        broken: "SELECT (SELECT count(*) FROM encounters e JOIN visits v ON v.id = e.visit_id WHERE e.patient_id <> v.patient_id)
            + (SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.patient_id <> e.patient_id)
            + (SELECT count(*) FROM diagnoses d JOIN encounters e ON e.id = d.encounter_id WHERE d.patient_id <> e.patient_id)
            + (SELECT count(*) FROM prescriptions p JOIN encounters e ON e.id = p.encounter_id WHERE p.patient_id <> e.patient_id)
            + (SELECT count(*) FROM vitals x JOIN visits v ON v.id = x.visit_id WHERE x.patient_id <> v.patient_id)",
    },
    Rule {
        holds: "addenda stand under signed notes only",
        broken: "SELECT count(*) FROM addenda a JOIN notes n ON n.id = a.note_id WHERE n.state = 'draft'",
    },
    Rule {
        holds: "each signed row that the audit log tells of is there, signed",
        broken: "SELECT count(*) FROM (SELECT what, subject_id FROM audit_log WHERE subject_id IS NOT NULL AND ((action = 'create' AND what = 'addendum')
            OR (action = 'sign' AND what IN ('note', 'addendum', 'stay_note', 'stay_note_addendum', 'discharge_summary', 'radiology_report',
                'radiology_addendum', 'care_order')))
            EXCEPT SELECT what, id FROM signed_rows) gone",
    },
    Rule {
        holds: "a signature stands on a signed note of a finished encounter",
        broken: "SELECT (SELECT count(*) FROM note_signatures s JOIN notes n ON n.id = s.note_id WHERE n.state <> 'signed')
            + (SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.state = 'signed' AND e.state <> 'finished')",
    },
    Rule {
        holds: "the audit log tells of each author's signature, at its time",
        broken: "SELECT count(*) FROM (SELECT coalesce(s.addendum_id, s.note_id), k.user_id, s.signed_at
            FROM note_signatures s JOIN signing_keys k ON k.id = s.key_id WHERE s.meaning = 'author'
            EXCEPT SELECT subject_id, user_id, at FROM audit_log
            WHERE (action = 'sign' AND what = 'note') OR (action = 'create' AND what = 'addendum')) untold",
    },
    Rule {
        holds: "the audit log tells of no signature after its key was retired",
        broken: "SELECT count(*) FROM audit_log r JOIN signed_rows s ON s.key_id = r.subject_id
            JOIN audit_log l ON l.at = s.signed_at AND l.subject_id = s.id AND l.what = s.what AND l.id > r.id
            WHERE r.action = 'update' AND r.what = 'signing_key' AND l.action IN ('sign', 'create')",
    },
    Rule {
        holds: "a signed prescription is in the state that the audit log tells of",
        broken: "SELECT count(*) FROM prescriptions p JOIN notes n ON n.encounter_id = p.encounter_id AND n.state = 'signed'
            LEFT JOIN (SELECT subject_id, max(what) AS what FROM audit_log
                WHERE action = 'update' AND what IN ('prescription', 'prescription_replaced') GROUP BY subject_id) l ON l.subject_id = p.id
            WHERE p.state <> 'entered_in_error' AND p.state <> CASE l.what WHEN 'prescription' THEN 'stopped'
                WHEN 'prescription_replaced' THEN 'completed' ELSE 'active' END",
    },
    Rule {
        holds: "a finished encounter leaves no draft note",
        broken: "SELECT count(*) FROM notes n JOIN encounters e ON e.id = n.encounter_id WHERE n.state = 'draft' AND e.state <> 'in_progress'",
    },
    Rule {
        holds: "the encounter of a visit has a note, and a finished one a signed note",
        broken: "SELECT count(*) FROM encounters e LEFT JOIN notes n ON n.encounter_id = e.id WHERE e.visit_id IS NOT NULL
            AND (n.id IS NULL OR (e.state = 'finished' AND n.state <> 'signed') OR (e.state = 'in_progress' AND n.state = 'signed'))",
    },
    Rule {
        holds: "one of the diagnoses of a consultation is the primary one",
        broken: "SELECT count(*) FROM encounters e JOIN notes n ON n.encounter_id = e.id
            WHERE EXISTS (SELECT 1 FROM diagnoses d WHERE d.encounter_id = e.id AND d.entered_in_error_at IS NULL)
              AND NOT EXISTS (SELECT 1 FROM diagnoses d WHERE d.encounter_id = e.id AND d.entered_in_error_at IS NULL AND d.rank = 'primary')",
    },
];
