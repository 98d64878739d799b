-- Credit notes, refunds and write-offs: one person asks, another decides. Triggers keep the sums of shares, lines and payments.

CREATE TABLE credit_notes (
    id          BLOB PRIMARY KEY NOT NULL,
    invoice_id  BLOB NOT NULL REFERENCES invoices (id),
    patient_id  BLOB NOT NULL REFERENCES patients (id),
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    number      TEXT UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'issued', 'rejected')),
    reason      TEXT NOT NULL CHECK (reason IN ('not_done', 'wrong_price', 'wrong_patient', 'duplicate', 'goodwill')),
    note        TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    total       INTEGER NOT NULL CHECK (total >= 0),
    -- The money that it freed from shares: it is left on its payments.
    freed       INTEGER NOT NULL DEFAULT 0 CHECK (freed >= 0),
    asked_at    TEXT NOT NULL,
    asked_by    BLOB NOT NULL REFERENCES users (id),
    decided_at  TEXT,
    decided_by  BLOB REFERENCES users (id),
    CONSTRAINT credit_notes_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT credit_notes_number CHECK ((state = 'issued') = (number IS NOT NULL)),
    CONSTRAINT credit_notes_second_person CHECK (state <> 'issued' OR decided_by <> asked_by)
) STRICT;
CREATE INDEX credit_notes_by_invoice ON credit_notes (invoice_id);
CREATE INDEX credit_notes_by_patient ON credit_notes (patient_id);
CREATE INDEX credit_notes_asked ON credit_notes (clinic_id) WHERE state = 'asked';
CREATE TABLE credit_note_lines (
    credit_note_id BLOB NOT NULL REFERENCES credit_notes (id),
    line_id        BLOB NOT NULL REFERENCES invoice_lines (id),
    amount         INTEGER NOT NULL CHECK (amount >= 0),
    tax            INTEGER NOT NULL DEFAULT 0 CHECK (tax BETWEEN 0 AND amount),
    insurer_part   INTEGER NOT NULL CHECK (insurer_part >= 0),
    patient_part   INTEGER NOT NULL CHECK (patient_part >= 0),
    -- The next state of the charge when its line is credited in full.
    outcome        TEXT CHECK (outcome IN ('billable', 'cancelled')),
    PRIMARY KEY (credit_note_id, line_id),
    CONSTRAINT credit_note_lines_split CHECK (insurer_part + patient_part = amount)
) STRICT;
CREATE INDEX credit_note_lines_by_line ON credit_note_lines (line_id);

CREATE TABLE refunds (
    id         BLOB PRIMARY KEY NOT NULL,
    payment_id BLOB NOT NULL REFERENCES payments (id),
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    -- A void takes the whole payment back on its day, and opens the invoices again.
    kind       TEXT NOT NULL CHECK (kind IN ('refund', 'void')),
    state      TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'paid', 'rejected', 'withdrawn')),
    number     TEXT UNIQUE,
    amount     INTEGER NOT NULL CHECK (amount > 0),
    -- The cash rounding that goes back with the whole payment.
    rounding   INTEGER NOT NULL DEFAULT 0,
    method     TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    reference  TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    reason     TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    asked_at   TEXT NOT NULL,
    asked_by   BLOB NOT NULL REFERENCES users (id),
    decided_at TEXT,
    decided_by BLOB REFERENCES users (id),
    paid_at    TEXT,
    paid_by    BLOB REFERENCES users (id),
    -- The shift that paid it.
    shift_id   BLOB REFERENCES till_shifts (id),
    -- The money that a void freed from invoices when it was approved.
    freed      INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT refunds_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT refunds_second_person CHECK (state NOT IN ('approved', 'paid') OR decided_by <> asked_by),
    CONSTRAINT refunds_paid CHECK ((state = 'paid') = (number IS NOT NULL) AND (number IS NULL) = (paid_by IS NULL)
        AND (paid_by IS NULL) = (paid_at IS NULL) AND (paid_by IS NULL) = (shift_id IS NULL)),
    CONSTRAINT refunds_freed CHECK (freed BETWEEN 0 AND amount AND (freed = 0 OR kind = 'void')),
    CONSTRAINT refunds_rounding CHECK (rounding = 0 OR method = 'cash')
) STRICT;
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_by_patient ON refunds (patient_id);
CREATE UNIQUE INDEX refunds_one_void ON refunds (payment_id) WHERE kind = 'void' AND state IN ('asked', 'approved', 'paid');
CREATE INDEX refunds_open ON refunds (clinic_id) WHERE state IN ('asked', 'approved');
CREATE INDEX refunds_by_shift ON refunds (shift_id) WHERE shift_id IS NOT NULL;

