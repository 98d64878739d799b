//! The rules of the pharmacy that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "a supply has handed out and taken back what its hand-overs say",
        broken: "SELECT count(*) FROM supplies s WHERE s.dispensed <> coalesce((SELECT CAST(sum(d.quantity) AS BIGINT) FROM dispenses d
            WHERE d.supply_id = s.id), 0) OR s.returned <> coalesce((SELECT CAST(sum(d.returned) AS BIGINT) FROM dispenses d WHERE d.supply_id = s.id), 0)",
    },
    Rule {
        holds: "a hand-over is the sum of its batches",
        broken: "SELECT count(*) FROM dispenses d WHERE d.quantity <> coalesce((SELECT CAST(sum(l.quantity) AS BIGINT) FROM dispense_lines l
            WHERE l.dispense_id = d.id), 0) OR d.returned <> coalesce((SELECT CAST(sum(l.returned) AS BIGINT) FROM dispense_lines l
            WHERE l.dispense_id = d.id), 0)",
    },
    Rule {
        holds: "each part of a hand-over left the stock, and each part that came back is in it",
        broken: "SELECT (SELECT count(*) FROM dispense_lines l JOIN stock_movements m ON m.id = l.id WHERE m.quantity <> -l.quantity
                OR m.document_id <> l.dispense_id OR l.returned <> coalesce((SELECT CAST(sum(r.quantity) AS BIGINT) FROM stock_movements r
                WHERE r.reverses = m.id), 0))
            + (SELECT count(*) FROM stock_movements m WHERE m.kind = 'dispense' AND NOT EXISTS (SELECT 1 FROM dispense_lines l WHERE l.id = m.id))",
    },
    Rule {
        holds: "a line has come back as often as its returns say",
        broken: "SELECT count(*) FROM dispense_lines l WHERE l.returned <> coalesce((SELECT CAST(sum(r.quantity) AS BIGINT) FROM dispense_returns r
            WHERE r.line_id = l.id), 0)",
    },
    Rule {
        holds: "each hand-over that was not taken back has a charge",
        broken: "SELECT count(*) FROM dispenses d WHERE d.returned < d.quantity
            AND NOT EXISTS (SELECT 1 FROM charges c WHERE c.source = 'dispense' AND c.source_id = d.id)",
    },
    Rule {
        holds: "nothing is open at the pharmacy of a prescription that has ended",
        broken: "SELECT count(*) FROM supplies s JOIN prescriptions p ON p.id = s.id WHERE p.state <> 'active'
            AND s.state IN ('to_verify', 'verified', 'part_dispensed')",
    },
];
