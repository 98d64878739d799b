-- An invoice is split into shares, each with its debtor. Money reaches a share by an allocation from a payment; what is left of a payment is
-- a deposit. States, and what is settled, follow the sums by triggers.

-- These read the columns that go; they are made again when the tables of shares are there.
DROP VIEW ledger_postings;
DROP VIEW till_entries;

ALTER TABLE invoices DROP CONSTRAINT invoices_check3, DROP CONSTRAINT invoices_check4, DROP CONSTRAINT invoices_never_overpaid,
    -- The sums over its lines and shares.
    ADD COLUMN lines_total BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN shares_total BIGINT NOT NULL DEFAULT 0,
    ADD COLUMN credited BIGINT NOT NULL DEFAULT 0,
    -- The amount that the patient still owes; `paid` is the money that settles the patient's share.
    ADD COLUMN patient_due BIGINT NOT NULL DEFAULT 0;
ALTER TABLE invoice_lines ADD CONSTRAINT invoice_lines_released CHECK (released_at IS NULL OR credited = total),
    -- The department that earned it, by a trigger: the charge may change after it was released.
    ADD COLUMN department_id UUID REFERENCES departments (id),
    -- Whether the price contains the tax.
    ADD COLUMN tax_included BOOLEAN NOT NULL DEFAULT FALSE,
    DROP CONSTRAINT invoice_lines_net;
ALTER TABLE invoice_lines
    ADD CONSTRAINT invoice_lines_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount - CASE WHEN tax_included THEN tax ELSE 0 END),
    ADD CONSTRAINT invoice_lines_tax CHECK (CASE WHEN tax_included THEN 2 * abs(net * (10000 + rate_bp) - total * 10000) <= 10000 + rate_bp
        ELSE 2 * abs(tax * 10000 - net * rate_bp) <= 10000 END);
UPDATE invoice_lines l SET department_id = c.department_id FROM charges c WHERE c.id = l.charge_id;
CREATE TRIGGER invoice_lines_department_kept BEFORE UPDATE OF department_id, tax_included ON invoice_lines FOR EACH ROW
WHEN ((NEW.department_id, NEW.tax_included) IS DISTINCT FROM (OLD.department_id, OLD.tax_included)) EXECUTE FUNCTION row_fixed('invoice_lines_frozen');
CREATE TABLE invoice_shares (
    id          UUID PRIMARY KEY NOT NULL,
    invoice_id  UUID NOT NULL REFERENCES invoices (id),
    -- Payers in their order; the patient comes last.
    rank        BIGINT NOT NULL CHECK (rank BETWEEN 1 AND 9),
    debtor      TEXT NOT NULL CHECK (debtor IN ('insurer', 'patient')),
    insurer_id  UUID REFERENCES insurers (id),
    -- The amount after credit notes; with what they credited it is the amount that was issued.
    amount      BIGINT NOT NULL CHECK (amount >= 0),
    credited    BIGINT NOT NULL DEFAULT 0 CHECK (credited >= 0),
    settled     BIGINT NOT NULL DEFAULT 0 CHECK (settled >= 0),
    written_off BIGINT NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    changed_at  TIMESTAMPTZ NOT NULL,
    UNIQUE (invoice_id, rank),
    CONSTRAINT invoice_shares_settled CHECK (settled + written_off <= amount),
    CONSTRAINT invoice_shares_debtor CHECK ((debtor = 'insurer') = (insurer_id IS NOT NULL))
);
INSERT INTO invoice_shares (id, invoice_id, rank, debtor, insurer_id, amount, credited, changed_at)
SELECT gen_random_uuid(), id, 1, 'insurer', insurer_id, CASE WHEN state = 'cancelled' THEN 0 ELSE insurer_share END,
    CASE WHEN state = 'cancelled' THEN insurer_share ELSE 0 END, updated_at
