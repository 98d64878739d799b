-- The ledger: double entry. A transfer names one account that is debited and one that is credited, so that the sums of both sides are
-- always the same. Documents of several parts pass the clearing account, which is 0 when the entry is sealed. Nothing is changed; what
-- was wrong gets a counter transfer.
CREATE TABLE ledger_accounts (
    id       INTEGER PRIMARY KEY NOT NULL,
    kind     TEXT NOT NULL CHECK (kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                 'over_short', 'sundry')),
    -- The patient, insurer, shift, clinic, department or cashier; zero for an account of the whole hospital.
    owner_id BLOB NOT NULL,
    CONSTRAINT ledger_accounts_one UNIQUE (kind, owner_id)
) STRICT;

-- Months. A month is open until somebody begins to close it.
CREATE TABLE ledger_periods (
    starts_on       TEXT PRIMARY KEY NOT NULL,
    state           TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed')),
    closing_at      TEXT,
    closing_by      BLOB REFERENCES users (id),
    closed_at       TEXT,
    closed_by       BLOB REFERENCES users (id),
    -- Reopening takes two people: one asks, another does it.
    reopen_asked_by BLOB REFERENCES users (id),
    reopened_at     TEXT,
    reopened_by     BLOB REFERENCES users (id),
    CONSTRAINT ledger_periods_steps CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
        AND (state = 'open' OR closing_at IS NOT NULL)),
    CONSTRAINT ledger_periods_second_person CHECK (reopened_by IS NULL OR reopen_asked_by IS NULL OR reopened_by <> reopen_asked_by)
) STRICT;

CREATE TABLE ledger_entries (
    id        INTEGER PRIMARY KEY NOT NULL,
    -- The kind of the posting, and its document: posted once.
    kind      TEXT NOT NULL CHECK (kind IN ('invoice', 'payment', 'float', 'cash_move', 'cash_received', 'cash_withdrawn', 'shift_closed')),
    document  BLOB NOT NULL,
    clinic_id BLOB NOT NULL REFERENCES clinics (id),
    -- The clinic's day on which it was posted.
    day       TEXT NOT NULL,
    posted_at TEXT NOT NULL,
    posted_by BLOB NOT NULL REFERENCES users (id),
    sealed    INTEGER NOT NULL DEFAULT FALSE CHECK (sealed IN (0, 1)),
    CONSTRAINT ledger_entries_once UNIQUE (document, kind)
) STRICT;
CREATE INDEX ledger_entries_by_day ON ledger_entries (day, clinic_id);
CREATE INDEX ledger_entries_unsealed ON ledger_entries (id) WHERE NOT sealed;

CREATE TABLE ledger_transfers (
    id        INTEGER PRIMARY KEY NOT NULL,
    entry_id  INTEGER NOT NULL REFERENCES ledger_entries (id),
    debit_id  INTEGER NOT NULL REFERENCES ledger_accounts (id),
    credit_id INTEGER NOT NULL REFERENCES ledger_accounts (id),
    amount    INTEGER NOT NULL CONSTRAINT ledger_transfers_amount CHECK (amount > 0),
    CONSTRAINT ledger_transfers_two_sides CHECK (debit_id <> credit_id)
) STRICT;
CREATE INDEX ledger_transfers_by_entry ON ledger_transfers (entry_id);
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (debit_id, entry_id);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (credit_id, entry_id);

-- The accounts of patients and insurers line by line, with the balance after each. A line needs the one before it.
CREATE TABLE account_entries (
    account_id    INTEGER NOT NULL REFERENCES ledger_accounts (id),
    seq           INTEGER NOT NULL CHECK (seq >= 1),
    prev          INTEGER GENERATED ALWAYS AS (NULLIF(seq - 1, 0)) STORED,
    transfer_id   INTEGER NOT NULL REFERENCES ledger_transfers (id),
    debit         INTEGER NOT NULL CHECK (debit >= 0),
    credit        INTEGER NOT NULL CHECK (credit >= 0),
    balance_after INTEGER NOT NULL,
    PRIMARY KEY (account_id, seq),
    CONSTRAINT account_entries_once UNIQUE (transfer_id, account_id),
    CONSTRAINT account_entries_one_side CHECK ((debit = 0) <> (credit = 0)),
    FOREIGN KEY (account_id, prev) REFERENCES account_entries (account_id, seq)
) STRICT;
CREATE INDEX account_entries_by_previous ON account_entries (account_id, prev);

