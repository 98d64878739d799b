-- An invoice is split into shares, each with its debtor. Money reaches a share by an allocation from a payment; what is left of a payment is
-- a deposit. States, and what is settled, follow the sums by triggers.

-- These read the columns that go; they are made again when the tables of shares are there.
DROP VIEW ledger_postings;
DROP TRIGGER cash_moves_covered;
DROP VIEW till_entries;

CREATE TABLE invoices_new (
    id            BLOB PRIMARY KEY NOT NULL,
    account_id    BLOB NOT NULL REFERENCES billing_accounts (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    number        TEXT UNIQUE,
    state         TEXT NOT NULL CHECK (state IN ('draft', 'issued', 'part_paid', 'paid', 'cancelled')),
    insurer_id    BLOB REFERENCES insurers (id),
    total         INTEGER NOT NULL CHECK (total >= 0),
    -- The split when it was issued.
    insurer_share INTEGER NOT NULL DEFAULT 0 CHECK (insurer_share >= 0),
    patient_share INTEGER NOT NULL CHECK (patient_share >= 0),
    lines_total   INTEGER NOT NULL DEFAULT 0,
    shares_total  INTEGER NOT NULL DEFAULT 0,
    credited      INTEGER NOT NULL DEFAULT 0,
    -- The money that settles the patient's share, and the amount that the patient still owes.
    paid          INTEGER NOT NULL DEFAULT 0,
    patient_due   INTEGER NOT NULL DEFAULT 0,
    issued_at     TEXT,
    issued_by     BLOB REFERENCES users (id),
    created_at    TEXT NOT NULL,
    created_by    BLOB NOT NULL REFERENCES users (id),
    updated_at    TEXT NOT NULL,
    version       INTEGER NOT NULL DEFAULT 1,
    CHECK (insurer_share + patient_share = total),
    CHECK ((state = 'draft') = (number IS NULL)),
    CHECK ((number IS NULL) = (issued_at IS NULL)),
    CONSTRAINT invoices_sums CHECK (state = 'draft' OR (lines_total = total AND shares_total = total)),
    CONSTRAINT invoices_credited CHECK (credited BETWEEN 0 AND total AND (state <> 'cancelled' OR credited = total)),
    CONSTRAINT invoices_never_overpaid CHECK (paid >= 0 AND patient_due >= 0 AND paid + patient_due <= patient_share)
) STRICT;
INSERT INTO invoices_new (id, account_id, patient_id, clinic_id, number, state, insurer_id, total, insurer_share, patient_share, lines_total,
    shares_total, credited, paid, patient_due, issued_at, issued_by, created_at, created_by, updated_at, version)
SELECT id, account_id, patient_id, clinic_id, number,
    CASE WHEN state IN ('draft', 'cancelled') THEN state WHEN paid = total THEN 'paid' WHEN paid > 0 THEN 'part_paid' ELSE 'issued' END,
    insurer_id, total, insurer_share, patient_share, total, total, CASE WHEN state = 'cancelled' THEN total ELSE 0 END, paid,
    CASE WHEN state IN ('draft', 'cancelled') THEN 0 ELSE patient_share - paid END, issued_at, issued_by, created_at, created_by, updated_at,
    version + 1
FROM invoices;

CREATE TABLE invoice_lines_new (
    id              BLOB PRIMARY KEY NOT NULL,
    invoice_id      BLOB NOT NULL REFERENCES invoices_new (id),
    charge_id       BLOB NOT NULL REFERENCES charges (id),
    position        INTEGER NOT NULL CHECK (position >= 1),
    code            TEXT NOT NULL DEFAULT '',
    description     TEXT NOT NULL,
    quantity_milli  INTEGER NOT NULL CHECK (quantity_milli >= 1),
    unit_price      INTEGER NOT NULL CHECK (unit_price >= 0),
    per             INTEGER NOT NULL DEFAULT 1 CHECK (per BETWEEN 1 AND 1000),
    gross           INTEGER NOT NULL CHECK (gross >= 0),
    discount        INTEGER NOT NULL DEFAULT 0,
    discount_reason TEXT,
    free_because    TEXT,
    net             INTEGER NOT NULL,
    -- The tax in hundredths of a percent, and what it comes to.
    rate_bp         INTEGER NOT NULL DEFAULT 0 CHECK (rate_bp BETWEEN 0 AND 10000),
    tax             INTEGER NOT NULL DEFAULT 0 CHECK (tax >= 0),
    -- Whether the price contains the tax.
    tax_included    INTEGER NOT NULL DEFAULT FALSE CHECK (tax_included IN (0, 1)),
    total           INTEGER NOT NULL,
    insurer_share   INTEGER NOT NULL CHECK (insurer_share >= 0),
    patient_share   INTEGER NOT NULL CHECK (patient_share >= 0),
    credited        INTEGER NOT NULL DEFAULT 0,
    -- When a credit note gave the charge free.
    released_at     TEXT,
    -- The department that earned it, by a trigger: the charge may change after it was released.
    department_id   BLOB REFERENCES departments (id),
    UNIQUE (invoice_id, position),
    CONSTRAINT invoice_lines_gross CHECK (2 * abs(gross * per * 1000 - quantity_milli * unit_price) <= per * 1000),
    CONSTRAINT invoice_lines_net CHECK (discount BETWEEN 0 AND gross AND net = gross - discount - CASE WHEN tax_included THEN tax ELSE 0 END),
    CONSTRAINT invoice_lines_tax CHECK (CASE WHEN tax_included THEN 2 * abs(net * (10000 + rate_bp) - total * 10000) <= 10000 + rate_bp
        ELSE 2 * abs(tax * 10000 - net * rate_bp) <= 10000 END),
    CONSTRAINT invoice_lines_total CHECK (net + tax = total),
    CONSTRAINT invoice_lines_shares CHECK (insurer_share + patient_share = total),
    CONSTRAINT invoice_lines_credited CHECK (credited BETWEEN 0 AND total),
    CONSTRAINT invoice_lines_released CHECK (released_at IS NULL OR credited = total)
) STRICT;
INSERT INTO invoice_lines_new (id, invoice_id, charge_id, position, code, description, quantity_milli, unit_price, per, gross, discount,
    discount_reason, free_because, net, rate_bp, tax, total, insurer_share, patient_share, credited, released_at, department_id)
SELECT l.id, l.invoice_id, l.charge_id, l.position, l.code, l.description, l.quantity_milli, l.unit_price, l.per, l.gross, l.discount,
    l.discount_reason, l.free_because, l.net, l.rate_bp, l.tax, l.total, l.insurer_share, l.patient_share,
    CASE WHEN i.state = 'cancelled' THEN l.total ELSE l.credited END, l.released_at, c.department_id
FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id JOIN charges c ON c.id = l.charge_id;

CREATE TABLE invoice_shares (
    id          BLOB PRIMARY KEY NOT NULL,
    invoice_id  BLOB NOT NULL REFERENCES invoices_new (id),
    -- Payers in their order; the patient comes last.
    rank        INTEGER NOT NULL CHECK (rank BETWEEN 1 AND 9),
    debtor      TEXT NOT NULL CHECK (debtor IN ('insurer', 'patient')),
    insurer_id  BLOB REFERENCES insurers (id),
    -- The amount after credit notes; with what they credited it is the amount that was issued.
    amount      INTEGER NOT NULL CHECK (amount >= 0),
    credited    INTEGER NOT NULL DEFAULT 0 CHECK (credited >= 0),
    settled     INTEGER NOT NULL DEFAULT 0 CHECK (settled >= 0),
    written_off INTEGER NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    changed_at  TEXT NOT NULL,
    UNIQUE (invoice_id, rank),
    CONSTRAINT invoice_shares_settled CHECK (settled + written_off <= amount),
    CONSTRAINT invoice_shares_debtor CHECK ((debtor = 'insurer') = (insurer_id IS NOT NULL))
) STRICT;
INSERT INTO invoice_shares (id, invoice_id, rank, debtor, insurer_id, amount, credited, changed_at)
SELECT CAST(randomblob(6) || x'40' || randomblob(1) || x'80' || randomblob(7) AS BLOB), id, 1, 'insurer', insurer_id, CASE WHEN state = 'cancelled' THEN 0 ELSE insurer_share END,
    CASE WHEN state = 'cancelled' THEN insurer_share ELSE 0 END, updated_at
FROM invoices WHERE insurer_id IS NOT NULL;
INSERT INTO invoice_shares (id, invoice_id, rank, debtor, amount, credited, settled, changed_at)
SELECT CAST(randomblob(6) || x'40' || randomblob(1) || x'80' || randomblob(7) AS BLOB), id, CASE WHEN insurer_id IS NULL THEN 1 ELSE 2 END, 'patient', CASE WHEN state = 'cancelled' THEN paid ELSE patient_share END,
    CASE WHEN state = 'cancelled' THEN patient_share - paid ELSE 0 END, paid, updated_at
FROM invoices;

CREATE TABLE payments_new (
    id              BLOB PRIMARY KEY NOT NULL,
    patient_id      BLOB NOT NULL REFERENCES patients (id),
    clinic_id       BLOB NOT NULL REFERENCES clinics (id),
    amount          INTEGER NOT NULL CHECK (amount > 0),
    -- The sums over its tenders.
    rounding        INTEGER NOT NULL DEFAULT 0,
    tendered        INTEGER NOT NULL,
    change_given    INTEGER NOT NULL CHECK (change_given >= 0),
    -- The part that was taken for no invoice.
    deposited       INTEGER NOT NULL DEFAULT 0 CHECK (deposited BETWEEN 0 AND amount),
    -- The part that settles shares, by triggers of `allocations`; the part that goes back, by triggers of `refunds`.
    allocated       INTEGER NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    refunded        INTEGER NOT NULL DEFAULT 0,
    deposit_left    INTEGER GENERATED ALWAYS AS (amount - allocated - refunded) STORED,
    receipt_number  TEXT NOT NULL UNIQUE,
    idempotency_key BLOB NOT NULL UNIQUE,
    taken_at        TEXT NOT NULL,
    taken_by        BLOB NOT NULL REFERENCES users (id),
    -- Payments from before shifts have none.
    shift_id        BLOB REFERENCES till_shifts (id),
    CONSTRAINT payments_tendered CHECK (tendered - change_given = amount + rounding),
    CONSTRAINT payments_refunded CHECK (refunded BETWEEN 0 AND amount),
    CONSTRAINT payments_deposit_left CHECK (amount - allocated - refunded >= 0)
) STRICT;
INSERT INTO payments_new (id, patient_id, clinic_id, amount, tendered, change_given, allocated, receipt_number, idempotency_key, taken_at, taken_by,
    shift_id)
SELECT id, patient_id, clinic_id, amount, tendered, change_given, amount, receipt_number, idempotency_key, taken_at, taken_by, shift_id FROM payments;

-- The means by which one payment was made: cash, card and transfer together.
CREATE TABLE payment_tenders (
    payment_id   BLOB NOT NULL REFERENCES payments_new (id),
    position     INTEGER NOT NULL CHECK (position BETWEEN 1 AND 9),
    method       TEXT NOT NULL CHECK (method IN ('cash', 'card', 'transfer')),
    amount       INTEGER NOT NULL CHECK (amount > 0),
    rounding     INTEGER NOT NULL DEFAULT 0,
    tendered     INTEGER NOT NULL,
    change_given INTEGER NOT NULL CHECK (change_given >= 0),
    reference    TEXT NOT NULL DEFAULT '' CHECK (length(reference) <= 100),
    PRIMARY KEY (payment_id, position),
    CONSTRAINT payment_tenders_tendered CHECK (tendered - change_given = amount + rounding),
    CONSTRAINT payment_tenders_cash CHECK (method = 'cash' OR (change_given = 0 AND rounding = 0))
) STRICT;
INSERT INTO payment_tenders (payment_id, position, method, amount, tendered, change_given, reference)
SELECT id, 1, method, amount, tendered, change_given, reference FROM payments;

CREATE TABLE allocations (
    id          BLOB PRIMARY KEY NOT NULL,
    payment_id  BLOB NOT NULL REFERENCES payments_new (id),
    share_id    BLOB NOT NULL REFERENCES invoice_shares (id),
    amount      INTEGER NOT NULL CHECK (amount > 0),
    -- The part that a credit note or a void freed again.
    reversed    INTEGER NOT NULL DEFAULT 0,
    -- Made after the payment, from what was left of it.
    from_deposit INTEGER NOT NULL DEFAULT 0 CHECK (from_deposit IN (0, 1)),
    made_at     TEXT NOT NULL,
    made_by     BLOB NOT NULL REFERENCES users (id),
    changed_at  TEXT NOT NULL,
    CONSTRAINT allocations_reversed CHECK (reversed BETWEEN 0 AND amount)
) STRICT;
INSERT INTO allocations (id, payment_id, share_id, amount, made_at, made_by, changed_at)
SELECT CAST(randomblob(6) || x'40' || randomblob(1) || x'80' || randomblob(7) AS BLOB), p.id, s.id, p.amount, p.taken_at, p.taken_by, p.taken_at
FROM payments p JOIN invoice_shares s ON s.invoice_id = p.invoice_id AND s.debtor = 'patient';

DROP TABLE payments;
DROP TABLE invoice_lines;
DROP TABLE invoices;
ALTER TABLE invoices_new RENAME TO invoices;
ALTER TABLE invoice_lines_new RENAME TO invoice_lines;
ALTER TABLE payments_new RENAME TO payments;

CREATE INDEX invoices_by_account ON invoices (account_id, created_at);
CREATE INDEX invoices_by_clinic ON invoices (clinic_id, state, created_at);
CREATE INDEX invoices_unsettled ON invoices (clinic_id, created_at) WHERE patient_due > 0;
CREATE UNIQUE INDEX invoice_lines_live_charge ON invoice_lines (charge_id) WHERE released_at IS NULL;
CREATE INDEX invoice_lines_by_charge ON invoice_lines (charge_id);
CREATE INDEX payments_by_taker ON payments (taken_by, taken_at);
CREATE INDEX payments_by_shift ON payments (shift_id) WHERE shift_id IS NOT NULL;
CREATE INDEX payments_by_patient ON payments (patient_id, taken_at);
CREATE INDEX payments_with_deposit ON payments (patient_id, taken_at) WHERE deposit_left > 0;
CREATE INDEX allocations_by_payment ON allocations (payment_id);
CREATE INDEX allocations_by_share ON allocations (share_id);

-- A charge whose invoice still waits for an insurer is not paid.
UPDATE charges SET state = 'billed' WHERE state = 'paid' AND id IN (
    SELECT l.charge_id FROM invoice_lines l JOIN invoices i ON i.id = l.invoice_id WHERE i.state <> 'paid' AND l.released_at IS NULL);

-- A draft gets its lines and shares; an issued invoice gets none.
CREATE TRIGGER invoices_frozen BEFORE UPDATE ON invoices
WHEN OLD.state <> 'draft' AND NOT (NEW.state <> 'draft' AND NEW.id IS OLD.id AND NEW.account_id IS OLD.account_id
    AND NEW.patient_id IS OLD.patient_id AND NEW.clinic_id IS OLD.clinic_id AND NEW.number IS OLD.number AND NEW.insurer_id IS OLD.insurer_id
    AND NEW.total IS OLD.total AND NEW.insurer_share IS OLD.insurer_share AND NEW.patient_share IS OLD.patient_share
    AND NEW.lines_total IS OLD.lines_total AND NEW.shares_total IS OLD.shares_total AND NEW.issued_at IS OLD.issued_at
    AND NEW.issued_by IS OLD.issued_by AND NEW.credited >= OLD.credited)
BEGIN
    SELECT RAISE(ABORT, 'invoices_frozen');
END;
CREATE TRIGGER invoices_begin_as_drafts BEFORE INSERT ON invoices
WHEN NEW.state <> 'draft' OR NEW.lines_total <> 0 OR NEW.shares_total <> 0 OR NEW.credited <> 0 OR NEW.paid <> 0 OR NEW.patient_due <> 0
BEGIN
    SELECT RAISE(ABORT, 'invoices_begin_as_drafts');
END;
CREATE TRIGGER invoices_kept BEFORE DELETE ON invoices
BEGIN
    SELECT RAISE(ABORT, 'invoices_frozen');
END;
CREATE TRIGGER invoice_lines_before_issue BEFORE INSERT ON invoice_lines
WHEN NEW.credited <> 0 OR NEW.released_at IS NOT NULL OR (SELECT state FROM invoices WHERE id = NEW.invoice_id) IS NOT 'draft'
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_before_issue');
END;
CREATE TRIGGER invoice_lines_added AFTER INSERT ON invoice_lines
BEGIN
    UPDATE invoices SET lines_total = lines_total + NEW.total WHERE id = NEW.invoice_id;
    UPDATE invoice_lines SET department_id = (SELECT c.department_id FROM charges c WHERE c.id = NEW.charge_id) WHERE id = NEW.id;
END;
-- A line is frozen: a credit note raises what is credited, and releases the charge.
CREATE TRIGGER invoice_lines_frozen BEFORE UPDATE ON invoice_lines
WHEN NOT (NEW.id IS OLD.id AND NEW.invoice_id IS OLD.invoice_id AND NEW.charge_id IS OLD.charge_id AND NEW.position IS OLD.position
    AND NEW.description IS OLD.description AND NEW.quantity_milli IS OLD.quantity_milli AND NEW.unit_price IS OLD.unit_price
    AND NEW.per IS OLD.per AND NEW.gross IS OLD.gross AND NEW.discount IS OLD.discount AND NEW.net IS OLD.net AND NEW.rate_bp IS OLD.rate_bp
    AND NEW.tax IS OLD.tax AND NEW.tax_included IS OLD.tax_included AND NEW.total IS OLD.total AND NEW.insurer_share IS OLD.insurer_share AND NEW.patient_share IS OLD.patient_share
    AND NEW.credited >= OLD.credited AND (OLD.released_at IS NULL OR NEW.released_at IS OLD.released_at)
    AND (OLD.department_id IS NULL OR NEW.department_id IS OLD.department_id))
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_frozen');
END;
CREATE TRIGGER invoice_lines_kept BEFORE DELETE ON invoice_lines
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_frozen');
END;
CREATE TRIGGER invoice_shares_before_issue BEFORE INSERT ON invoice_shares
WHEN NEW.credited <> 0 OR NEW.settled <> 0 OR NEW.written_off <> 0 OR (SELECT state FROM invoices WHERE id = NEW.invoice_id) IS NOT 'draft'
BEGIN
    SELECT RAISE(ABORT, 'invoice_shares_before_issue');
END;
CREATE TRIGGER invoice_shares_added AFTER INSERT ON invoice_shares
BEGIN
    UPDATE invoices SET shares_total = shares_total + NEW.amount WHERE id = NEW.invoice_id;
END;
CREATE TRIGGER invoice_shares_frozen BEFORE UPDATE ON invoice_shares
WHEN NOT (NEW.id IS OLD.id AND NEW.invoice_id IS OLD.invoice_id AND NEW.rank IS OLD.rank AND NEW.debtor IS OLD.debtor
    AND NEW.insurer_id IS OLD.insurer_id AND NEW.amount + NEW.credited = OLD.amount + OLD.credited AND NEW.credited >= OLD.credited)
BEGIN
    SELECT RAISE(ABORT, 'invoice_shares_frozen');
END;
CREATE TRIGGER invoice_shares_kept BEFORE DELETE ON invoice_shares
BEGIN
    SELECT RAISE(ABORT, 'invoice_shares_frozen');
END;

-- The state of an invoice follows its shares.
CREATE TRIGGER invoices_issued AFTER UPDATE OF state ON invoices
WHEN OLD.state = 'draft' AND NEW.state <> 'draft'
BEGIN
    UPDATE invoices SET
        patient_due = (SELECT coalesce(sum(s.amount), 0) FROM invoice_shares s WHERE s.invoice_id = NEW.id AND s.debtor = 'patient'),
        state = CASE WHEN total = 0 THEN 'paid' ELSE 'issued' END
    WHERE id = NEW.id;
END;
CREATE TRIGGER invoices_follow_shares AFTER UPDATE OF amount, settled, written_off ON invoice_shares
BEGIN
    UPDATE invoices SET
        paid = (SELECT coalesce(sum(s.settled), 0) FROM invoice_shares s WHERE s.invoice_id = NEW.invoice_id AND s.debtor = 'patient'),
        patient_due = (SELECT coalesce(sum(s.amount - s.settled - s.written_off), 0) FROM invoice_shares s
            WHERE s.invoice_id = NEW.invoice_id AND s.debtor = 'patient'),
        state = CASE WHEN credited = total AND total > 0 THEN 'cancelled'
            WHEN (SELECT sum(s.amount - s.settled - s.written_off) FROM invoice_shares s WHERE s.invoice_id = NEW.invoice_id) = 0 THEN 'paid'
            WHEN (SELECT sum(s.settled + s.written_off) FROM invoice_shares s WHERE s.invoice_id = NEW.invoice_id) > 0 THEN 'part_paid'
            ELSE 'issued' END,
        updated_at = NEW.changed_at, version = version + 1
    WHERE id = NEW.invoice_id AND state <> 'draft';
END;
CREATE TRIGGER charges_follow_invoices AFTER UPDATE OF state ON invoices
WHEN (NEW.state = 'paid') <> (OLD.state = 'paid')
BEGIN
    UPDATE charges SET state = CASE WHEN NEW.state = 'paid' THEN 'paid' ELSE 'billed' END, updated_at = NEW.updated_at, version = version + 1
    WHERE state IN ('billed', 'paid') AND id IN (SELECT l.charge_id FROM invoice_lines l WHERE l.invoice_id = NEW.id AND l.released_at IS NULL);
END;
-- A charge leaves its invoice only when a credit note released the line.
CREATE TRIGGER charges_released BEFORE UPDATE OF state ON charges
WHEN OLD.state IN ('billed', 'paid') AND NEW.state NOT IN ('billed', 'paid')
    AND EXISTS (SELECT 1 FROM invoice_lines l WHERE l.charge_id = OLD.id AND l.released_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'charges_released');
END;

CREATE TRIGGER payments_in_shift BEFORE INSERT ON payments
WHEN NOT EXISTS (SELECT 1 FROM till_shifts s WHERE s.id = NEW.shift_id AND s.state = 'open' AND s.cashier_id = NEW.taken_by
    AND s.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'till_shift_not_open');
END;
CREATE TRIGGER payments_shift_kept BEFORE UPDATE OF shift_id ON payments
WHEN NEW.shift_id IS NOT OLD.shift_id
BEGIN
    SELECT RAISE(ABORT, 'payments_shift_kept');
END;
CREATE TRIGGER payments_frozen BEFORE UPDATE ON payments
WHEN NOT (NEW.id IS OLD.id AND NEW.patient_id IS OLD.patient_id AND NEW.clinic_id IS OLD.clinic_id AND NEW.amount IS OLD.amount
    AND NEW.rounding IS OLD.rounding AND NEW.tendered IS OLD.tendered AND NEW.change_given IS OLD.change_given
    AND NEW.deposited IS OLD.deposited AND NEW.receipt_number IS OLD.receipt_number AND NEW.idempotency_key IS OLD.idempotency_key
    AND NEW.taken_at IS OLD.taken_at AND NEW.taken_by IS OLD.taken_by)
BEGIN
    SELECT RAISE(ABORT, 'payments_frozen');
END;
CREATE TRIGGER payments_kept BEFORE DELETE ON payments
BEGIN
    SELECT RAISE(ABORT, 'payments_frozen');
END;
CREATE TRIGGER payment_tenders_frozen BEFORE UPDATE ON payment_tenders
BEGIN
    SELECT RAISE(ABORT, 'payment_tenders_frozen');
END;
CREATE TRIGGER payment_tenders_kept BEFORE DELETE ON payment_tenders
BEGIN
    SELECT RAISE(ABORT, 'payment_tenders_frozen');
END;
CREATE TRIGGER allocations_of_patient BEFORE INSERT ON allocations
WHEN NEW.reversed <> 0 OR NOT EXISTS (SELECT 1 FROM payments p JOIN invoice_shares s ON s.id = NEW.share_id
    JOIN invoices i ON i.id = s.invoice_id AND i.patient_id = p.patient_id AND i.state <> 'draft' WHERE p.id = NEW.payment_id)
BEGIN
    SELECT RAISE(ABORT, 'allocations_of_patient');
END;
CREATE TRIGGER allocations_added AFTER INSERT ON allocations
BEGIN
    UPDATE payments SET allocated = allocated + NEW.amount WHERE id = NEW.payment_id;
    UPDATE invoice_shares SET settled = settled + NEW.amount, changed_at = NEW.changed_at WHERE id = NEW.share_id;
END;
CREATE TRIGGER allocations_frozen BEFORE UPDATE ON allocations
WHEN NOT (NEW.id IS OLD.id AND NEW.payment_id IS OLD.payment_id AND NEW.share_id IS OLD.share_id AND NEW.amount IS OLD.amount
    AND NEW.from_deposit IS OLD.from_deposit AND NEW.made_at IS OLD.made_at AND NEW.made_by IS OLD.made_by AND NEW.reversed >= OLD.reversed)
BEGIN
    SELECT RAISE(ABORT, 'allocations_frozen');
END;
CREATE TRIGGER allocations_reversed AFTER UPDATE OF reversed ON allocations
BEGIN
    UPDATE payments SET allocated = allocated - (NEW.reversed - OLD.reversed) WHERE id = NEW.payment_id;
    UPDATE invoice_shares SET settled = settled - (NEW.reversed - OLD.reversed), changed_at = NEW.changed_at WHERE id = NEW.share_id;
END;
CREATE TRIGGER allocations_kept BEFORE DELETE ON allocations
BEGIN
    SELECT RAISE(ABORT, 'allocations_frozen');
END;
