//! The rules of nursing that span rows: `infirmary check` asks them.

use crate::{
    core::Result,
    db::Tx,
    nursing::observations,
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "each set of observations has one version that counts",
        broken: "SELECT count(*) FROM (SELECT set_id FROM observations GROUP BY set_id
            HAVING count(CASE WHEN superseded_at IS NULL THEN 1 END) <> 1 OR max(version) <> count(*)) sets",
    },
    Rule {
        holds: "a set of observations is of the patient of its admission",
        broken: "SELECT count(*) FROM observations o JOIN admissions a ON a.id = o.admission_id
            WHERE a.patient_id <> o.patient_id OR a.clinic_id <> o.clinic_id",
    },
    Rule {
        holds: "an escalation is open only for a patient who is admitted",
        broken: "SELECT count(*) FROM escalations e JOIN admissions a ON a.id = e.admission_id WHERE e.state <> 'closed' AND a.state <> 'admitted'",
    },
    Rule {
        holds: "an escalation that was closed was attended by a named person, or withdrawn",
        broken: "SELECT count(*) FROM escalations e WHERE e.state = 'closed' AND NOT e.withdrawn AND NOT EXISTS (SELECT 1 FROM escalation_steps s
            WHERE s.escalation_id = e.id AND s.step = 'attended' AND length(s.whom) > 0)",
    },
    Rule {
        holds: "the steps of an escalation are numbered without a gap",
        broken: "SELECT count(*) FROM (SELECT escalation_id FROM escalation_steps GROUP BY escalation_id HAVING max(nth) <> count(*)) gaps",
    },
    Rule {
        holds: "each entry of the fluid balance has one version that counts",
        broken: "SELECT count(*) FROM (SELECT entry_id FROM fluid_entries GROUP BY entry_id
            HAVING count(CASE WHEN superseded_at IS NULL THEN 1 END) <> 1 OR max(version) <> count(*)) entries",
    },
    Rule {
        holds: "a task is due only for a patient who is admitted",
        broken: "SELECT count(*) FROM nursing_tasks t JOIN admissions a ON a.id = t.admission_id WHERE t.state = 'due' AND a.state <> 'admitted'",
    },
    Rule {
        holds: "a task is of the admission of its plan",
        broken: "SELECT count(*) FROM nursing_tasks t JOIN nursing_task_plans p ON p.id = t.origin_id WHERE p.admission_id <> t.admission_id",
    },
    Rule {
        holds: "the total of an assessment is the sum of its answers, and its risk that of its band",
        broken: "SELECT count(*) FROM assessments a WHERE a.state = 'open'
            OR a.total <> (SELECT coalesce(sum(r.points), -1) FROM assessment_answers r WHERE r.assessment_id = a.id)
            OR NOT EXISTS (SELECT 1 FROM assessment_bands b WHERE b.tool_id = a.tool_id AND b.low <= a.total AND b.high >= a.total
                AND b.risk = a.risk)",
    },
    Rule {
        holds: "the bands of a tool of assessment cover each total once",
        broken: "SELECT count(*) FROM assessment_bands b WHERE EXISTS (SELECT 1 FROM assessment_bands o WHERE o.tool_id = b.tool_id
            AND o.id <> b.id AND o.low <= b.high AND o.high >= b.low)",
    },
    Rule {
        holds: "an assessment, a care plan and a device are of the patient of their admission",
        broken: "SELECT (SELECT count(*) FROM assessments x JOIN admissions a ON a.id = x.admission_id WHERE a.patient_id <> x.patient_id)
            + (SELECT count(*) FROM care_plans x JOIN admissions a ON a.id = x.admission_id WHERE a.patient_id <> x.patient_id)
            + (SELECT count(*) FROM stay_devices x JOIN admissions a ON a.id = x.admission_id WHERE a.patient_id <> x.patient_id)",
    },
    Rule {
        holds: "a care plan that is closed has no open task",
        broken: "SELECT count(*) FROM care_plans c JOIN care_plan_actions a ON a.care_plan_id = c.id
            JOIN nursing_tasks t ON t.origin_id = a.task_plan_id WHERE c.state <> 'open' AND t.state = 'due'",
    },
    Rule {
        holds: "a handover was taken over by another person than the one who offered it",
        broken: "SELECT count(*) FROM handovers WHERE taken_by = offered_by",
    },
];

/// Checks that each set has the score of its values, and that no child has one.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let wrong = observations::wrongly_scored(tx).await?;
    Ok(vec![Finding::named(
        "a set of observations has the score of its values, and a child none",
        wrong.into_iter().map(Into::into).collect(),
    )])
}
