//! The rules of the laboratory that span rows: `infirmary check` asks them.

mod store;

use crate::{
    core::Result,
    db::Tx,
    server::department::{Finding, Rule},
};

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "an analysis is of the patient of its order and its sample",
        broken: "SELECT (SELECT count(*) FROM lab_analyses a JOIN orders o ON o.id = a.order_id WHERE o.patient_id <> a.patient_id)
            + (SELECT count(*) FROM lab_analyses a JOIN lab_samples s ON s.id = a.sample_id WHERE s.patient_id <> a.patient_id)",
    },
    Rule {
        holds: "samples are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM lab_samples)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'sample %'), 0))",
    },
    Rule {
        holds: "each sample has the number that was given to it",
        broken: "SELECT count(*) FROM lab_samples s LEFT JOIN document_numbers d ON d.document = s.id
            WHERE d.seq IS NULL OR d.series <> 'sample ' || substr(s.number, 1, 5) OR d.seq <> CAST(substr(s.number, 6, 6) AS BIGINT)",
    },
    Rule {
        holds: "each placed order of the laboratory has its analyses",
        broken: "SELECT count(*) FROM orders o JOIN lab_orders l ON l.order_id = o.id
            WHERE o.state NOT IN ('draft', 'entered_in_error') AND NOT EXISTS (SELECT 1 FROM lab_analyses a WHERE a.order_id = o.id)",
    },
    Rule {
        holds: "an order of the laboratory is completed when its analyses are released or cancelled",
        broken: "SELECT count(*) FROM orders o JOIN lab_orders l ON l.order_id = o.id WHERE (o.state = 'completed') <>
            (NOT EXISTS (SELECT 1 FROM lab_analyses a WHERE a.order_id = o.id AND a.state NOT IN ('released', 'cancelled')))
            AND o.state IN ('requested', 'accepted', 'in_progress', 'completed')",
    },
    Rule {
        holds: "an analysis that is ready or further has a received sample",
        broken:
            "SELECT count(*) FROM lab_analyses a LEFT JOIN lab_samples s ON s.id = a.sample_id WHERE a.state NOT IN ('waiting', 'cancelled')
            AND (s.id IS NULL OR s.received_at IS NULL)",
    },
    Rule {
        holds: "an analysis has the result that its state says",
        broken: "SELECT count(*) FROM lab_analyses a LEFT JOIN lab_results r ON r.analysis_id = a.id AND r.superseded_at IS NULL
            WHERE (a.state = 'entered' AND (r.id IS NULL OR r.checked_at IS NOT NULL))
                OR (a.state = 'checked' AND (r.id IS NULL OR r.checked_at IS NULL OR r.released_at IS NOT NULL))
                OR (a.state = 'released' AND (r.id IS NULL OR r.checked_at IS NULL))
                OR (a.state IN ('waiting', 'ready', 'sent_out') AND r.id IS NOT NULL)",
    },
    Rule {
        holds: "a released result that was calculated follows from released results that count",
        broken: "SELECT count(*) FROM lab_results r JOIN lab_result_inputs i ON i.result_id = r.id JOIN lab_results n ON n.id = i.input_id
            WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL AND (n.released_at IS NULL OR n.superseded_at IS NOT NULL)",
    },
    Rule {
        holds: "each released critical result has its call",
        broken: "SELECT count(*) FROM lab_results r WHERE r.released_at IS NOT NULL AND r.flag IN ('LL', 'HH', 'AA')
            AND NOT EXISTS (SELECT 1 FROM lab_critical_calls c WHERE c.result_id = r.id)",
    },
    Rule {
        holds: "a call that is closed was read back, or its result was withdrawn",
        broken: "SELECT count(*) FROM lab_critical_calls c WHERE c.closed_at IS NOT NULL AND NOT c.corrected
            AND NOT EXISTS (SELECT 1 FROM lab_call_attempts t WHERE t.call_id = c.id AND t.outcome = 'read_back')",
    },
    Rule {
        holds: "each released result is in a report",
        broken: "SELECT count(*) FROM lab_results r WHERE r.released_at IS NOT NULL AND r.superseded_at IS NULL
            AND NOT EXISTS (SELECT 1 FROM lab_report_results l WHERE l.result_id = r.id)",
    },
    Rule {
        holds: "each report is in its doctor's inbox",
        broken: "SELECT count(*) FROM lab_reports p WHERE NOT EXISTS (SELECT 1 FROM lab_reviews v WHERE v.report_id = p.id)",
    },
    Rule {
        holds: "runs of controls are numbered without a gap",
        broken: "SELECT count(*) FROM (SELECT clinic_id, test_id FROM lab_control_runs GROUP BY clinic_id, test_id HAVING max(nth) <> count(*)) gaps",
    },
    Rule {
        holds: "a run of controls has points",
        broken: "SELECT count(*) FROM lab_control_runs r WHERE NOT EXISTS (SELECT 1 FROM lab_control_points p WHERE p.run_id = r.id)",
    },
    Rule {
        holds: "a message of an analyser has the fate of its values",
        broken: "SELECT count(*) FROM lab_analyser_messages m LEFT JOIN (SELECT message_id, count(*) AS every,
                sum(CASE WHEN state = 'unmatched' THEN 1 ELSE 0 END) AS unmatched FROM lab_analyser_values GROUP BY message_id) v
                ON v.message_id = m.id
            WHERE m.state <> CASE WHEN v.message_id IS NULL THEN CASE WHEN m.state IN ('received', 'refused') THEN m.state ELSE 'without values' END
                WHEN v.unmatched = 0 THEN 'filed' WHEN v.unmatched = v.every THEN 'unmatched' ELSE 'partly_filed' END",
    },
    Rule {
        holds: "a result of an analyser has the value that made it",
        broken: "SELECT count(*) FROM lab_analyser_values v JOIN lab_results r ON r.id = v.result_id
            WHERE r.test_id <> v.test_id OR r.clinic_id <> v.clinic_id",
    },
    Rule {
        holds: "each order of the laboratory has a charge",
        broken: "SELECT count(*) FROM lab_orders l JOIN orders o ON o.id = l.order_id WHERE o.state NOT IN ('draft', 'entered_in_error')
            AND l.order_id NOT IN (SELECT c.source_id FROM charges c WHERE c.source = 'lab_test')",
    },
];

/// Checks that each report has the digest of its results.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    let mut wrong = Vec::new();
    for (report, kept) in store::digests(tx).await? {
        let results = super::results::of_report(tx, report).await?;
        if super::reports::digest(&results) != kept {
            wrong.push(report.into());
        }
    }
    Ok(vec![Finding::named("a report has the digest of its results", wrong)])
}