FROM invoices WHERE insurer_id IS NOT NULL;
INSERT INTO invoice_shares (id, invoice_id, rank, debtor, amount, credited, settled, changed_at)
SELECT gen_random_uuid(), id, CASE WHEN insurer_id IS NULL THEN 1 ELSE 2 END, 'patient', CASE WHEN state = 'cancelled' THEN paid ELSE patient_share END,
    CASE WHEN state = 'cancelled' THEN patient_share - paid ELSE 0 END, paid, updated_at
FROM invoices;
UPDATE invoice_lines l SET credited = l.total FROM invoices i WHERE i.id = l.invoice_id AND i.state = 'cancelled';
UPDATE invoices SET lines_total = total, shares_total = total, credited = CASE WHEN state = 'cancelled' THEN total ELSE 0 END,
    patient_due = CASE WHEN state IN ('draft', 'cancelled') THEN 0 ELSE patient_share - paid END, version = version + 1,
    state = CASE WHEN state IN ('draft', 'cancelled') THEN state WHEN paid = total THEN 'paid' WHEN paid > 0 THEN 'part_paid' ELSE 'issued' END;
ALTER TABLE invoices
    ADD CONSTRAINT invoices_sums CHECK (state = 'draft' OR (lines_total = total AND shares_total = total)),
    ADD CONSTRAINT invoices_credited CHECK (credited BETWEEN 0 AND total AND (state <> 'cancelled' OR credited = total)),
    ADD CONSTRAINT invoices_never_overpaid CHECK (paid >= 0 AND patient_due >= 0 AND paid + patient_due <= patient_share);

-- The means by which one payment was made: cash, card and transfer together.
CREATE TABLE payment_tenders (
    payment_id   UUID NOT NULL REFERENCES payments (id),
    position     BIGINT NOT NULL CHECK (position BETWEEN 1 AND 9),
    method       TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    amount       BIGINT NOT NULL CHECK (amount > 0),
    rounding     BIGINT NOT NULL DEFAULT 0,
    tendered     BIGINT NOT NULL,
    change_given BIGINT NOT NULL CHECK (change_given >= 0),
    reference    TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    PRIMARY KEY (payment_id, position),
    CONSTRAINT payment_tenders_tendered CHECK (tendered - change_given = amount + rounding),
    CONSTRAINT payment_tenders_cash CHECK (method = 'cash' OR (change_given = 0 AND rounding = 0))
);
INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given, reference)
SELECT id, 1, method, amount, tendered, change_given, reference FROM payments;
CREATE TABLE allocations (
    id          UUID PRIMARY KEY NOT NULL,
    payment_id  UUID NOT NULL REFERENCES payments (id),
    share_id    UUID NOT NULL REFERENCES invoice_shares (id),
    amount      BIGINT NOT NULL CHECK (amount > 0),
    -- The part that a credit note or a void freed again.
    reversed    BIGINT NOT NULL DEFAULT 0,
    -- Made after the payment, from what was left of it.
    from_deposit BOOLEAN NOT NULL DEFAULT false,
    made_at     TIMESTAMPTZ NOT NULL,
    made_by     UUID NOT NULL REFERENCES users (id),
    changed_at  TIMESTAMPTZ NOT NULL,
    CONSTRAINT allocations_reversed CHECK (reversed BETWEEN 0 AND amount)
);
INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at)
SELECT gen_random_uuid(), p.id, s.id, p.amount, p.taken_at, p.taken_by, p.taken_at
FROM payments p JOIN invoice_shares s ON s.invoice_id = p.invoice_id AND s.debtor = 'patient';
ALTER TABLE payments DROP CONSTRAINT payments_check, DROP COLUMN invoice_id, DROP COLUMN method, DROP COLUMN reference,
    -- The sum over its tenders.
    ADD COLUMN rounding BIGINT NOT NULL DEFAULT 0,
    -- The part that was taken for no invoice.
    ADD COLUMN deposited BIGINT NOT NULL DEFAULT 0 CHECK (deposited BETWEEN 0 AND amount),
    -- The part that settles shares, by triggers of `allocations`; the part that goes back, by triggers of `refunds`.
    ADD COLUMN allocated BIGINT NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    ADD COLUMN refunded BIGINT NOT NULL DEFAULT 0,
    ADD CONSTRAINT payments_tendered CHECK (tendered - change_given = amount + rounding),
    ADD CONSTRAINT payments_refunded CHECK (refunded BETWEEN 0 AND amount);
