//! The rules across rows about records, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "every patient can be found",
        broken: "SELECT count(*) FROM patients p WHERE p.name_key <> '' AND NOT EXISTS (SELECT 1 FROM patient_search_terms t WHERE t.patient_id = p.id)",
    },
    Rule {
        holds: "the banner's word on allergies follows the allergies",
        broken: "SELECT count(*) FROM patients p WHERE (p.allergy_status = 'recorded') <> EXISTS (SELECT 1 FROM allergies a WHERE a.patient_id = p.id
            AND a.entered_in_error_at IS NULL AND a.clinical_status = 'active' AND a.verification <> 'refuted')",
    },
];
