//! The rules of the round that span rows: `infirmary check` asks them.

use crate::{
    core::Result,
    db::Tx,
    rounds::{notes, summaries},
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a note of a stay is of the patient of its admission",
        broken: "SELECT count(*) FROM stay_notes n JOIN admissions a ON a.id = n.admission_id
            WHERE a.patient_id <> n.patient_id OR a.clinic_id <> n.clinic_id",
    },
    Rule {
        holds: "a note that was signed has one version that counts",
        broken: "SELECT count(*) FROM (SELECT note_id FROM stay_notes WHERE state = 'final' GROUP BY note_id
            HAVING count(CASE WHEN superseded_at IS NULL THEN 1 END) <> 1) notes",
    },
    Rule {
        holds: "a summary of a stay is of the patient of its admission, and its medicines are of orders of that stay",
        broken: "SELECT (SELECT count(*) FROM discharge_summaries s JOIN admissions a ON a.id = s.admission_id
                WHERE a.patient_id <> s.patient_id OR a.clinic_id <> s.clinic_id)
            + (SELECT count(*) FROM discharge_medicines m JOIN discharge_summaries s ON s.id = m.summary_id
                JOIN care_orders o ON o.id = m.order_id WHERE o.admission_id <> s.admission_id)",
    },
    Rule {
        holds: "a follow-up that was booked has an appointment of its patient and service",
        broken: "SELECT count(*) FROM follow_ups f JOIN appointments a ON a.id = f.appointment_id
            WHERE a.service_id <> f.service_id OR (a.patient_id <> f.patient_id AND NOT EXISTS (SELECT 1 FROM patient_merges x
                WHERE x.state IN ('merged', 'undone') AND ((x.merged_id = f.patient_id AND x.survivor_id = a.patient_id)
                    OR (x.survivor_id = f.patient_id AND x.merged_id = a.patient_id))))",
    },
];

/// Checks the signatures of notes and summaries.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut wrong = notes::broken(tx).await?;
    wrong.extend(summaries::broken(tx).await?);
    Ok(vec![Finding::named("the notes and summaries of stays are what was signed", wrong)])
}