UPDATE payments SET allocated = amount;
ALTER TABLE payments ADD COLUMN deposit_left BIGINT GENERATED ALWAYS AS (amount - allocated - refunded) STORED,
    ADD CONSTRAINT payments_deposit_left CHECK (amount - allocated - refunded >= 0);
CREATE INDEX invoices_unsettled ON invoices (clinic_id, created_at) WHERE patient_due > 0;
CREATE INDEX payments_with_deposit ON payments (patient_id, taken_at) WHERE deposit_left > 0;
CREATE INDEX allocations_by_payment ON allocations (payment_id);
CREATE INDEX allocations_by_share ON allocations (share_id);

-- A charge whose invoice still waits for an insurer is not paid.
UPDATE charges SET state = 'billed' WHERE state = 'paid' AND id IN (
    SELECT l.charge_id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE i.state <> 'paid' AND l.released_at IS NULL);

ALTER TABLE invoice_shares ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON invoice_shares USING (EXISTS (SELECT 1 FROM invoices i WHERE i.id = invoice_shares.invoice_id OFFSET 0));
ALTER TABLE payment_tenders ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON payment_tenders USING (EXISTS (SELECT 1 FROM payments p WHERE p.id = payment_tenders.payment_id OFFSET 0));
ALTER TABLE allocations ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON allocations USING (EXISTS (SELECT 1 FROM payments p WHERE p.id = allocations.payment_id OFFSET 0));

-- A draft gets its lines and shares; an issued invoice gets none.
CREATE TRIGGER invoices_frozen BEFORE UPDATE ON invoices FOR EACH ROW
WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft' OR NEW.credited < OLD.credited
    OR (NEW.id, NEW.account_id, NEW.patient_id, NEW.clinic_id, NEW.number, NEW.insurer_id, NEW.total, NEW.insurer_share, NEW.patient_share,
        NEW.lines_total, NEW.shares_total, NEW.issued_at, NEW.issued_by)
    IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.patient_id, OLD.clinic_id, OLD.number, OLD.insurer_id, OLD.total, OLD.insurer_share,
        OLD.patient_share, OLD.lines_total, OLD.shares_total, OLD.issued_at, OLD.issued_by)))
EXECUTE FUNCTION row_fixed('invoices_frozen');
CREATE TRIGGER invoices_begin_as_drafts BEFORE INSERT ON invoices FOR EACH ROW
WHEN (NEW.state <> 'draft' OR NEW.lines_total <> 0 OR NEW.shares_total <> 0 OR NEW.credited <> 0 OR NEW.paid <> 0 OR NEW.patient_due <> 0)
EXECUTE FUNCTION row_fixed('invoices_begin_as_drafts');
CREATE TRIGGER invoices_kept BEFORE DELETE ON invoices FOR EACH ROW EXECUTE FUNCTION row_fixed('invoices_frozen');
CREATE FUNCTION before_issue() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT i.state FROM invoices i WHERE i.id = NEW.invoice_id FOR UPDATE) IS DISTINCT FROM 'draft' THEN
        PERFORM refuse(TG_ARGV[0]);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_lines_before_issue BEFORE INSERT ON invoice_lines FOR EACH ROW EXECUTE FUNCTION before_issue('invoice_lines_before_issue');
