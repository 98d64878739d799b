//! The rules across rows about sign-ins, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "while somebody who works here can sign in, an administrator of all clinics can",
        broken: "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id AND r.role <> 'patient'
                WHERE u.status = 'active' AND u.password_hash IS NOT NULL)
            AND NOT EXISTS (SELECT 1 FROM users u JOIN user_roles r ON r.user_id = u.id AND r.role = 'administrator' AND r.clinic_id IS NULL
                WHERE u.status = 'active' AND u.password_hash IS NOT NULL)
            THEN 1 ELSE 0 END AS BIGINT)",
    },
    Rule {
        holds: "demo sign-ins exist in a demo hospital only",
        broken: "SELECT count(*) FROM users u WHERE u.demo AND NOT EXISTS (SELECT 1 FROM hospital h WHERE h.demo)",
    },
];
