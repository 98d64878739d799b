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
            + (SELECT count(*) FROM stock_movements m WHERE m.kind = 'dispense' AND NOT EXISTS (SELECT 1 FROM dispense_lines l WHERE l.id = m.id)
                AND NOT EXISTS (SELECT 1 FROM ward_supplies y WHERE y.id = m.document_id)
                AND NOT EXISTS (SELECT 1 FROM dose_stock d WHERE d.movement_id = m.id))",
    },
    Rule {
        holds: "a line has come back as often as its returns say",
        broken: "SELECT count(*) FROM dispense_lines l WHERE l.returned <> coalesce((SELECT CAST(sum(r.quantity) AS BIGINT) FROM dispense_returns r
            WHERE r.line_id = l.id), 0)",
    },
    Rule {
        holds: "each hand-over that was not taken back has a charge",
        broken: "SELECT count(*) FROM dispenses d WHERE d.returned < d.quantity
            AND d.id NOT IN (SELECT c.source_id FROM charges c WHERE c.source = 'dispense')",
    },
    Rule {
        holds: "nothing is open at the pharmacy of a prescription that has ended",
        broken: "SELECT count(*) FROM supplies s JOIN prescriptions p ON p.id = s.id WHERE p.state <> 'active'
            AND s.state IN ('to_verify', 'verified', 'part_dispensed', 'on_hold', 'queried')",
    },
    Rule {
        holds: "a prescription waits exactly while it is on hold or has a question",
        broken: "SELECT (SELECT count(*) FROM supply_pauses z JOIN supplies s ON s.id = z.supply_id WHERE z.outcome IS NULL AND s.state <> z.kind)
            + (SELECT count(*) FROM supplies s WHERE (s.state = 'on_hold' OR s.state = 'queried') AND NOT EXISTS (SELECT 1 FROM supply_pauses z
                WHERE z.supply_id = s.id AND z.outcome IS NULL))",
    },
    Rule {
        holds: "the charge of a dose that was never invoiced is for no more than left the ward's stock",
        broken: "SELECT count(*) FROM charges c WHERE c.source = 'ward_dose' AND c.state IN ('planned', 'billable')
            AND NOT EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = c.id) AND c.quantity_milli > 1000 * coalesce((SELECT
                CAST(sum(t.quantity) AS BIGINT) FROM administrations a JOIN dose_stock t ON t.administration_id = a.id
                WHERE a.dose_id = c.source_id AND t.returned_id IS NULL), 0)",
    },
    Rule {
        holds: "the charge of a hand-over that was never invoiced is for what the patient keeps",
        broken: "SELECT (SELECT count(*) FROM dispenses d JOIN charges c ON c.source_id = d.id WHERE c.source = 'dispense'
                AND c.state IN ('planned', 'billable') AND c.quantity_milli <> (d.quantity - d.returned) * 1000
                AND NOT EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = c.id))
            + (SELECT count(*) FROM ward_supplies y JOIN charges c ON c.source_id = y.id WHERE c.source = 'ward_supply'
                AND c.state IN ('planned', 'billable') AND c.quantity_milli <> (y.quantity - y.returned) * 1000
                AND NOT EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = c.id))",
    },
    Rule {
        holds: "units of a supply for a ward have come back as often as its movements say",
        broken: "SELECT count(*) FROM ward_supplies y WHERE y.returned <> coalesce((SELECT CAST(sum(r.quantity) AS BIGINT) FROM stock_movements m
            JOIN stock_movements r ON r.reverses = m.id WHERE m.document_id = y.id), 0)",
    },
    Rule {
        holds: "a supply for a ward left the stock",
        broken: "SELECT count(*) FROM ward_supplies y WHERE y.quantity <> coalesce((SELECT -CAST(sum(m.quantity) AS BIGINT) FROM stock_movements m
            WHERE m.document_id = y.id), 0)",
    },
    Rule {
        holds: "the register of controlled medicines is numbered without a gap, and continues its balance",
        broken: "SELECT count(*) FROM register_entries e LEFT JOIN register_entries b ON b.store_id = e.store_id AND b.item_id = e.item_id
            AND b.number = e.number - 1 WHERE e.number > 1 AND (b.number IS NULL OR e.balance <> b.balance + e.quantity)",
    },
    Rule {
        holds: "the balance of the register is the stock of the storeroom",
        broken: "SELECT count(*) FROM store_items s WHERE EXISTS (SELECT 1 FROM register_entries e WHERE e.store_id = s.store_id
            AND e.item_id = s.item_id) AND s.quantity <> (SELECT e.balance FROM register_entries e WHERE e.store_id = s.store_id
            AND e.item_id = s.item_id ORDER BY e.number DESC LIMIT 1)",
    },
    Rule {
        holds: "no units are reserved for a prescription that is not to be handed out",
        broken: "SELECT count(*) FROM stock_reservations r JOIN supplies s ON s.id = r.purpose_id WHERE r.state = 'open'
            AND s.state NOT IN ('verified', 'part_dispensed')",
    },
];
