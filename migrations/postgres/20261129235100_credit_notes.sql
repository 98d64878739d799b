-- Credit notes, refunds and write-offs: one person asks, another decides. Triggers keep the sums of shares, lines and payments.

CREATE TABLE credit_notes (
    id          UUID PRIMARY KEY NOT NULL,
    invoice_id  UUID NOT NULL REFERENCES invoices (id),
    patient_id  UUID NOT NULL REFERENCES patients (id),
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    number      TEXT UNIQUE,
    state       TEXT NOT NULL CHECK (state IN ('asked', 'issued', 'rejected')),
    reason      TEXT NOT NULL CHECK (reason IN ('not_done', 'wrong_price', 'wrong_patient', 'duplicate', 'goodwill')),
    note        TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 200),
    total       BIGINT NOT NULL CHECK (total >= 0),
    -- The money that it freed from shares: it is left on its payments.
    freed       BIGINT NOT NULL DEFAULT 0 CHECK (freed >= 0),
    asked_at    TIMESTAMPTZ NOT NULL,
    asked_by    UUID NOT NULL REFERENCES users (id),
    decided_at  TIMESTAMPTZ,
    decided_by  UUID REFERENCES users (id),
    CONSTRAINT credit_notes_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT credit_notes_number CHECK ((state = 'issued') = (number IS NOT NULL)),
    CONSTRAINT credit_notes_second_person CHECK (state <> 'issued' OR decided_by <> asked_by)
);
CREATE INDEX credit_notes_by_invoice ON credit_notes (invoice_id);
CREATE INDEX credit_notes_by_patient ON credit_notes (patient_id);
CREATE INDEX credit_notes_asked ON credit_notes (clinic_id) WHERE state = 'asked';
CREATE TABLE credit_note_lines (
    credit_note_id UUID NOT NULL REFERENCES credit_notes (id),
    line_id        UUID NOT NULL REFERENCES invoice_lines (id),
    amount         BIGINT NOT NULL CHECK (amount >= 0),
    tax            BIGINT NOT NULL DEFAULT 0 CHECK (tax BETWEEN 0 AND amount),
    insurer_part   BIGINT NOT NULL CHECK (insurer_part >= 0),
    patient_part   BIGINT NOT NULL CHECK (patient_part >= 0),
    -- The next state of the charge when its line is credited in full.
    outcome        TEXT CHECK (outcome IN ('billable', 'cancelled')),
    PRIMARY KEY (credit_note_id, line_id),
    CONSTRAINT credit_note_lines_split CHECK (insurer_part + patient_part = amount)
);
CREATE INDEX credit_note_lines_by_line ON credit_note_lines (line_id);

CREATE TABLE refunds (
    id         UUID PRIMARY KEY NOT NULL,
    payment_id UUID NOT NULL REFERENCES payments (id),
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    -- A void takes the whole payment back on its day, and opens the invoices again.
    kind       TEXT NOT NULL CHECK (kind IN ('refund', 'void')),
    state      TEXT NOT NULL CHECK (state IN ('asked', 'approved', 'paid', 'rejected', 'withdrawn')),
    number     TEXT UNIQUE,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    -- The cash rounding that goes back with the whole payment.
    rounding   BIGINT NOT NULL DEFAULT 0,
    method     TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    reference  TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    reason     TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    asked_at   TIMESTAMPTZ NOT NULL,
    asked_by   UUID NOT NULL REFERENCES users (id),
    decided_at TIMESTAMPTZ,
    decided_by UUID REFERENCES users (id),
    paid_at    TIMESTAMPTZ,
    paid_by    UUID REFERENCES users (id),
    -- The shift that paid it.
    shift_id   UUID REFERENCES till_shifts (id),
    -- The money that a void freed from invoices when it was approved.
    freed      BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT refunds_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT refunds_second_person CHECK (state NOT IN ('approved', 'paid') OR decided_by <> asked_by),
    CONSTRAINT refunds_paid CHECK ((state = 'paid') = (number IS NOT NULL) AND (number IS NULL) = (paid_by IS NULL)
        AND (paid_by IS NULL) = (paid_at IS NULL) AND (paid_by IS NULL) = (shift_id IS NULL)),
    CONSTRAINT refunds_freed CHECK (freed BETWEEN 0 AND amount AND (freed = 0 OR kind = 'void')),
    CONSTRAINT refunds_rounding CHECK (rounding = 0 OR method = 'cash')
);
CREATE INDEX refunds_by_payment ON refunds (payment_id);
CREATE INDEX refunds_by_patient ON refunds (patient_id);
CREATE UNIQUE INDEX refunds_one_void ON refunds (payment_id) WHERE kind = 'void' AND state IN ('asked', 'approved', 'paid');
CREATE INDEX refunds_open ON refunds (clinic_id) WHERE state IN ('asked', 'approved');
CREATE INDEX refunds_by_shift ON refunds (shift_id) WHERE shift_id IS NOT NULL;

