-- The ledger: double entry. A transfer names one account that is debited and one that is credited, so that the sums of both sides are
-- always the same. Documents of several parts pass the clearing account, which is 0 when the entry is sealed. Nothing is changed; what
-- was wrong gets a counter transfer.
CREATE TABLE ledger_accounts (
    id       BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind     TEXT NOT NULL CHECK (kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                 'over_short', 'sundry')),
    -- The patient, insurer, shift, clinic, department or cashier; zero for an account of the whole hospital.
    owner_id UUID NOT NULL,
    CONSTRAINT ledger_accounts_one UNIQUE (kind, owner_id)
);

-- Months. A month is open until somebody begins to close it.
CREATE TABLE ledger_periods (
    starts_on       DATE PRIMARY KEY NOT NULL,
    state           TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'closing', 'closed')),
    closing_at      TIMESTAMPTZ,
    closing_by      UUID REFERENCES users (id),
    closed_at       TIMESTAMPTZ,
    closed_by       UUID REFERENCES users (id),
    -- Reopening takes two people: one asks, another does it.
    reopen_asked_by UUID REFERENCES users (id),
    reopened_at     TIMESTAMPTZ,
    reopened_by     UUID REFERENCES users (id),
    CONSTRAINT ledger_periods_steps CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
        AND (state = 'open' OR closing_at IS NOT NULL)),
    CONSTRAINT ledger_periods_second_person CHECK (reopened_by IS NULL OR reopen_asked_by IS NULL OR reopened_by <> reopen_asked_by)
);

CREATE TABLE ledger_entries (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The kind of the posting, and its document: posted once.
    kind      TEXT NOT NULL CHECK (kind IN ('invoice', 'payment', 'float', 'cash_move', 'cash_received', 'cash_withdrawn', 'shift_closed')),
    document  UUID NOT NULL,
    clinic_id UUID NOT NULL REFERENCES clinics (id),
    -- The clinic's day on which it was posted.
    day       DATE NOT NULL,
    posted_at TIMESTAMPTZ NOT NULL,
    posted_by UUID NOT NULL REFERENCES users (id),
    sealed    BOOLEAN NOT NULL DEFAULT FALSE,
    CONSTRAINT ledger_entries_once UNIQUE (document, kind)
);
CREATE INDEX ledger_entries_by_day ON ledger_entries (day, clinic_id);
CREATE INDEX ledger_entries_unsealed ON ledger_entries (id) WHERE NOT sealed;

CREATE TABLE ledger_transfers (
    id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    entry_id  BIGINT NOT NULL REFERENCES ledger_entries (id),
    debit_id  BIGINT NOT NULL REFERENCES ledger_accounts (id),
    credit_id BIGINT NOT NULL REFERENCES ledger_accounts (id),
    amount    BIGINT NOT NULL CONSTRAINT ledger_transfers_amount CHECK (amount > 0),
    CONSTRAINT ledger_transfers_two_sides CHECK (debit_id <> credit_id)
);
CREATE INDEX ledger_transfers_by_entry ON ledger_transfers (entry_id);
CREATE INDEX ledger_transfers_by_debit ON ledger_transfers (debit_id, entry_id);
CREATE INDEX ledger_transfers_by_credit ON ledger_transfers (credit_id, entry_id);

-- The accounts of patients and insurers line by line, with the balance after each. A line needs the one before it.
CREATE TABLE account_entries (
    account_id    BIGINT NOT NULL REFERENCES ledger_accounts (id),
    seq           BIGINT NOT NULL CHECK (seq >= 1),
    prev          BIGINT GENERATED ALWAYS AS (NULLIF(seq - 1, 0)) STORED,
    transfer_id   BIGINT NOT NULL REFERENCES ledger_transfers (id),
    debit         BIGINT NOT NULL CHECK (debit >= 0),
    credit        BIGINT NOT NULL CHECK (credit >= 0),
    balance_after BIGINT NOT NULL,
    PRIMARY KEY (account_id, seq),
    CONSTRAINT account_entries_once UNIQUE (transfer_id, account_id),
    CONSTRAINT account_entries_one_side CHECK ((debit = 0) <> (credit = 0)),
    FOREIGN KEY (account_id, prev) REFERENCES account_entries (account_id, seq)
);
CREATE INDEX account_entries_by_previous ON account_entries (account_id, prev);

