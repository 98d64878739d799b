//! The rules of imaging that span rows: `infirmary check` asks them.

use crate::{
    core::Result,
    db::Tx,
    server::department::{Finding, Rule},
};

use super::reports;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a study is of the patient and the clinic of its order",
        broken: "SELECT count(*) FROM imaging_orders i JOIN orders o ON o.id = i.order_id
            WHERE o.patient_id <> i.patient_id OR o.clinic_id <> i.clinic_id OR o.kind <> 'imaging'",
    },
    Rule {
        holds: "each order of imaging has its study",
        broken: "SELECT count(*) FROM orders o WHERE o.kind = 'imaging' AND NOT EXISTS (SELECT 1 FROM imaging_orders i WHERE i.order_id = o.id)",
    },
    Rule {
        holds: "studies are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM imaging_orders WHERE accession IS NOT NULL)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'accession %'), 0))",
    },
    Rule {
        holds: "each study has the number that was given to it",
        broken: "SELECT count(*) FROM imaging_orders i LEFT JOIN document_numbers d ON d.document = i.id WHERE i.accession IS NOT NULL
            AND (d.seq IS NULL OR d.series <> 'accession ' || substr(i.accession, 2, 5) OR d.seq <> CAST(substr(i.accession, 7, 6) AS BIGINT))",
    },
    Rule {
        holds: "an order of imaging is as far as its study",
        broken: "SELECT count(*) FROM orders o JOIN imaging_orders i ON i.order_id = o.id WHERE o.state <> 'on_hold'
            AND (((o.state = 'completed') <> (i.step IN ('reported', 'discontinued')))
                OR ((o.state IN ('cancelled', 'entered_in_error')) <> (i.step = 'cancelled') AND i.step <> 'reported')
                OR ((o.state = 'draft') <> (i.step = 'draft') AND i.step <> 'cancelled'))",
    },
    Rule {
        holds: "a study that was begun had safe answers, or a person overrode them",
        broken: "SELECT count(*) FROM imaging_safety s JOIN imaging_orders i ON i.id = s.imaging_id WHERE i.started_at IS NOT NULL
            AND s.superseded_at IS NULL AND (s.answer IS NULL OR (s.answer <> 'no' AND s.overridden_at IS NULL))",
    },
    Rule {
        holds: "a study is booked into a room of its clinic and its kind of device",
        broken: "SELECT count(*) FROM imaging_orders i JOIN imaging_rooms r ON r.id = i.room_id JOIN imaging_procedures p ON p.id = i.procedure_id
            WHERE r.clinic_id <> i.clinic_id OR r.modality <> p.modality",
    },
    Rule {
        holds: "no two studies are in one room at once",
        broken: "SELECT count(*) FROM imaging_orders a JOIN imaging_orders b ON b.room_id = a.room_id AND b.id > a.id
            WHERE a.step IN ('scheduled', 'arrived', 'started') AND b.step IN ('scheduled', 'arrived', 'started')
            AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
    },
    Rule {
        holds: "a study is reported when it has a signed report",
        broken: "SELECT count(*) FROM imaging_orders i WHERE (i.step = 'reported') <> EXISTS (SELECT 1 FROM radiology_reports r
            WHERE r.imaging_id = i.id AND r.state = 'final' AND r.superseded_at IS NULL)",
    },
    Rule {
        holds: "each signed critical report has its call",
        broken: "SELECT count(*) FROM radiology_reports r WHERE r.state = 'final' AND r.weight = 'critical'
            AND NOT EXISTS (SELECT 1 FROM radiology_findings f WHERE f.imaging_id = r.imaging_id)",
    },
    Rule {
        holds: "a critical finding that is closed was read back",
        broken: "SELECT count(*) FROM radiology_findings f WHERE f.closed_at IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM radiology_call_attempts t WHERE t.finding_id = f.id AND t.outcome = 'read_back')",
    },
    Rule {
        holds: "each signed report is in its doctor's inbox",
        broken: "SELECT count(*) FROM radiology_reports r WHERE r.state = 'final'
            AND NOT EXISTS (SELECT 1 FROM radiology_reviews v WHERE v.report_id = r.id)",
    },
    Rule {
        holds: "a study of an archive is of the patient and the clinic of its order",
        broken: "SELECT count(*) FROM imaging_studies s JOIN imaging_orders i ON i.id = s.imaging_id
            WHERE i.patient_id <> s.patient_id OR i.clinic_id <> s.clinic_id",
    },
    Rule {
        holds: "each study has a charge",
        broken: "SELECT count(*) FROM imaging_orders i JOIN orders o ON o.id = i.order_id WHERE i.accession IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM charges c WHERE c.source = 'imaging_study' AND c.source_id = i.order_id)",
    },
];

/// Checks that signed reports and addenda are what was signed.
pub(super) async fn checks(tx: &mut Tx) -> Result<Vec<Finding>> {
    Ok(vec![Finding::named("a signed report of imaging is what was signed", reports::broken(tx).await?)])
}
