//! The rules across rows about charges, invoices and payments, which `infirmary check` verifies.

use crate::server::department::Rule;

pub(super) const RULES: &[Rule] = &[
    Rule {
        holds: "the lines of an invoice add up to it",
        broken: "SELECT count(*) FROM invoices i WHERE i.total <> (SELECT coalesce(sum(l.total), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)
            OR i.patient_share <> (SELECT coalesce(sum(l.patient_share), 0) FROM invoice_lines l WHERE l.invoice_id = i.id)",
    },
    Rule {
        holds: "the payments of an invoice add up to what it says is paid",
        broken: "SELECT count(*) FROM invoices i WHERE i.paid <> (SELECT coalesce(sum(p.amount), 0) FROM payments p WHERE p.invoice_id = i.id)",
    },
    Rule {
        holds: "an invoice's state follows what is paid",
        broken: "SELECT count(*) FROM invoices WHERE (state = 'part_paid' AND (paid = 0 OR paid >= patient_share))
            OR (state = 'issued' AND patient_share = 0) OR (state = 'draft' AND paid <> 0)",
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
        broken: "SELECT (SELECT count(*) FROM invoices i LEFT JOIN document_numbers d ON d.document = i.id WHERE i.number LIKE 'INV-____-%'
                AND (d.seq IS NULL OR d.series <> 'invoice ' || substr(i.number, 5, 4) OR CAST(d.seq AS TEXT) <> ltrim(substr(i.number, 10), '0')))
            + (SELECT count(*) FROM payments p LEFT JOIN document_numbers d ON d.document = p.id WHERE p.receipt_number LIKE 'REC-____-%'
                AND (d.seq IS NULL OR d.series <> 'receipt ' || substr(p.receipt_number, 5, 4)
                    OR CAST(d.seq AS TEXT) <> ltrim(substr(p.receipt_number, 10), '0')))",
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
            + (SELECT count(*) FROM payments p JOIN invoices i ON i.id = p.invoice_id WHERE i.patient_id <> p.patient_id)",
    },
    Rule {
        holds: "an invoice's line says what its charge says",
        broken: "SELECT count(*) FROM invoice_lines l JOIN charges c ON c.id = l.charge_id WHERE l.released_at IS NULL
            AND (l.quantity_milli <> c.quantity_milli OR l.unit_price <> c.unit_price OR l.per <> c.per OR l.gross <> c.gross
                OR l.discount <> c.discount OR l.net <> c.net)",
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
        holds: "a charge's price is one of its item's",
        broken: "SELECT count(*) FROM charges c JOIN prices p ON p.id = c.price_id
            WHERE p.item_id <> c.item_id OR p.amount <> c.unit_price OR p.per <> c.per",
    },
    Rule {
        holds: "an item has one price at a time for a clinic, an insurer and a doctor",
        broken: "SELECT count(*) FROM prices p JOIN prices o ON o.item_id = p.item_id AND o.id > p.id AND o.withdrawn_at IS NULL
                AND (o.clinic_id = p.clinic_id OR (o.clinic_id IS NULL AND p.clinic_id IS NULL))
                AND (o.insurer_id = p.insurer_id OR (o.insurer_id IS NULL AND p.insurer_id IS NULL))
                AND (o.provider_id = p.provider_id OR (o.provider_id IS NULL AND p.provider_id IS NULL))
                AND o.valid_from <= coalesce(p.valid_to, o.valid_from) AND p.valid_from <= coalesce(o.valid_to, p.valid_from)
            WHERE p.withdrawn_at IS NULL",
    },
    Rule {
        holds: "every patient has a billing account",
        broken: "SELECT count(*) FROM patients p WHERE NOT EXISTS (SELECT 1 FROM billing_accounts a WHERE a.patient_id = p.id)",
    },
];
