//! The rules across rows about charges, invoices and payments, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "the lines of an invoice add up to it",
        broken: "SELECT count(*) FROM invoices i WHERE i.total <> (SELECT coalesce(sum(l.total), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)
            OR i.patient_share <> (SELECT coalesce(sum(l.patient_share), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)",
    },
    Rule {
        holds: "no invoice stays a draft",
        broken: "SELECT count(*) FROM invoices WHERE state = 'draft'",
    },
    Rule {
        holds: "the lines and the shares of an invoice add up to it",
        broken: "SELECT count(*) FROM invoices i WHERE i.lines_total <> (SELECT coalesce(sum(l.total), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)
            OR i.shares_total <> (SELECT coalesce(sum(s.amount + s.credited), 0) FROM invoice_shares s WHERE s.invoice_id = i.id)
            OR i.patient_share <> (SELECT coalesce(sum(s.amount + s.credited), 0) FROM invoice_shares s
                WHERE s.invoice_id = i.id AND s.debtor = 'patient')",
    },
    Rule {
        holds: "what is settled of a share is what payments were allocated to it",
        broken: "SELECT count(*) FROM invoice_shares s
            WHERE s.settled <> (SELECT coalesce(sum(a.amount - a.reversed), 0) FROM allocations a WHERE a.share_id = s.id)
            OR s.written_off <> (SELECT coalesce(sum(CASE WHEN w.reverses IS NULL THEN w.amount ELSE -w.amount END), 0) FROM write_offs w
                WHERE w.share_id = s.id AND w.state = 'issued')",
    },
    Rule {
        holds: "an invoice's state, and what the patient owes, follow its shares",
        broken: "SELECT count(*) FROM invoices i JOIN (SELECT invoice_id, sum(amount - settled - written_off) AS open, sum(settled + written_off) AS closed,
                sum(CASE WHEN debtor = 'patient' THEN settled ELSE 0 END) AS paid,
                sum(CASE WHEN debtor = 'patient' THEN amount - settled - written_off ELSE 0 END) AS due
                FROM invoice_shares GROUP BY invoice_id) AS s ON s.invoice_id = i.id
            WHERE i.state <> 'draft' AND (i.paid <> s.paid OR i.patient_due <> s.due
                OR i.state <> CASE WHEN i.credited = i.total AND i.total > 0 THEN 'cancelled' WHEN s.open = 0 THEN 'paid' WHEN s.closed > 0 THEN 'part_paid'
                    ELSE 'issued' END)",
    },
    Rule {
        holds: "credit notes add up to what is credited",
        broken: "SELECT (SELECT count(*) FROM invoices i WHERE i.credited <> (SELECT coalesce(sum(n.total), 0) FROM credit_notes n
                WHERE n.invoice_id = i.id AND n.state = 'issued') AND i.state <> 'cancelled')
            + (SELECT count(*) FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id
                WHERE l.credited <> (SELECT coalesce(sum(c.amount), 0) FROM credit_note_lines c JOIN credit_notes n ON n.id = c.credit_note_id
                    WHERE c.line_id = l.id AND n.state = 'issued') AND i.state <> 'cancelled')
            + (SELECT count(*) FROM credit_notes n WHERE n.total <> (SELECT coalesce(sum(c.amount), 0) FROM credit_note_lines c WHERE c.credit_note_id = n.id))",
    },
    Rule {
        holds: "credit notes take back no more than the tax and the net amount of a line",
        broken: "SELECT count(*) FROM (SELECT l.id FROM credit_note_lines c JOIN credit_notes n ON n.id = c.credit_note_id AND n.state = 'issued'
                JOIN invoice_lines l ON l.id = c.line_id GROUP BY l.id, l.tax, l.net
                HAVING sum(c.tax) > l.tax OR sum(c.amount - c.tax) > l.net) AS x",
    },
    Rule {
        holds: "what is allocated and refunded of a payment is what its rows say",
        broken: "SELECT count(*) FROM payments p
            WHERE p.allocated <> (SELECT coalesce(sum(a.amount - a.reversed), 0) FROM allocations a WHERE a.payment_id = p.id)
            OR p.refunded <> (SELECT coalesce(sum(r.amount), 0) FROM refunds r WHERE r.payment_id = p.id
                AND (r.state IN ('approved', 'paid') OR (r.state = 'asked' AND r.kind = 'refund')))
            OR p.deposited <> p.amount - (SELECT coalesce(sum(a.amount), 0) FROM allocations a WHERE a.payment_id = p.id AND NOT a.from_deposit)",
    },
    Rule {
        holds: "the means of a payment add up to it",
        broken: "SELECT count(*) FROM payments p LEFT JOIN (SELECT payment_id, sum(amount) AS amount, sum(rounding) AS rounding, sum(tendered) AS tendered,
                sum(change_given) AS change_given FROM payment_tenders GROUP BY payment_id) AS t ON t.payment_id = p.id
            WHERE t.payment_id IS NULL OR t.amount <> p.amount OR t.rounding <> p.rounding OR t.tendered <> p.tendered
                OR t.change_given <> p.change_given",
    },
    Rule {
        holds: "no more goes back by a method than was taken by it",
        broken: "SELECT count(*) FROM (SELECT payment_id, method, sum(amount) AS back FROM refunds WHERE state IN ('asked', 'approved', 'paid')
                GROUP BY payment_id, method) AS r
            WHERE r.back > (SELECT coalesce(sum(t.amount), 0) FROM payment_tenders t WHERE t.payment_id = r.payment_id AND t.method = r.method)",
    },
    Rule {
        holds: "credit notes and refunds are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM credit_notes WHERE number IS NOT NULL) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'credit note%'), 0))
            + abs((SELECT count(*) FROM refunds WHERE number IS NOT NULL) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'refund%'), 0))",
    },
    Rule {
        holds: "invoices are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM invoices WHERE number IS NOT NULL) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'invoice%'), 0))",
    },
    Rule {
        holds: "receipts are numbered without a gap",
        broken: "SELECT abs((SELECT count(*) FROM payments) - coalesce((SELECT CAST(sum(last) AS BIGINT) FROM number_series WHERE name LIKE 'receipt%'), 0))",
    },
    Rule {
        holds: "each invoice and receipt has the number that was given to it",
        broken: "SELECT (SELECT count(*) FROM invoices i LEFT JOIN document_numbers d ON d.document = i.id WHERE i.number LIKE 'INV-%'
                AND (d.seq IS NULL OR d.series NOT LIKE 'invoice %'
                    OR i.number NOT LIKE 'INV-' || replace(substr(d.series, 9), ' ', '-') || '-%'
                    OR CAST(d.seq AS TEXT) <> ltrim(substr(i.number, length('INV-' || substr(d.series, 9) || '-') + 1), '0')))
            + (SELECT count(*) FROM payments p LEFT JOIN document_numbers d ON d.document = p.id WHERE p.receipt_number LIKE 'REC-%'
                AND (d.seq IS NULL OR d.series NOT LIKE 'receipt %'
                    OR p.receipt_number NOT LIKE 'REC-' || replace(substr(d.series, 9), ' ', '-') || '-%'
                    OR CAST(d.seq AS TEXT) <> ltrim(substr(p.receipt_number, length('REC-' || substr(d.series, 9) || '-') + 1), '0')))",
    },
    Rule {
        holds: "a charge is billed exactly when an invoice has it",
        broken: "SELECT count(*) FROM charges c LEFT JOIN invoice_lines l ON l.charge_id = c.id AND l.released_at IS NULL
            WHERE (c.state IN ('billed', 'paid')) <> (l.id IS NOT NULL)",
    },
    Rule {
        holds: "a charge is paid exactly when its invoice is",
        broken: "SELECT count(*) FROM charges c JOIN invoice_lines l ON l.charge_id = c.id AND l.released_at IS NULL JOIN invoices i ON i.id = l.invoice_id
            WHERE (c.state = 'paid') <> (i.state = 'paid')",
    },
    Rule {
        holds: "charges, invoices and payments are of the account's patient",
        broken: "SELECT (SELECT count(*) FROM charges c JOIN billing_accounts a ON a.id = c.account_id WHERE a.patient_id <> c.patient_id)
            + (SELECT count(*) FROM invoices i JOIN billing_accounts a ON a.id = i.account_id WHERE a.patient_id <> i.patient_id)
            + (SELECT count(*) FROM allocations a JOIN payments p ON p.id = a.payment_id JOIN invoice_shares s ON s.id = a.share_id
                JOIN invoices i ON i.id = s.invoice_id WHERE i.patient_id <> p.patient_id)
            + (SELECT count(*) FROM refunds r JOIN payments p ON p.id = r.payment_id WHERE p.patient_id <> r.patient_id)
            + (SELECT count(*) FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id WHERE i.patient_id <> n.patient_id)",
    },
    Rule {
        holds: "an invoice's line says what its charge says",
        broken: "SELECT count(*) FROM invoice_lines l JOIN charges c ON c.id = l.charge_id WHERE l.released_at IS NULL
            AND (l.quantity_milli <> c.quantity_milli OR l.unit_price <> c.unit_price OR l.per <> c.per OR l.gross <> c.gross
                OR l.discount <> c.discount OR l.gross - l.discount <> c.net)",
    },
    Rule {
        holds: "a sold package covers no more than it lists",
        broken: "SELECT count(*) FROM (SELECT c.package_id, c.item_id, sum(c.covered_milli) AS used FROM charges c
                WHERE c.package_id IS NOT NULL AND c.state NOT IN ('cancelled', 'entered_in_error') GROUP BY c.package_id, c.item_id) AS u
            JOIN charges s ON s.id = u.package_id
            LEFT JOIN package_contents t ON t.package_id = s.item_id AND t.item_id = u.item_id
            WHERE u.used > coalesce(t.quantity_milli * s.quantity_milli / 1000, 0)",
    },
    Rule {
        holds: "a package that was taken back covers nothing",
        broken: "SELECT count(*) FROM charges s JOIN charges c ON c.package_id = s.id
            WHERE s.state IN ('cancelled', 'entered_in_error') AND c.state NOT IN ('cancelled', 'entered_in_error')",
    },
    Rule {
        holds: "a charge's price is one of its item's",
        broken: "SELECT count(*) FROM charges c JOIN prices p ON p.id = c.price_id
            WHERE p.item_id <> c.item_id OR p.amount <> c.unit_price OR p.per <> c.per",
    },
    Rule {
        holds: "an item has one price at a time for a clinic, an insurer, a doctor and a visit type",
        broken: "SELECT count(*) FROM prices p JOIN prices o ON o.item_id = p.item_id AND o.id > p.id AND o.withdrawn_at IS NULL
                AND (o.clinic_id = p.clinic_id OR (o.clinic_id IS NULL AND p.clinic_id IS NULL))
                AND (o.insurer_id = p.insurer_id OR (o.insurer_id IS NULL AND p.insurer_id IS NULL))
                AND (o.provider_id = p.provider_id OR (o.provider_id IS NULL AND p.provider_id IS NULL))
                AND (o.visit_type_id = p.visit_type_id OR (o.visit_type_id IS NULL AND p.visit_type_id IS NULL))
                AND o.valid_from <= coalesce(p.valid_to, o.valid_from) AND p.valid_from <= coalesce(o.valid_to, p.valid_from)
            WHERE p.withdrawn_at IS NULL",
    },
    Rule {
        holds: "every patient has a billing account",
        broken: "SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM billing_accounts a WHERE a.patient_id = p.id)",
    },
];