-- The postings of each document: the one definition, by which documents are posted and by which they are checked.
CREATE VIEW ledger_postings AS
SELECT i.id AS document, 'invoice'::text AS kind, i.clinic_id, i.issued_at AS at, i.issued_by AS by_user, 'patient'::text AS debit_kind, i.patient_id AS debit_owner,
    'clearing'::text AS credit_kind, '00000000-0000-0000-0000-000000000000'::uuid AS credit_owner, i.patient_share AS amount
FROM invoices i WHERE i.number IS NOT NULL AND i.patient_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'insurer', coalesce(i.insurer_id, '00000000-0000-0000-0000-000000000000'::uuid), 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, i.insurer_share
FROM invoices i WHERE i.number IS NOT NULL AND i.insurer_share > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'revenue', coalesce(c.department_id, '00000000-0000-0000-0000-000000000000'::uuid), l.net
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id JOIN charges c ON c.id = l.charge_id WHERE i.number IS NOT NULL AND l.net > 0
UNION ALL SELECT i.id, 'invoice', i.clinic_id, i.issued_at, i.issued_by, 'clearing', '00000000-0000-0000-0000-000000000000'::uuid, 'tax', '00000000-0000-0000-0000-000000000000'::uuid, l.tax
FROM invoices i JOIN invoice_lines l ON l.invoice_id = i.id WHERE i.number IS NOT NULL AND l.tax > 0
UNION ALL SELECT p.id, 'payment', p.clinic_id, p.taken_at, p.taken_by, CASE p.method WHEN 'cash' THEN 'till' WHEN 'card' THEN 'card' ELSE 'bank' END,
    CASE p.method WHEN 'cash' THEN coalesce(p.shift_id, '00000000-0000-0000-0000-000000000000'::uuid) ELSE p.clinic_id END, 'patient', p.patient_id, p.amount
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