CREATE TABLE write_offs (
    id         BLOB PRIMARY KEY NOT NULL,
    share_id   BLOB NOT NULL REFERENCES invoice_shares (id),
    patient_id BLOB NOT NULL REFERENCES patients (id),
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    state      TEXT NOT NULL CHECK (state IN ('asked', 'issued', 'rejected')),
    amount     INTEGER NOT NULL CHECK (amount > 0),
    reason     TEXT NOT NULL CHECK (reason IN ('small_balance', 'contract', 'charity', 'uncollectable')),
    -- Within the limit that one person decides alone.
    alone      INTEGER NOT NULL CHECK (alone IN (0, 1)),
    asked_at   TEXT NOT NULL,
    asked_by   BLOB NOT NULL REFERENCES users (id),
    decided_at TEXT,
    decided_by BLOB REFERENCES users (id),
    CONSTRAINT write_offs_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT write_offs_second_person CHECK (state <> 'issued' OR alone = 1 OR decided_by <> asked_by)
) STRICT;
CREATE INDEX write_offs_by_share ON write_offs (share_id);
CREATE INDEX write_offs_by_patient ON write_offs (patient_id);
CREATE INDEX write_offs_asked ON write_offs (clinic_id) WHERE state = 'asked';

-- Money that entered and left a shift, by method.
CREATE VIEW till_entries AS
SELECT id AS shift_id, 'cash' AS method, 'float' AS kind, float_amount AS amount FROM till_shifts
UNION ALL SELECT p.shift_id, t.method, 'payment', t.tendered - t.change_given FROM payments p JOIN payment_tenders t ON t.payment_id = p.id
    WHERE p.shift_id IS NOT NULL
-- Refunds to a card or by transfer leave the drawer as it is.
UNION ALL SELECT shift_id, 'cash', 'refund', -(amount + rounding) FROM refunds WHERE shift_id IS NOT NULL AND method = 'cash'
UNION ALL SELECT shift_id, 'cash', kind, amount FROM cash_moves WHERE kind = 'pay_in'
UNION ALL SELECT shift_id, 'cash', kind, -amount FROM cash_moves WHERE kind IN ('pay_out', 'drop', 'transfer') AND state <> 'withdrawn'
UNION ALL SELECT to_shift_id, 'cash', 'transfer_in', amount FROM cash_moves WHERE kind = 'transfer' AND state = 'received';
CREATE TRIGGER cash_moves_covered BEFORE INSERT ON cash_moves
WHEN NEW.kind <> 'pay_in'
    AND NEW.amount > (SELECT coalesce(sum(e.amount), 0) FROM till_entries e WHERE e.shift_id = NEW.shift_id AND e.method = 'cash')
BEGIN
    SELECT RAISE(ABORT, 'till_cash_short');
END;

-- One row: how cash is rounded, the amount that one person may write off alone, and the series of documents. Without a step the currency's own counts.
CREATE TABLE till_settings (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    cash_step       INTEGER CHECK (cash_step BETWEEN 1 AND 100000),
    cash_tie        TEXT NOT NULL DEFAULT 'up' CHECK (cash_tie IN ('up', 'down')),
    write_off_limit INTEGER NOT NULL DEFAULT 0 CONSTRAINT till_settings_limit CHECK (write_off_limit >= 0),
    -- Whether each clinic numbers its own documents; otherwise the hospital numbers them all together.
    series_by_clinic INTEGER NOT NULL DEFAULT FALSE CHECK (series_by_clinic IN (0, 1)),
    updated_at      TEXT,
    updated_by      BLOB REFERENCES users (id)
) STRICT;
INSERT INTO till_settings (id) VALUES (1);

