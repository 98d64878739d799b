-- The revenue of a line that is a package, divided among the departments of its items; and what a credit note takes back of it. A line without
-- parts, as the version before writes it, is posted to its own department.
CREATE TABLE revenue_parts (
    line_id       UUID NOT NULL REFERENCES invoice_lines (id),
    -- The invoice, or the credit note.
    document      UUID NOT NULL,
    position      BIGINT NOT NULL CHECK (position > 0),
    department_id UUID REFERENCES departments (id),
    gross         BIGINT NOT NULL CHECK (gross >= 0),
    discount      BIGINT NOT NULL CHECK (discount >= 0),
    net           BIGINT NOT NULL CHECK (net >= 0),
    tax           BIGINT NOT NULL CHECK (tax >= 0),
    PRIMARY KEY (line_id, document, position)
);
CREATE TRIGGER revenue_parts_frozen BEFORE UPDATE OR DELETE ON revenue_parts FOR EACH ROW EXECUTE FUNCTION row_fixed('revenue_parts_frozen');
ALTER TABLE revenue_parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON revenue_parts USING (EXISTS (SELECT 1 FROM invoice_lines l WHERE l.id = revenue_parts.line_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON revenue_parts FROM infirmary_app;

-- The postings of each document: the one definition, by which documents are posted and by which they are checked.
CREATE OR REPLACE VIEW ledger_postings AS
SELECT i.id AS document, 'invoice'::text AS kind, i.clinic_id, i.issued_at AS at, i.issued_by AS by_user, 'patient'::text AS debit_kind, i.patient_id AS debit_owner,
    'clearing'::text AS credit_kind, '00000000-0000-0000-0000-000000000000'::uuid AS credit_owner, i.patient_share AS amount
FROM invoices i WHERE i.number IS NOT NULL AND i.patient_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'insurer', coalesce(i.insurer_id, '00000000-0000-0000-0000-000000000000'::uuid), 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, i.insurer_share
FROM invoices i WHERE i.number IS NOT NULL AND i.insurer_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'revenue', coalesce(l.department_id, '00000000-0000-0000-0000-000000000000'::uuid), l.net
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.number IS NOT NULL AND l.net > 0
    AND NOT EXISTS (SELECT 1 FROM revenue_parts r WHERE r.line_id = l.id AND r.document = i.id OFFSET 0)
-- The revenue of a package is that of the departments of its items.
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'revenue', coalesce(r.department_id, '00000000-0000-0000-0000-000000000000'::uuid), r.net
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id JOIN revenue_parts r ON r.line_id = l.id AND r.document = i.id
WHERE i.number IS NOT NULL AND r.net > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'tax', '00000000-0000-0000-0000-000000000000'::uuid, l.tax
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.number IS NOT NULL AND l.tax > 0
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, CASE t.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE t.method WHEN 'cash' THEN coalesce(p.shift_id, '00000000-0000-0000-0000-000000000000'::uuid) ELSE p.clinic_id END, 'patient', p.patient_id, t.amount
FROM payments p JOIN payment_tenders t ON t.payment_id = p.id WHERE p.deposited = 0
-- A payment that leaves a deposit passes the clearing account; the deposit is owed to the patient.
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, CASE t.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE t.method WHEN 'cash' THEN coalesce(p.shift_id, '00000000-0000-0000-0000-000000000000'::uuid) ELSE p.clinic_id END, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, t.amount
FROM payments p JOIN payment_tenders t ON t.payment_id = p.id WHERE p.deposited > 0
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'patient', p.patient_id, p.amount - p.deposited
FROM payments p WHERE p.deposited > 0 AND p.deposited < p.amount
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'deposit', p.patient_id, p.deposited
FROM payments p WHERE p.deposited > 0
-- The difference between the amount and the coins that exist.
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, CASE t.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE t.method WHEN 'cash' THEN coalesce(p.shift_id, '00000000-0000-0000-0000-000000000000'::uuid) ELSE p.clinic_id END, 'rounding', p.clinic_id, t.rounding
FROM payments p JOIN payment_tenders t ON t.payment_id = p.id WHERE t.rounding > 0
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, 'rounding', p.clinic_id, CASE t.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE t.method WHEN 'cash' THEN coalesce(p.shift_id, '00000000-0000-0000-0000-000000000000'::uuid) ELSE p.clinic_id END, -t.rounding
FROM payments p JOIN payment_tenders t ON t.payment_id = p.id WHERE t.rounding < 0
UNION ALL SELECT a.id, 'deposit_used', p.clinic_id, a.made_at, a.made_by, 'deposit', p.patient_id, 'patient', p.patient_id, a.amount
FROM allocations a JOIN payments p ON p.id = a.payment_id WHERE a.from_deposit
-- A credit note takes back revenue and tax; the money that it frees is a deposit again.
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'revenue', coalesce(l.department_id, '00000000-0000-0000-0000-000000000000'::uuid), 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, c.amount - c.tax
FROM credit_notes n JOIN credit_note_lines c ON c.credit_note_id = n.id JOIN invoice_lines l ON l.id = c.line_id WHERE n.state = 'issued' AND c.amount > c.tax
    AND NOT EXISTS (SELECT 1 FROM revenue_parts r WHERE r.line_id = c.line_id AND r.document = n.id OFFSET 0)
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'revenue', coalesce(r.department_id, '00000000-0000-0000-0000-000000000000'::uuid), 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, r.net
FROM credit_notes n JOIN credit_note_lines c ON c.credit_note_id = n.id JOIN revenue_parts r ON r.line_id = c.line_id AND r.document = n.id
WHERE n.state = 'issued' AND r.net > 0
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'tax', '00000000-0000-0000-0000-000000000000'::uuid, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, c.tax
FROM credit_notes n JOIN credit_note_lines c ON c.credit_note_id = n.id WHERE n.state = 'issued' AND c.tax > 0
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'patient', n.patient_id, (SELECT sum(c.patient_part) FROM credit_note_lines c WHERE c.credit_note_id = n.id)::bigint - n.freed
FROM credit_notes n WHERE n.state = 'issued' AND (SELECT sum(c.patient_part) FROM credit_note_lines c WHERE c.credit_note_id = n.id) > n.freed
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'insurer', coalesce(i.insurer_id, '00000000-0000-0000-0000-000000000000'::uuid), (SELECT sum(c.insurer_part) FROM credit_note_lines c WHERE c.credit_note_id = n.id)::bigint
FROM credit_notes n JOIN invoices i ON i.id = n.invoice_id WHERE n.state = 'issued' AND (SELECT sum(c.insurer_part) FROM credit_note_lines c WHERE c.credit_note_id = n.id) > 0
UNION ALL SELECT n.id, 'credit_note', n.clinic_id, n.decided_at, n.decided_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'deposit', n.patient_id, n.freed
FROM credit_notes n WHERE n.state = 'issued' AND n.freed > 0
-- An approved void frees what the payment settled; the money goes back when the void is paid.
UNION ALL SELECT r.id, 'void', r.clinic_id, r.decided_at, r.decided_by, 'patient', r.patient_id, 'deposit', r.patient_id, r.freed
FROM refunds r WHERE r.freed > 0 AND r.kind = 'void'
-- A bounced payment: the bank keeps nothing of it, what it settled is due again, and the rest of it was a deposit.
UNION ALL SELECT r.id, 'bounce', r.clinic_id, r.decided_at, r.decided_by, 'patient', r.patient_id, CASE r.method WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    r.clinic_id, r.freed
FROM refunds r WHERE r.kind = 'bounce' AND r.state = 'approved' AND r.freed > 0
UNION ALL SELECT r.id, 'bounce', r.clinic_id, r.decided_at, r.decided_by, 'deposit', r.patient_id, CASE r.method WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    r.clinic_id, r.amount - r.freed
FROM refunds r WHERE r.kind = 'bounce' AND r.state = 'approved' AND r.amount > r.freed
UNION ALL SELECT r.id, 'refund', r.clinic_id, r.paid_at, r.paid_by, 'deposit', r.patient_id, CASE r.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE r.method WHEN 'cash' THEN r.shift_id ELSE r.clinic_id END, r.amount
FROM refunds r WHERE r.state = 'paid'
UNION ALL SELECT r.id, 'refund', r.clinic_id, r.paid_at, r.paid_by, 'rounding', r.clinic_id, 'till', r.shift_id, r.rounding
FROM refunds r WHERE r.state = 'paid' AND r.rounding > 0
UNION ALL SELECT r.id, 'refund', r.clinic_id, r.paid_at, r.paid_by, 'till', r.shift_id, 'rounding', r.clinic_id, -r.rounding
FROM refunds r WHERE r.state = 'paid' AND r.rounding < 0
UNION ALL SELECT w.id, 'write_off', w.clinic_id, w.decided_at, w.decided_by, 'write_off', w.clinic_id, 'patient', w.patient_id, w.amount
FROM write_offs w WHERE w.state = 'issued' AND w.reverses IS NULL
-- A write-off that takes another one back is posted the other way round.
UNION ALL SELECT w.id, 'write_off', w.clinic_id, w.decided_at, w.decided_by, 'patient', w.patient_id, 'write_off', w.clinic_id, w.amount
FROM write_offs w WHERE w.state = 'issued' AND w.reverses IS NOT NULL
UNION ALL SELECT s.id, 'float', s.clinic_id, s.opened_at, s.cashier_id, 'till', s.id, 'safe', s.clinic_id, s.float_amount
FROM till_shifts s WHERE s.float_amount > 0
UNION ALL SELECT m.id, 'cash_move', s.clinic_id, m.sent_at, m.sent_by, CASE m.kind WHEN 'pay_in' THEN 'till' WHEN 'pay_out' THEN 'sundry' ELSE 'transit' END,
    CASE m.kind WHEN 'pay_in' THEN m.shift_id ELSE s.clinic_id END, CASE m.kind WHEN 'pay_in' THEN 'sundry' ELSE 'till' END,
    CASE m.kind WHEN 'pay_in' THEN s.clinic_id ELSE m.shift_id END, m.amount
FROM cash_moves m JOIN till_shifts s ON s.id = m.shift_id
UNION ALL SELECT m.id, 'cash_received', s.clinic_id, m.received_at, m.received_by, CASE m.kind WHEN 'drop' THEN 'safe' ELSE 'till' END,
    coalesce(m.to_shift_id, s.clinic_id), 'transit', s.clinic_id, m.amount
FROM cash_moves m JOIN till_shifts s ON s.id = m.shift_id WHERE m.state = 'received' AND m.kind IN ('drop', 'transfer')
UNION ALL SELECT m.id, 'cash_withdrawn', s.clinic_id, m.withdrawn_at, m.sent_by, 'till', m.shift_id, 'transit', s.clinic_id, m.amount
FROM cash_moves m JOIN till_shifts s ON s.id = m.shift_id WHERE m.state = 'withdrawn'
-- At the end of a shift its cash goes to the safe as the receiver counted it; differences go to the cashier's over and short.
UNION ALL SELECT s.id, 'shift_closed', s.clinic_id, s.closed_at, s.closed_by, 'safe', s.clinic_id, 'till', s.id, r.counted
FROM till_shifts s JOIN till_results r ON r.shift_id = s.id AND r.moment = 'receive' AND r.method = 'cash' WHERE s.state = 'closed' AND r.counted > 0
UNION ALL SELECT s.id, 'shift_closed', s.clinic_id, s.closed_at, s.closed_by, CASE r.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END,
    CASE r.method WHEN 'cash' THEN s.id ELSE s.clinic_id END, 'over_short', s.cashier_id, r.difference
FROM till_shifts s JOIN till_results r ON r.shift_id = s.id AND (r.moment = 'receive' OR r.method <> 'cash') WHERE s.state = 'closed' AND r.difference > 0
UNION ALL SELECT s.id, 'shift_closed', s.clinic_id, s.closed_at, s.closed_by, 'over_short', s.cashier_id,
    CASE r.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' WHEN 'cheque' THEN 'cheque' ELSE 'bank' END, CASE r.method WHEN 'cash' THEN s.id ELSE s.clinic_id END, -r.difference
FROM till_shifts s JOIN till_results r ON r.shift_id = s.id AND (r.moment = 'receive' OR r.method <> 'cash') WHERE s.state = 'closed' AND r.difference < 0;