CREATE TRIGGER ledger_accounts_kept BEFORE UPDATE OR DELETE ON ledger_accounts FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_kept');
-- A posting holds its month's row with FOR SHARE until its transaction ends; closing updates that row.
CREATE FUNCTION ledger_entries_in_period() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO ledger_periods (starts_on) VALUES (date_trunc('month', NEW.day)::date) ON CONFLICT DO NOTHING;
    PERFORM 1 FROM ledger_periods WHERE starts_on = date_trunc('month', NEW.day)::date AND state = 'open' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('ledger_period_closed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_in_period BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_entries_in_period();
CREATE FUNCTION ledger_entries_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT ((NEW.id, NEW.kind, NEW.document, NEW.clinic_id, NEW.day, NEW.posted_at, NEW.posted_by)
            IS NOT DISTINCT FROM (OLD.id, OLD.kind, OLD.document, OLD.clinic_id, OLD.day, OLD.posted_at, OLD.posted_by)
        AND NOT OLD.sealed AND NEW.sealed) THEN
        PERFORM refuse('ledger_kept');
    END IF;
    IF (SELECT coalesce(sum(CASE WHEN d.kind = 'clearing' THEN t.amount ELSE 0 END - CASE WHEN c.kind = 'clearing' THEN t.amount ELSE 0 END), 0)
        FROM ledger_transfers t JOIN ledger_accounts d ON d.id = t.debit_id JOIN ledger_accounts c ON c.id = t.credit_id
        WHERE t.entry_id = NEW.id) <> 0 THEN
        PERFORM refuse('ledger_entry_not_cleared');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_kept BEFORE UPDATE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_entries_kept();
CREATE TRIGGER ledger_entries_kept_delete BEFORE DELETE ON ledger_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_kept');
CREATE FUNCTION ledger_transfers_unsealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM ledger_entries e WHERE e.id = NEW.entry_id AND NOT e.sealed FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('ledger_entry_sealed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_transfers_unsealed BEFORE INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_transfers_unsealed();
CREATE TRIGGER ledger_transfers_kept BEFORE UPDATE OR DELETE ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_kept');
CREATE FUNCTION ledger_transfers_account_entries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    account ledger_accounts%ROWTYPE;
    last account_entries%ROWTYPE;
BEGIN
    FOR account IN SELECT * FROM ledger_accounts a WHERE a.id IN (NEW.debit_id, NEW.credit_id) AND a.kind IN ('patient', 'insurer')
        ORDER BY a.kind DESC, a.id LOOP
        -- Transfers of one account take turns.
        PERFORM 1 FROM ledger_accounts a WHERE a.id = account.id FOR NO KEY UPDATE;
        SELECT * INTO last FROM account_entries e WHERE e.account_id = account.id ORDER BY e.seq DESC LIMIT 1;
        INSERT INTO account_entries (account_id, seq, transfer_id, debit, credit, balance_after)
        VALUES (account.id, coalesce(last.seq, 0) + 1, NEW.id, CASE WHEN account.id = NEW.debit_id THEN NEW.amount ELSE 0 END,
            CASE WHEN account.id = NEW.credit_id THEN NEW.amount ELSE 0 END,
            coalesce(last.balance_after, 0) + CASE WHEN account.id = NEW.debit_id THEN NEW.amount ELSE -NEW.amount END);
    END LOOP;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_transfers_account_entries AFTER INSERT ON ledger_transfers FOR EACH ROW EXECUTE FUNCTION ledger_transfers_account_entries();
CREATE FUNCTION account_entries_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.balance_after <> NEW.debit - NEW.credit
            + coalesce((SELECT p.balance_after FROM account_entries p WHERE p.account_id = NEW.account_id AND p.seq = NEW.seq - 1), 0)
        OR NOT EXISTS (SELECT 1 FROM ledger_transfers t WHERE t.id = NEW.transfer_id
            AND ((NEW.debit = t.amount AND t.debit_id = NEW.account_id) OR (NEW.credit = t.amount AND t.credit_id = NEW.account_id))) THEN
        PERFORM refuse('account_entries_balance');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER account_entries_balance BEFORE INSERT ON account_entries FOR EACH ROW EXECUTE FUNCTION account_entries_balance();
CREATE TRIGGER account_entries_kept BEFORE UPDATE OR DELETE ON account_entries FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_kept');
CREATE FUNCTION ledger_periods_step() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (NEW.starts_on = OLD.starts_on AND (NEW.state = OLD.state
        OR (OLD.state = 'open' AND NEW.state = 'closing') OR (OLD.state = 'closing' AND NEW.state IN ('closed', 'open'))
        OR (OLD.state = 'closed' AND NEW.state = 'open' AND OLD.reopen_asked_by IS NOT NULL AND NEW.reopened_by IS NOT NULL
            AND NEW.reopened_by <> OLD.reopen_asked_by
            AND NOT EXISTS (SELECT 1 FROM ledger_periods l WHERE l.starts_on > OLD.starts_on AND l.state <> 'open')))) THEN
        PERFORM refuse('ledger_period_step');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_periods_step BEFORE UPDATE ON ledger_periods FOR EACH ROW EXECUTE FUNCTION ledger_periods_step();
CREATE TRIGGER ledger_periods_kept BEFORE DELETE ON ledger_periods FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_period_step');
-- Rows are locked before they are read, for which PostgreSQL asks for UPDATE of one column; the triggers refuse every change.
REVOKE UPDATE, DELETE, TRUNCATE ON ledger_accounts, ledger_entries, ledger_transfers, account_entries FROM infirmary_app;
GRANT UPDATE (sealed) ON ledger_entries TO infirmary_app;
GRANT UPDATE (kind) ON ledger_accounts TO infirmary_app;
REVOKE DELETE, TRUNCATE ON ledger_periods FROM infirmary_app;

-- Invoices and payments from before the ledger are posted here, in the transaction of this migration, so that no program ever runs on a
-- database where some documents are posted and others are not. Each posts on the day it was made.
INSERT INTO ledger_accounts (kind, owner_id)
SELECT debit_kind, debit_owner FROM ledger_postings UNION SELECT credit_kind, credit_owner FROM ledger_postings;
INSERT INTO ledger_entries (kind, document, clinic_id, day, posted_at, posted_by)
SELECT kind, document, clinic_id, (at AT TIME ZONE (SELECT k.time_zone FROM clinics k WHERE k.id = p.clinic_id))::date, at, by_user FROM (SELECT DISTINCT kind, document, clinic_id, at, by_user FROM ledger_postings) AS p
ORDER BY at, kind, document;
INSERT INTO ledger_transfers (entry_id, debit_id, credit_id, amount)
SELECT e.id, d.id, c.id, p.amount FROM ledger_postings p JOIN ledger_entries e ON e.document = p.document AND e.kind = p.kind
JOIN ledger_accounts d ON d.kind = p.debit_kind AND d.owner_id = p.debit_owner
JOIN ledger_accounts c ON c.kind = p.credit_kind AND c.owner_id = p.credit_owner ORDER BY e.id, p.debit_kind DESC;
UPDATE ledger_entries SET sealed = TRUE;