CREATE TABLE write_offs (
    id         UUID PRIMARY KEY NOT NULL,
    share_id   UUID NOT NULL REFERENCES invoice_shares (id),
    patient_id UUID NOT NULL REFERENCES patients (id),
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    state      TEXT NOT NULL CHECK (state IN ('asked', 'issued', 'rejected')),
    amount     BIGINT NOT NULL CHECK (amount > 0),
    reason     TEXT NOT NULL CHECK (reason IN ('small_balance', 'contract', 'charity', 'uncollectable')),
    -- Within the limit that one person decides alone.
    alone      BOOLEAN NOT NULL,
    asked_at   TIMESTAMPTZ NOT NULL,
    asked_by   UUID NOT NULL REFERENCES users (id),
    decided_at TIMESTAMPTZ,
    decided_by UUID REFERENCES users (id),
    CONSTRAINT write_offs_decided CHECK ((state = 'asked') = (decided_by IS NULL) AND (decided_by IS NULL) = (decided_at IS NULL)),
    CONSTRAINT write_offs_second_person CHECK (state <> 'issued' OR alone OR decided_by <> asked_by)
);
CREATE INDEX write_offs_by_share ON write_offs (share_id);
CREATE INDEX write_offs_by_patient ON write_offs (patient_id);
CREATE INDEX write_offs_asked ON write_offs (clinic_id) WHERE state = 'asked';

-- Money that entered and left a shift, by method.
CREATE VIEW till_entries AS
SELECT id AS shift_id, 'cash'::text AS method, 'float'::text AS kind, float_amount AS amount FROM till_shifts
UNION ALL SELECT p.shift_id, t.method, 'payment', t.tendered - t.change_given FROM payments p JOIN payment_tenders t ON t.payment_id = p.id
    WHERE p.shift_id IS NOT NULL
-- Refunds to a card or by transfer leave the drawer as it is.
UNION ALL SELECT shift_id, 'cash', 'refund', -(amount + rounding) FROM refunds WHERE shift_id IS NOT NULL AND method = 'cash'
UNION ALL SELECT shift_id, 'cash', kind, amount FROM cash_moves WHERE kind = 'pay_in'
UNION ALL SELECT shift_id, 'cash', kind, -amount FROM cash_moves WHERE kind IN ('pay_out', 'drop', 'transfer') AND state <> 'withdrawn'
UNION ALL SELECT to_shift_id, 'cash', 'transfer_in', amount FROM cash_moves WHERE kind = 'transfer' AND state = 'received';

-- One row: how cash is rounded, the amount that one person may write off alone, and the series of documents. Without a step the currency's own counts.
CREATE TABLE till_settings (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    cash_step       BIGINT CHECK (cash_step BETWEEN 1 AND 100000),
    cash_tie        TEXT NOT NULL DEFAULT 'up' CHECK (cash_tie IN ('up', 'down')),
    write_off_limit BIGINT NOT NULL DEFAULT 0 CONSTRAINT till_settings_limit CHECK (write_off_limit >= 0),
    -- Whether each clinic numbers its own documents; otherwise the hospital numbers them all together.
    series_by_clinic BOOLEAN NOT NULL DEFAULT FALSE,
    updated_at      TIMESTAMPTZ,
    updated_by      UUID REFERENCES users (id)
);
INSERT INTO till_settings (id) VALUES (1);

SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['credit_notes', 'refunds', 'write_offs']::regclass[]) AS guarded;
ALTER TABLE credit_note_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON credit_note_lines USING (EXISTS (SELECT 1 FROM credit_notes n WHERE n.id = credit_note_lines.credit_note_id OFFSET 0));

CREATE TRIGGER credit_notes_begin_as_asked BEFORE INSERT ON credit_notes FOR EACH ROW WHEN (NEW.state <> 'asked')
EXECUTE FUNCTION row_fixed('credit_notes_state');
CREATE TRIGGER credit_notes_state BEFORE UPDATE ON credit_notes FOR EACH ROW
WHEN (OLD.state <> 'asked' OR (NEW.id, NEW.invoice_id, NEW.total, NEW.asked_by) IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.total, OLD.asked_by))
EXECUTE FUNCTION row_fixed('credit_notes_state');
CREATE TRIGGER credit_notes_kept BEFORE DELETE ON credit_notes FOR EACH ROW EXECUTE FUNCTION row_fixed('credit_notes_state');
CREATE FUNCTION credit_note_lines_own() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM credit_notes n JOIN invoice_lines l ON l.invoice_id = n.invoice_id
        WHERE n.id = NEW.credit_note_id AND n.state = 'asked' AND l.id = NEW.line_id) THEN
        PERFORM refuse('credit_note_lines_own');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER credit_note_lines_own BEFORE INSERT ON credit_note_lines FOR EACH ROW EXECUTE FUNCTION credit_note_lines_own();
CREATE TRIGGER credit_note_lines_frozen BEFORE UPDATE OR DELETE ON credit_note_lines FOR EACH ROW
EXECUTE FUNCTION row_fixed('credit_note_lines_frozen');
-- An issued credit note raises what is credited, releases charges and lowers the shares.
CREATE FUNCTION credit_notes_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total IS DISTINCT FROM (SELECT sum(c.amount) FROM credit_note_lines c WHERE c.credit_note_id = NEW.id) THEN
        PERFORM refuse('credit_notes_total');
    END IF;
    UPDATE invoice_lines l SET credited = l.credited + c.amount,
        released_at = CASE WHEN c.outcome IS NOT NULL THEN NEW.decided_at ELSE l.released_at END
    FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = l.id;
    UPDATE charges SET state = c.outcome, updated_at = NEW.decided_at, version = version + 1
    FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
    WHERE c.credit_note_id = NEW.id AND c.outcome IS NOT NULL AND charges.id = l.charge_id;
    UPDATE invoices SET credited = credited + NEW.total WHERE id = NEW.invoice_id;
    UPDATE invoice_shares s SET
        amount = s.amount - CASE WHEN s.debtor = 'patient' THEN c.patient ELSE c.insurer END,
        credited = s.credited + CASE WHEN s.debtor = 'patient' THEN c.patient ELSE c.insurer END, changed_at = NEW.decided_at
    FROM (SELECT sum(patient_part) AS patient, sum(insurer_part) AS insurer FROM credit_note_lines WHERE credit_note_id = NEW.id) AS c
    WHERE s.invoice_id = NEW.invoice_id;
    RETURN NULL;
END $$;
CREATE TRIGGER credit_notes_issued AFTER UPDATE OF state ON credit_notes FOR EACH ROW WHEN (NEW.state = 'issued')
EXECUTE FUNCTION credit_notes_issued();

CREATE TRIGGER refunds_begin_as_asked BEFORE INSERT ON refunds FOR EACH ROW WHEN (NEW.state <> 'asked') EXECUTE FUNCTION row_fixed('refunds_state');
CREATE TRIGGER refunds_state BEFORE UPDATE ON refunds FOR EACH ROW
WHEN ((NEW.id, NEW.payment_id, NEW.amount, NEW.rounding, NEW.kind, NEW.asked_by)
        IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.amount, OLD.rounding, OLD.kind, OLD.asked_by)
    OR NOT ((OLD.state = 'asked' AND NEW.state IN ('approved', 'rejected', 'withdrawn'))
        OR (OLD.state = 'approved' AND (NEW.state = 'paid' OR (NEW.state = 'withdrawn' AND OLD.kind = 'refund')))))