CREATE TRIGGER credit_notes_begin_as_asked BEFORE INSERT ON credit_notes WHEN NEW.state <> 'asked'
BEGIN
    SELECT RAISE(ABORT, 'credit_notes_state');
END;
CREATE TRIGGER credit_notes_state BEFORE UPDATE ON credit_notes
WHEN NOT (OLD.state = 'asked' AND NEW.id IS OLD.id AND NEW.invoice_id IS OLD.invoice_id AND NEW.total IS OLD.total AND NEW.asked_by IS OLD.asked_by)
BEGIN
    SELECT RAISE(ABORT, 'credit_notes_state');
END;
CREATE TRIGGER credit_notes_kept BEFORE DELETE ON credit_notes
BEGIN
    SELECT RAISE(ABORT, 'credit_notes_state');
END;
CREATE TRIGGER credit_note_lines_own BEFORE INSERT ON credit_note_lines
WHEN NOT EXISTS (SELECT 1 FROM credit_notes n JOIN invoice_lines l ON l.invoice_id = n.invoice_id
    WHERE n.id = NEW.credit_note_id AND n.state = 'asked' AND l.id = NEW.line_id)
BEGIN
    SELECT RAISE(ABORT, 'credit_note_lines_own');
END;
CREATE TRIGGER credit_note_lines_frozen BEFORE UPDATE ON credit_note_lines
BEGIN
    SELECT RAISE(ABORT, 'credit_note_lines_frozen');
END;
CREATE TRIGGER credit_note_lines_kept BEFORE DELETE ON credit_note_lines
BEGIN
    SELECT RAISE(ABORT, 'credit_note_lines_frozen');
END;
-- An issued credit note raises what is credited, releases charges and lowers the shares.
CREATE TRIGGER credit_notes_issued AFTER UPDATE OF state ON credit_notes
WHEN NEW.state = 'issued'
BEGIN
    SELECT RAISE(ABORT, 'credit_notes_total')
    WHERE NEW.total <> (SELECT coalesce(sum(c.amount), -1) FROM credit_note_lines c WHERE c.credit_note_id = NEW.id);
    UPDATE invoice_lines SET
        credited = credited + (SELECT c.amount FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = invoice_lines.id),
        released_at = CASE WHEN (SELECT c.outcome FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = invoice_lines.id)
            IS NOT NULL THEN NEW.decided_at ELSE released_at END
    WHERE id IN (SELECT c.line_id FROM credit_note_lines c WHERE c.credit_note_id = NEW.id);
    UPDATE charges SET
        state = (SELECT c.outcome FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
            WHERE c.credit_note_id = NEW.id AND l.charge_id = charges.id AND c.outcome IS NOT NULL),
        updated_at = NEW.decided_at, version = version + 1
    WHERE id IN (SELECT l.charge_id FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        WHERE c.credit_note_id = NEW.id AND c.outcome IS NOT NULL);
    UPDATE invoices SET credited = credited + NEW.total WHERE id = NEW.invoice_id;
    UPDATE invoice_shares SET
        amount = amount - (SELECT sum(CASE WHEN invoice_shares.debtor = 'patient' THEN c.patient_part ELSE c.insurer_part END)
            FROM credit_note_lines c WHERE c.credit_note_id = NEW.id),
        credited = credited + (SELECT sum(CASE WHEN invoice_shares.debtor = 'patient' THEN c.patient_part ELSE c.insurer_part END)
            FROM credit_note_lines c WHERE c.credit_note_id = NEW.id),
        changed_at = NEW.decided_at
    WHERE invoice_id = NEW.invoice_id;
END;

CREATE TRIGGER refunds_begin_as_asked BEFORE INSERT ON refunds WHEN NEW.state <> 'asked'
BEGIN
    SELECT RAISE(ABORT, 'refunds_state');