-- The postings of each document: the one definition, by which documents are posted and by which they are checked.
CREATE VIEW ledger_postings AS
SELECT i.id AS document, 'invoice' AS kind, i.clinic_id, i.issued_at AS at, i.issued_by AS by_user, 'patient' AS debit_kind, i.patient_id AS debit_owner,
    'clearing' AS credit_kind, x'00000000000000000000000000000000' AS credit_owner, i.patient_share AS amount
FROM invoices i WHERE i.number IS NOT NULL AND i.patient_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'insurer', coalesce(i.insurer_id, x'00000000000000000000000000000000'), 'clearing', x'00000000000000000000000000000000', i.insurer_share
FROM invoices i WHERE i.number IS NOT NULL AND i.insurer_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', x'00000000000000000000000000000000', 'revenue', coalesce(c.department_id, x'00000000000000000000000000000000'), l.net
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id JOIN charges c ON c.id = l.charge_id WHERE i.number IS NOT NULL AND l.net > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', x'00000000000000000000000000000000', 'tax', x'00000000000000000000000000000000', l.tax
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.number IS NOT NULL AND l.tax > 0
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, CASE p.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' ELSE 'bank' END,
    CASE p.method WHEN 'cash' THEN coalesce(p.shift_id, x'00000000000000000000000000000000') ELSE p.clinic_id END, 'patient', p.patient_id, p.amount
FROM payments p
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
UNION ALL SELECT s.id, 'shift_closed', s.clinic_id, s.closed_at, s.closed_by, CASE r.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' ELSE 'bank' END,
    CASE r.method WHEN 'cash' THEN s.id ELSE s.clinic_id END, 'over_short', s.cashier_id, r.difference
FROM till_shifts s JOIN till_results r ON r.shift_id = s.id AND (r.moment = 'receive' OR r.method <> 'cash') WHERE s.state = 'closed' AND r.difference > 0
UNION ALL SELECT s.id, 'shift_closed', s.clinic_id, s.closed_at, s.closed_by, 'over_short', s.cashier_id,
    CASE r.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' ELSE 'bank' END, CASE r.method WHEN 'cash' THEN s.id ELSE s.clinic_id END, -r.difference
FROM till_shifts s JOIN till_results r ON r.shift_id = s.id AND (r.moment = 'receive' OR r.method <> 'cash') WHERE s.state = 'closed' AND r.difference < 0;

CREATE TRIGGER ledger_accounts_kept BEFORE UPDATE ON ledger_accounts
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_accounts_kept_delete BEFORE DELETE ON ledger_accounts
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_entries_in_period BEFORE INSERT ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger_period_closed') WHERE EXISTS (SELECT 1 FROM ledger_periods
        WHERE starts_on = date(NEW.day, 'start of month') AND state <> 'open');
    INSERT INTO ledger_periods (starts_on) VALUES (date(NEW.day, 'start of month')) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER ledger_entries_kept BEFORE UPDATE ON ledger_entries
WHEN NOT (NEW.id IS OLD.id AND NEW.kind IS OLD.kind AND NEW.document IS OLD.document AND NEW.clinic_id IS OLD.clinic_id AND NEW.day IS OLD.day
    AND NEW.posted_at IS OLD.posted_at AND NEW.posted_by IS OLD.posted_by AND OLD.sealed = FALSE AND NEW.sealed = TRUE)
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_entries_cleared BEFORE UPDATE ON ledger_entries
WHEN NEW.sealed AND (SELECT coalesce(sum(CASE WHEN d.kind = 'clearing' THEN t.amount ELSE 0 END - CASE WHEN c.kind = 'clearing' THEN t.amount ELSE 0 END), 0)
    FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit_id JOIN ledger_accounts c ON c.id = t.credit_id WHERE t.entry_id = NEW.id) <> 0
BEGIN
    SELECT RAISE(ABORT, 'ledger_entry_not_cleared');
END;
CREATE TRIGGER ledger_entries_kept_delete BEFORE DELETE ON ledger_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_transfers_unsealed BEFORE INSERT ON ledger_transfers
WHEN NOT EXISTS (SELECT 1 FROM ledger_entries e WHERE e.id = NEW.entry_id AND NOT e.sealed)
BEGIN
    SELECT RAISE(ABORT, 'ledger_entry_sealed');