CREATE TRIGGER invoice_shares_before_issue BEFORE INSERT ON invoice_shares FOR EACH ROW EXECUTE FUNCTION before_issue('invoice_shares_before_issue');
CREATE TRIGGER invoice_lines_begin BEFORE INSERT ON invoice_lines FOR EACH ROW WHEN (NEW.credited <> 0 OR NEW.released_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('invoice_lines_before_issue');
CREATE TRIGGER invoice_shares_begin BEFORE INSERT ON invoice_shares FOR EACH ROW
WHEN (NEW.credited <> 0 OR NEW.settled <> 0 OR NEW.written_off <> 0) EXECUTE FUNCTION row_fixed('invoice_shares_before_issue');
CREATE FUNCTION invoice_lines_earned() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.department_id := (SELECT c.department_id FROM charges c WHERE c.id = NEW.charge_id);
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_lines_earned BEFORE INSERT ON invoice_lines FOR EACH ROW EXECUTE FUNCTION invoice_lines_earned();
CREATE FUNCTION invoice_lines_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoices SET lines_total = lines_total + NEW.total WHERE id = NEW.invoice_id;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_lines_added AFTER INSERT ON invoice_lines FOR EACH ROW EXECUTE FUNCTION invoice_lines_added();
CREATE FUNCTION invoice_shares_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoices SET shares_total = shares_total + NEW.amount WHERE id = NEW.invoice_id;
    RETURN NULL;
END $$;
CREATE TRIGGER invoice_shares_added AFTER INSERT ON invoice_shares FOR EACH ROW EXECUTE FUNCTION invoice_shares_added();
CREATE TRIGGER invoice_shares_frozen BEFORE UPDATE ON invoice_shares FOR EACH ROW
WHEN ((NEW.id, NEW.invoice_id, NEW.rank, NEW.debtor, NEW.insurer_id, NEW.amount + NEW.credited)
    IS DISTINCT FROM (OLD.id, OLD.invoice_id, OLD.rank, OLD.debtor, OLD.insurer_id, OLD.amount + OLD.credited) OR NEW.credited < OLD.credited)
EXECUTE FUNCTION row_fixed('invoice_shares_frozen');
CREATE TRIGGER invoice_shares_kept BEFORE DELETE ON invoice_shares FOR EACH ROW EXECUTE FUNCTION row_fixed('invoice_shares_frozen');

-- The state of an invoice follows its shares.
CREATE FUNCTION invoices_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoices SET
        patient_due = (SELECT coalesce(sum(s.amount), 0) FROM invoice_shares s WHERE s.invoice_id = NEW.id AND s.debtor = 'patient'),
        state = CASE WHEN total = 0 THEN 'paid' ELSE 'issued' END
    WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER invoices_issued AFTER UPDATE OF state ON invoices FOR EACH ROW WHEN (OLD.state = 'draft' AND NEW.state <> 'draft')
EXECUTE FUNCTION invoices_issued();
CREATE FUNCTION invoices_follow_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE invoices i SET paid = s.paid, patient_due = s.due,
        state = CASE WHEN i.credited = i.total AND i.total > 0 THEN 'cancelled' WHEN s.open = 0 THEN 'paid' WHEN s.closed > 0 THEN 'part_paid'
            ELSE 'issued' END,
        updated_at = NEW.changed_at, version = version + 1
    FROM (SELECT coalesce(sum(settled) FILTER (WHERE debtor = 'patient'), 0) AS paid,
            coalesce(sum(amount - settled - written_off) FILTER (WHERE debtor = 'patient'), 0) AS due,
            sum(amount - settled - written_off) AS open, sum(settled + written_off) AS closed
        FROM invoice_shares WHERE invoice_id = NEW.invoice_id) AS s
    WHERE i.id = NEW.invoice_id AND i.state <> 'draft';
    RETURN NULL;
END $$;
CREATE TRIGGER invoices_follow_shares AFTER UPDATE OF amount, settled, written_off ON invoice_shares FOR EACH ROW
EXECUTE FUNCTION invoices_follow_shares();
CREATE FUNCTION charges_follow_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE charges SET state = CASE WHEN NEW.state = 'paid' THEN 'paid' ELSE 'billed' END, updated_at = NEW.updated_at, version = version + 1
    WHERE state IN ('billed', 'paid') AND id IN (SELECT l.charge_id FROM invoice_lines l WHERE l.invoice_id = NEW.id AND l.released_at IS NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER charges_follow_invoices AFTER UPDATE OF state ON invoices FOR EACH ROW
WHEN ((NEW.state = 'paid') <> (OLD.state = 'paid')) EXECUTE FUNCTION charges_follow_invoices();
-- A charge leaves its invoice only when a credit note released the line.
CREATE FUNCTION charges_released() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = OLD.id AND l.released_at IS NULL) THEN
        PERFORM refuse('charges_released');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charges_released BEFORE UPDATE OF state ON charges FOR EACH ROW
WHEN (OLD.state IN ('billed', 'paid') AND NEW.state NOT IN ('billed', 'paid')) EXECUTE FUNCTION charges_released();

CREATE TRIGGER payments_frozen BEFORE UPDATE ON payments FOR EACH ROW
WHEN ((NEW.id, NEW.patient_id, NEW.clinic_id, NEW.amount, NEW.rounding, NEW.tendered, NEW.change_given, NEW.deposited, NEW.receipt_number,
        NEW.idempotency_key, NEW.taken_at, NEW.taken_by)
    IS DISTINCT FROM (OLD.id, OLD.patient_id, OLD.clinic_id, OLD.amount, OLD.rounding, OLD.tendered, OLD.change_given, OLD.deposited,
        OLD.receipt_number, OLD.idempotency_key, OLD.taken_at, OLD.taken_by))
EXECUTE FUNCTION row_fixed('payments_frozen');
CREATE TRIGGER payments_kept BEFORE DELETE ON payments FOR EACH ROW EXECUTE FUNCTION row_fixed('payments_frozen');
CREATE TRIGGER payment_tenders_frozen BEFORE UPDATE OR DELETE ON payment_tenders FOR EACH ROW EXECUTE FUNCTION row_fixed('payment_tenders_frozen');
CREATE FUNCTION allocations_of_patient() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.reversed <> 0 OR NOT EXISTS (SELECT 1 FROM payments p JOIN invoice_shares s ON s.id = NEW.share_id
        JOIN invoices i ON i.id = s.invoice_id AND i.patient_id = p.patient_id AND i.state <> 'draft' WHERE p.id = NEW.payment_id) THEN
        PERFORM refuse('allocations_of_patient');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER allocations_of_patient BEFORE INSERT ON allocations FOR EACH ROW EXECUTE FUNCTION allocations_of_patient();
CREATE FUNCTION allocations_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET allocated = allocated + NEW.amount WHERE id = NEW.payment_id;
    UPDATE invoice_shares SET settled = settled + NEW.amount, changed_at = NEW.changed_at WHERE id = NEW.share_id;
    RETURN NULL;
END $$;
CREATE FUNCTION allocations_moved_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE payments SET allocated = allocated - (NEW.reversed - OLD.reversed) WHERE id = NEW.payment_id;
    UPDATE invoice_shares SET settled = settled - (NEW.reversed - OLD.reversed), changed_at = NEW.changed_at WHERE id = NEW.share_id;
    RETURN NULL;
END $$;
CREATE TRIGGER allocations_added AFTER INSERT ON allocations FOR EACH ROW EXECUTE FUNCTION allocations_moved();
CREATE TRIGGER allocations_reversed AFTER UPDATE OF reversed ON allocations FOR EACH ROW EXECUTE FUNCTION allocations_moved_back();
CREATE TRIGGER allocations_frozen BEFORE UPDATE ON allocations FOR EACH ROW
WHEN ((NEW.id, NEW.payment_id, NEW.share_id, NEW.amount, NEW.from_deposit, NEW.made_at, NEW.made_by)
    IS DISTINCT FROM (OLD.id, OLD.payment_id, OLD.share_id, OLD.amount, OLD.from_deposit, OLD.made_at, OLD.made_by) OR NEW.reversed < OLD.reversed)
EXECUTE FUNCTION row_fixed('allocations_frozen');
CREATE TRIGGER allocations_kept BEFORE DELETE ON allocations FOR EACH ROW EXECUTE FUNCTION row_fixed('allocations_frozen');
REVOKE DELETE, TRUNCATE ON invoices, invoice_lines, invoice_shares, payments, payment_tenders, allocations FROM infirmary_app;
