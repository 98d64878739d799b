//! The rules of the stock that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "the stock of a batch is the sum of its movements",
        broken: "SELECT count(*) FROM stock_lines l WHERE l.on_hand <> coalesce((SELECT CAST(sum(m.quantity) AS BIGINT) FROM stock_movements m
            WHERE m.line_id = l.id), 0)",
    },
    Rule {
        holds: "movements of a batch are numbered without a gap, and the last ends at its stock",
        broken: "SELECT count(*) FROM stock_lines l WHERE l.seq <> (SELECT count(*) FROM stock_movements m WHERE m.line_id = l.id)
            OR (l.seq > 0 AND NOT EXISTS (SELECT 1 FROM stock_movements m WHERE m.line_id = l.id AND m.seq = l.seq AND m.on_hand_after = l.on_hand))",
    },
    Rule {
        holds: "each movement continues the one before it",
        broken: "SELECT count(*) FROM stock_movements m LEFT JOIN stock_movements b ON b.line_id = m.line_id AND b.seq = m.seq - 1
            WHERE m.on_hand_after <> coalesce(b.on_hand_after, 0) + m.quantity",
    },
    Rule {
        holds: "the quantity of an item in a storeroom is the sum of its batches",
        broken: "SELECT count(*) FROM store_items s WHERE s.quantity <> coalesce((SELECT CAST(sum(l.on_hand) AS BIGINT) FROM stock_lines l
            WHERE l.store_id = s.store_id AND l.item_id = s.item_id), 0)",
    },
    Rule {
        holds: "the value of an item in a storeroom is the sum of its movements",
        broken: "SELECT count(*) FROM store_items s WHERE s.value <> coalesce((SELECT CAST(sum(m.value) AS BIGINT) FROM stock_lines l
            JOIN stock_movements m ON m.line_id = l.id WHERE l.store_id = s.store_id AND l.item_id = s.item_id), 0)",
    },
    Rule {
        holds: "a transfer takes out of one storeroom what it puts into the other",
        broken: "SELECT count(*) FROM stock_documents d WHERE d.kind = 'transfer' AND (2 <> (SELECT count(*) FROM stock_movements m
            WHERE m.document_id = d.id) OR 0 <> (SELECT CAST(sum(m.quantity) AS BIGINT) + CAST(sum(m.value) AS BIGINT) FROM stock_movements m
            WHERE m.document_id = d.id))",
    },
    Rule {
        holds: "the reserved units of a batch are its open reservations, and no more than its stock",
        broken: "SELECT count(*) FROM stock_lines l WHERE l.reserved > l.on_hand OR l.reserved <> coalesce((SELECT CAST(sum(r.quantity) AS BIGINT)
            FROM stock_reservations r WHERE r.line_id = l.id AND r.state = 'open'), 0)",
    },
    Rule {
        holds: "no unit of a batch that is held back is reserved",
        broken: "SELECT count(*) FROM stock_batches b JOIN stock_lines l ON l.batch_id = b.id WHERE b.status <> 'released' AND l.reserved > 0",
    },
    Rule {
        holds: "goods on the way are those of open transfers",
        broken: "SELECT count(*) FROM (SELECT clinic_id, batch_id FROM (
                SELECT s.clinic_id, l.batch_id, l.on_hand AS units FROM stock_lines l JOIN storerooms s ON s.id = l.store_id WHERE s.kind = 'transit'
                UNION ALL SELECT x.clinic_id, t.batch_id, -t.in_transit FROM stock_transfer_lines t JOIN stock_transfers x ON x.id = t.transfer_id) u
            GROUP BY clinic_id, batch_id HAVING sum(units) <> 0) d",
    },
    Rule {
        holds: "a line of a requisition was issued as its transfers say",
        broken: "SELECT count(*) FROM ward_requisition_lines w WHERE w.issued <> coalesce((SELECT CAST(sum(t.quantity) AS BIGINT)
            FROM stock_transfer_lines t WHERE t.requisition_line_id = w.id), 0)",
    },
    Rule {
        holds: "each document of the stock has a movement in its storeroom",
        broken: "SELECT count(*) FROM stock_documents d WHERE NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines l ON l.id = m.line_id
            WHERE m.document_id = d.id AND l.store_id = d.store_id)",
    },
    Rule {
        holds: "an approved count is posted as it differs",
        broken: "SELECT count(*) FROM stock_counts c WHERE c.state = 'approved' AND NOT EXISTS (SELECT 1 FROM stock_movements m
            WHERE m.document_id = c.document_id AND m.line_id = c.line_id AND m.quantity = c.counted - c.expected)",
    },
];