END;
CREATE TRIGGER ledger_transfers_kept BEFORE UPDATE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_transfers_kept_delete BEFORE DELETE ON ledger_transfers
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_transfers_account_entries AFTER INSERT ON ledger_transfers
BEGIN
    INSERT INTO account_entries (account_id, seq, transfer_id, debit, credit, balance_after)
    SELECT a.id, coalesce(l.seq, 0) + 1, NEW.id, NEW.amount, 0, coalesce(l.balance_after, 0) + NEW.amount
    FROM ledger_accounts a LEFT JOIN account_entries l ON l.account_id = a.id
        AND l.seq = (SELECT max(m.seq) FROM account_entries m WHERE m.account_id = a.id)
    WHERE a.id = NEW.debit_id AND a.kind IN ('patient', 'insurer');
    INSERT INTO account_entries (account_id, seq, transfer_id, debit, credit, balance_after)
    SELECT a.id, coalesce(l.seq, 0) + 1, NEW.id, 0, NEW.amount, coalesce(l.balance_after, 0) - NEW.amount
    FROM ledger_accounts a LEFT JOIN account_entries l ON l.account_id = a.id
        AND l.seq = (SELECT max(m.seq) FROM account_entries m WHERE m.account_id = a.id)
    WHERE a.id = NEW.credit_id AND a.kind IN ('patient', 'insurer');
END;
CREATE TRIGGER account_entries_balance BEFORE INSERT ON account_entries
WHEN NEW.balance_after <> NEW.debit - NEW.credit
        + coalesce((SELECT p.balance_after FROM account_entries p WHERE p.account_id = NEW.account_id AND p.seq = NEW.seq - 1), 0)
    OR NOT EXISTS (SELECT 1 FROM ledger_transfers t WHERE t.id = NEW.transfer_id
        AND ((NEW.debit = t.amount AND t.debit_id = NEW.account_id) OR (NEW.credit = t.amount AND t.credit_id = NEW.account_id)))
BEGIN
    SELECT RAISE(ABORT, 'account_entries_balance');
END;
CREATE TRIGGER account_entries_kept BEFORE UPDATE ON account_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER account_entries_kept_delete BEFORE DELETE ON account_entries
BEGIN
    SELECT RAISE(ABORT, 'ledger_kept');
END;
CREATE TRIGGER ledger_periods_step BEFORE UPDATE ON ledger_periods
WHEN NOT (NEW.starts_on IS OLD.starts_on AND (NEW.state = OLD.state
    OR (OLD.state = 'open' AND NEW.state = 'closing') OR (OLD.state = 'closing' AND NEW.state IN ('closed', 'open'))
    OR (OLD.state = 'closed' AND NEW.state = 'open' AND OLD.reopen_asked_by IS NOT NULL AND NEW.reopened_by IS NOT NULL
        AND NEW.reopened_by <> OLD.reopen_asked_by
        AND NOT EXISTS (SELECT 1 FROM ledger_periods l WHERE l.starts_on > OLD.starts_on AND l.state <> 'open'))))
BEGIN
    SELECT RAISE(ABORT, 'ledger_period_step');
END;
CREATE TRIGGER ledger_periods_kept BEFORE DELETE ON ledger_periods
BEGIN
    SELECT RAISE(ABORT, 'ledger_period_step');
END;

-- Invoices and payments from before the ledger are posted here, in the transaction of this migration, so that no program ever runs on a
-- database where some documents are posted and others are not. Each posts on the day it was made.
INSERT INTO ledger_accounts (kind, owner_id)
SELECT debit_kind, debit_owner FROM ledger_postings UNION SELECT credit_kind, credit_owner FROM ledger_postings;
INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
SELECT kind, document, clinic_id, substr(at, 1, 10), at, by_user FROM (SELECT DISTINCT kind, document, clinic_id, at, by_user FROM ledger_postings) AS p
ORDER BY at, kind, document;
INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount)
SELECT e.id, d.id, c.id, p.amount FROM ledger_postings p JOIN ledger_entries e ON e.document = p.document AND e.kind = p.kind
JOIN ledger_accounts d ON d.kind = p.debit_kind AND d.owner_id = p.debit_owner
JOIN ledger_accounts c ON c.kind = p.credit_kind AND c.owner_id = p.credit_owner ORDER BY e.id, p.debit_kind DESC;
UPDATE ledger_entries SET sealed = TRUE;