END;
CREATE TRIGGER refunds_state BEFORE UPDATE ON refunds
WHEN NOT (NEW.id IS OLD.id AND NEW.payment_id IS OLD.payment_id AND NEW.amount IS OLD.amount AND NEW.rounding IS OLD.rounding
    AND NEW.kind IS OLD.kind AND NEW.asked_by IS OLD.asked_by
    AND ((OLD.state = 'asked' AND NEW.state IN ('approved', 'rejected', 'withdrawn'))
        OR (OLD.state = 'approved' AND (NEW.state = 'paid' OR (NEW.state = 'withdrawn' AND OLD.kind = 'refund')))))
BEGIN
    SELECT RAISE(ABORT, 'refunds_state');
END;
-- It is paid from an open shift of the user who pays it, which has the cash.
CREATE TRIGGER refunds_in_shift BEFORE UPDATE ON refunds
WHEN NEW.state = 'paid' AND NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = 'open'
    AND s.cashier_id = NEW.paid_by AND s.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'till_shift_not_open');
END;
CREATE TRIGGER refunds_covered BEFORE UPDATE ON refunds
WHEN NEW.state = 'paid' AND NEW.method = 'cash' AND NEW.amount + NEW.rounding
    > (SELECT coalesce(sum(e.amount), 0) FROM till_entries e WHERE e.shift_id = NEW.shift_id AND e.method = 'cash')
BEGIN
    SELECT RAISE(ABORT, 'till_cash_short');
END;
CREATE TRIGGER refunds_kept BEFORE DELETE ON refunds
BEGIN
    SELECT RAISE(ABORT, 'refunds_state');
END;
-- A refund reserves its amount when it is asked for, a void when it is approved.
CREATE TRIGGER refunds_reserved AFTER INSERT ON refunds WHEN NEW.kind = 'refund'
BEGIN
    UPDATE payments SET refunded = refunded + NEW.amount WHERE id = NEW.payment_id;
END;
CREATE TRIGGER refunds_approved AFTER UPDATE OF state ON refunds WHEN NEW.kind = 'void' AND NEW.state = 'approved'
BEGIN
    UPDATE payments SET refunded = refunded + NEW.amount WHERE id = NEW.payment_id;
END;
CREATE TRIGGER refunds_given_up AFTER UPDATE OF state ON refunds WHEN NEW.kind = 'refund' AND NEW.state IN ('rejected', 'withdrawn')
BEGIN
    UPDATE payments SET refunded = refunded - NEW.amount WHERE id = NEW.payment_id;
END;

CREATE TRIGGER write_offs_state BEFORE UPDATE ON write_offs
WHEN NOT (OLD.state = 'asked' AND NEW.id IS OLD.id AND NEW.share_id IS OLD.share_id AND NEW.amount IS OLD.amount AND NEW.alone IS OLD.alone
    AND NEW.asked_by IS OLD.asked_by)
BEGIN
    SELECT RAISE(ABORT, 'write_offs_state');
END;
CREATE TRIGGER write_offs_kept BEFORE DELETE ON write_offs
BEGIN
    SELECT RAISE(ABORT, 'write_offs_state');
END;
CREATE TRIGGER write_offs_limit BEFORE INSERT ON write_offs
WHEN NEW.alone = 1 AND NEW.amount > (SELECT write_off_limit FROM till_settings)
BEGIN
    SELECT RAISE(ABORT, 'write_offs_limit');
END;
CREATE TRIGGER write_offs_inserted AFTER INSERT ON write_offs WHEN NEW.state = 'issued'
BEGIN
    UPDATE invoice_shares SET written_off = written_off + NEW.amount, changed_at = NEW.decided_at WHERE id = NEW.share_id;
END;
CREATE TRIGGER write_offs_issued AFTER UPDATE OF state ON write_offs WHEN NEW.state = 'issued'
BEGIN
    UPDATE invoice_shares SET written_off = written_off + NEW.amount, changed_at = NEW.decided_at WHERE id = NEW.share_id;
END;
