//! The rules of messages that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a message goes to an address of its person",
        broken: "SELECT count(*) FROM messages m LEFT JOIN message_channels c ON c.id = m.channel_id
            WHERE m.channel <> 'call' AND (c.id IS NULL OR c.kind <> m.channel OR (c.patient_id <> m.person_id
                AND NOT EXISTS (SELECT 1 FROM patient_merges x WHERE x.state IN ('merged', 'undone')
                    AND ((x.merged_id = m.person_id AND x.survivor_id = c.patient_id) OR (x.survivor_id = m.person_id AND x.merged_id = c.patient_id)))))",
    },
    Rule {
        holds: "only a code goes to an address that is not confirmed",
        broken: "SELECT count(*) FROM messages m JOIN message_channels c ON c.id = m.channel_id WHERE m.kind <> 'code' AND c.confirmed_at IS NULL",
    },
    Rule {
        holds: "nobody is reminded of an appointment that does not stand",
        broken: "SELECT count(*) FROM messages m JOIN appointments a ON a.id = m.subject_id
            WHERE m.kind IN ('reminder', 'reminder_soon') AND m.state IN ('due', 'failed') AND a.state <> 'booked'",
    },
    Rule {
        holds: "a message about an appointment is about its patient",
        broken: "SELECT count(*) FROM messages m JOIN appointments a ON a.id = m.subject_id WHERE a.patient_id <> m.patient_id
            AND NOT EXISTS (SELECT 1 FROM patient_merges x WHERE x.state IN ('merged', 'undone')
                AND ((x.merged_id = m.patient_id AND x.survivor_id = a.patient_id) OR (x.survivor_id = m.patient_id AND x.merged_id = a.patient_id)))",
    },
    Rule {
        holds: "the person of a message is the patient, or was made to act for the patient",
        broken: "SELECT count(*) FROM messages m WHERE m.person_id <> m.patient_id
            AND NOT EXISTS (SELECT 1 FROM guardians g WHERE g.patient_id = m.patient_id AND g.guardian_id = m.person_id)
            AND NOT EXISTS (SELECT 1 FROM patient_merges x WHERE x.state IN ('merged', 'undone')
                AND (x.merged_id IN (m.patient_id, m.person_id) OR x.survivor_id IN (m.patient_id, m.person_id)))",
    },
];
