//! The rules across rows of the formulary, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a drug of the formulary has a substance, a route, a form and a unit",
        broken: "SELECT count(*) FROM drugs d WHERE d.status <> 'unmapped' AND (d.form IS NULL OR d.dispensing_unit IS NULL OR d.code = ''
            OR NOT EXISTS (SELECT 1 FROM drug_ingredients i WHERE i.drug_id = d.id)
            OR NOT EXISTS (SELECT 1 FROM drug_routes r WHERE r.drug_id = d.id))",
    },
    Rule {
        holds: "a mapped name refers to a drug of the formulary",
        broken: "SELECT count(*) FROM drugs n JOIN drugs d ON d.id = n.same_as WHERE d.status = 'unmapped' OR n.status <> 'unmapped'",
    },
    Rule {
        holds: "a substance has a name by which it is found",
        broken: "SELECT count(*) FROM substances s WHERE NOT EXISTS (SELECT 1 FROM substance_names n WHERE n.substance_id = s.id)",
    },
];
