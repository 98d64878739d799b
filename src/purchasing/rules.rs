//! The rules of buying that span rows: `infirmary check` asks them.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "the received quantity of an order line is the sum of its receipts",
        broken: "SELECT count(*) FROM purchase_order_lines l WHERE l.received <> coalesce((SELECT CAST(sum(g.quantity) AS BIGINT)
            FROM goods_receipt_lines g WHERE g.line_id = l.id), 0) OR l.over_allowed <> coalesce((SELECT CAST(sum(g.over_order) AS BIGINT)
            FROM goods_receipt_lines g WHERE g.line_id = l.id), 0)",
    },
    Rule {
        holds: "what an order received is in the ledger of the stock",
        broken: "SELECT count(*) FROM goods_receipt_lines g WHERE g.batch_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_movements m
            JOIN stock_lines s ON s.id = m.line_id WHERE m.document_id = g.receipt_id AND s.batch_id = g.batch_id AND m.kind = 'receipt'
                AND m.quantity = g.quantity + g.free)",
    },
    Rule {
        holds: "a receipt has lines, and the ledger has no movement of it beyond them",
        broken: "SELECT count(*) FROM goods_receipts r WHERE (SELECT count(*) FROM stock_movements m WHERE m.document_id = r.id) <>
            (SELECT count(*) FROM goods_receipt_lines g WHERE g.receipt_id = r.id AND g.batch_id IS NOT NULL)
            OR NOT EXISTS (SELECT 1 FROM goods_receipt_lines g WHERE g.receipt_id = r.id)",
    },
    Rule {
        holds: "an order is received when all its lines are",
        broken: "SELECT count(*) FROM purchase_orders o WHERE (o.state = 'received' AND EXISTS (SELECT 1 FROM purchase_order_lines l
            WHERE l.order_id = o.id AND l.received < l.ordered)) OR (o.state = 'part_received' AND NOT EXISTS (SELECT 1 FROM purchase_order_lines l
            WHERE l.order_id = o.id AND l.received < l.ordered)) OR (o.state IN ('draft', 'approved', 'sent') AND EXISTS (SELECT 1
            FROM goods_receipts r WHERE r.order_id = o.id))",
    },
    Rule {
        holds: "the net amount of a supplier's invoice is the sum of its lines",
        broken: "SELECT count(*) FROM supplier_invoices v WHERE v.net <> coalesce((SELECT CAST(sum(n.amount) AS BIGINT) FROM supplier_invoice_lines n
            WHERE n.invoice_id = v.id), -1)",
    },
    Rule {
        holds: "the invoices that match a line have no more than was received",
        broken: "SELECT count(*) FROM purchase_order_lines l WHERE (SELECT coalesce(CAST(sum(n.quantity) AS BIGINT), 0) FROM supplier_invoice_lines n
            JOIN supplier_invoices v ON v.id = n.invoice_id WHERE n.line_id = l.id AND v.state = 'matched') > l.received",
    },
    Rule {
        holds: "what went back to a supplier left the stock",
        broken: "SELECT count(*) FROM supplier_returns t WHERE NOT EXISTS (SELECT 1 FROM stock_movements m JOIN stock_lines s ON s.id = m.line_id
            WHERE m.document_id = t.id AND m.kind = 'supplier_return' AND s.batch_id = t.batch_id AND m.quantity = -t.quantity)",
    },
    Rule {
        holds: "no more of a batch went back under an order line than came with it",
        broken: "SELECT count(*) FROM (SELECT t.line_id, t.batch_id, sum(t.quantity) AS sent FROM supplier_returns t WHERE t.line_id IS NOT NULL
            GROUP BY t.line_id, t.batch_id) x WHERE x.sent > coalesce((SELECT sum(g.quantity + g.free) FROM goods_receipt_lines g
            WHERE g.line_id = x.line_id AND g.batch_id = x.batch_id), 0)",
    },
    Rule {
        holds: "returns to suppliers are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM supplier_returns)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'supplier return %'), 0))",
    },
    Rule {
        holds: "purchase orders are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM purchase_orders)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'purchase order %'), 0))",
    },
    Rule {
        holds: "goods receipts are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM goods_receipts)
            - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'goods receipt %'), 0))",
    },
    Rule {
        holds: "a request that is ordered is for an order of its storeroom",
        broken: "SELECT count(*) FROM purchase_requests q JOIN purchase_orders o ON o.id = q.order_id WHERE o.store_id <> q.store_id",
    },
];
