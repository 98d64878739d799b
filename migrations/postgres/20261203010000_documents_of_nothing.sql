-- An invoice of which discounts leave nothing moves no money, and is revenue and a discount all the same: it is posted as an entry without
-- transfers, and so is the credit note of such an invoice.

-- Each document that has an entry in the ledger, with or without an amount; a document of several transfers has several rows.
CREATE VIEW ledger_documents AS
SELECT kind, document, clinic_id, at, by_user FROM ledger_postings
UNION ALL SELECT 'invoice', i.id, i.clinic_id, i.issued_at, i.issued_by FROM invoices i WHERE i.number IS NOT NULL AND i.total = 0
UNION ALL SELECT 'credit_note', n.id, n.clinic_id, n.decided_at, n.decided_by FROM credit_notes n WHERE n.state = 'issued' AND n.total = 0;

-- Those of before are posted on their own day; in a month that is closed by now, on the first day after the closed months.
INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
SELECT d.kind, d.document, d.clinic_id,
    CASE WHEN EXISTS (SELECT 1 FROM ledger_periods p WHERE p.state <> 'open' AND p.starts_on = date_trunc('month', d.day::timestamp)::date)
        THEN (SELECT (max(p.starts_on) + interval '1 month')::date FROM ledger_periods p WHERE p.state <> 'open')
        ELSE d.day END, d.at, d.by_user
FROM (SELECT z.*, (z.at AT TIME ZONE (SELECT k.time_zone FROM clinics k WHERE k.id = z.clinic_id))::date AS day FROM (
        SELECT 'invoice' AS kind, i.id AS document, i.clinic_id, i.issued_at AS at, i.issued_by AS by_user FROM invoices i
            WHERE i.number IS NOT NULL AND i.total = 0
        UNION ALL SELECT 'credit_note', n.id, n.clinic_id, n.decided_at, n.decided_by FROM credit_notes n WHERE n.state = 'issued' AND n.total = 0
    ) AS z) AS d
WHERE NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.document = d.document AND e.kind = d.kind)
ORDER BY d.at, d.kind, d.document;
UPDATE ledger_entries SET sealed = TRUE WHERE NOT sealed;