EXECUTE FUNCTION row_fixed('refunds_state');
-- It is paid from an open shift of the user who pays it, which has the cash.
CREATE FUNCTION refunds_in_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.method = 'cash' THEN
        -- Two that leave at the same time take turns, so that both see what is left.
        PERFORM 1 FROM till_shifts s WHERE s.id = NEW.shift_id FOR NO KEY UPDATE;
    END IF;
    PERFORM till_shift_is_open(NEW.shift_id, NEW.paid_by, NEW.clinic_id);
    IF NEW.method = 'cash' AND NEW.amount + NEW.rounding
        > (SELECT coalesce(sum(e.amount), 0) FROM till_entries e WHERE e.shift_id = NEW.shift_id AND e.method = 'cash') THEN
        PERFORM refuse('till_cash_short');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_in_shift BEFORE UPDATE ON refunds FOR EACH ROW WHEN (NEW.state = 'paid') EXECUTE FUNCTION refunds_in_shift();
CREATE TRIGGER refunds_kept BEFORE DELETE ON refunds FOR EACH ROW EXECUTE FUNCTION row_fixed('refunds_state');
-- A refund reserves its amount when it is asked for, a void when it is approved.
CREATE FUNCTION refunds_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET refunded = refunded + TG_ARGV[0]::bigint * NEW.amount WHERE id = NEW.payment_id;
    RETURN NULL;
END $$;
CREATE TRIGGER refunds_reserved AFTER INSERT ON refunds FOR EACH ROW WHEN (NEW.kind = 'refund') EXECUTE FUNCTION refunds_counted('1');
CREATE TRIGGER refunds_approved AFTER UPDATE OF state ON refunds FOR EACH ROW WHEN (NEW.kind = 'void' AND NEW.state = 'approved')
EXECUTE FUNCTION refunds_counted('1');
CREATE TRIGGER refunds_given_up AFTER UPDATE OF state ON refunds FOR EACH ROW WHEN (NEW.kind = 'refund' AND NEW.state IN ('rejected', 'withdrawn'))
EXECUTE FUNCTION refunds_counted('-1');

CREATE TRIGGER write_offs_state BEFORE UPDATE ON write_offs FOR EACH ROW
WHEN (OLD.state <> 'asked' OR (NEW.id, NEW.share_id, NEW.amount, NEW.alone, NEW.asked_by)
    IS DISTINCT FROM (OLD.id, OLD.share_id, OLD.amount, OLD.alone, OLD.asked_by))
EXECUTE FUNCTION row_fixed('write_offs_state');
CREATE TRIGGER write_offs_kept BEFORE DELETE ON write_offs FOR EACH ROW EXECUTE FUNCTION row_fixed('write_offs_state');
CREATE FUNCTION write_offs_limit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount > (SELECT write_off_limit FROM till_settings) THEN
        PERFORM refuse('write_offs_limit');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER write_offs_limit BEFORE INSERT ON write_offs FOR EACH ROW WHEN (NEW.alone) EXECUTE FUNCTION write_offs_limit();
CREATE FUNCTION write_offs_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoice_shares SET written_off = written_off + NEW.amount, changed_at = NEW.decided_at WHERE id = NEW.share_id;
    RETURN NULL;
END $$;
CREATE TRIGGER write_offs_inserted AFTER INSERT ON write_offs FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION write_offs_issued();
CREATE TRIGGER write_offs_issued AFTER UPDATE OF state ON write_offs FOR EACH ROW WHEN (NEW.state = 'issued') EXECUTE FUNCTION write_offs_issued();
REVOKE DELETE, TRUNCATE ON credit_notes, credit_note_lines, refunds, write_offs FROM infirmary_app;
