-- The sums of a month while it is closed: the amounts of a clinic's transfers between two kinds of account. The trial balance and the cash
-- book read these rows instead of the transfers of all time. The database alone writes them, when the month closes, and takes them back
-- when two people open it again; each row has both sides, so that debits are credits.
CREATE TABLE ledger_sums (
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    starts_on   TEXT NOT NULL REFERENCES ledger_periods (starts_on),
    debit_kind  TEXT NOT NULL CHECK (debit_kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                    'over_short', 'sundry', 'deposit', 'rounding', 'write_off')),
    credit_kind TEXT NOT NULL CHECK (credit_kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                    'over_short', 'sundry', 'deposit', 'rounding', 'write_off')),
    amount      INTEGER NOT NULL CONSTRAINT ledger_sums_amount CHECK (amount > 0),
    PRIMARY KEY (clinic_id, starts_on, debit_kind, credit_kind)
) STRICT;
CREATE INDEX ledger_sums_by_month ON ledger_sums (starts_on);

-- Each transfer with its clinic, its day and the kinds of its accounts: the one definition of the sums.
CREATE VIEW ledger_movements AS
SELECT e.clinic_id, e.day, d.kind AS debit_kind, c.kind AS credit_kind, t.amount
FROM ledger_entries e JOIN ledger_transfers t ON t.entry_id = e.id JOIN ledger_accounts d ON d.id = t.debit_id
JOIN ledger_accounts c ON c.id = t.credit_id;

-- The months that were closed before this migration.
INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount)
SELECT m.clinic_id, p.starts_on, m.debit_kind, m.credit_kind, sum(m.amount)
FROM ledger_periods p JOIN ledger_movements m ON m.day >= p.starts_on AND m.day < date(p.starts_on, '+1 month')
WHERE p.state = 'closed' GROUP BY m.clinic_id, p.starts_on, m.debit_kind, m.credit_kind;

CREATE TRIGGER ledger_sums_closing BEFORE INSERT ON ledger_sums
WHEN NOT EXISTS (SELECT 1 FROM ledger_periods p WHERE p.starts_on = NEW.starts_on AND p.state = 'closing')
BEGIN
    SELECT RAISE(ABORT, 'ledger_sums_closing');
END;
CREATE TRIGGER ledger_sums_kept BEFORE UPDATE ON ledger_sums
BEGIN
    SELECT RAISE(ABORT, 'ledger_sums_kept');
END;
CREATE TRIGGER ledger_sums_kept_delete BEFORE DELETE ON ledger_sums
WHEN EXISTS (SELECT 1 FROM ledger_periods p WHERE p.starts_on = OLD.starts_on AND p.state <> 'open')
BEGIN
    SELECT RAISE(ABORT, 'ledger_sums_kept');
END;
-- The sums are complete: an entry that is not sealed keeps its month from closing, and rows that somebody else wrote do too.
CREATE TRIGGER ledger_periods_summed BEFORE UPDATE ON ledger_periods WHEN OLD.state = 'closing' AND NEW.state = 'closed'
BEGIN
    SELECT RAISE(ABORT, 'ledger_period_unsealed') WHERE EXISTS (SELECT 1 FROM ledger_entries e
        WHERE NOT e.sealed AND e.day >= OLD.starts_on AND e.day < date(OLD.starts_on, '+1 month'));
    SELECT RAISE(ABORT, 'ledger_sums_closing') WHERE EXISTS (SELECT 1 FROM ledger_sums s WHERE s.starts_on = OLD.starts_on);
    INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount)
    SELECT m.clinic_id, OLD.starts_on, m.debit_kind, m.credit_kind, sum(m.amount) FROM ledger_movements m
    WHERE m.day >= OLD.starts_on AND m.day < date(OLD.starts_on, '+1 month') GROUP BY m.clinic_id, m.debit_kind, m.credit_kind;
END;
-- A month that is opened again has no sums until it closes again; what it had is told by the transfers and their times.
CREATE TRIGGER ledger_periods_opened AFTER UPDATE ON ledger_periods WHEN NEW.state = 'open'
BEGIN
    DELETE FROM ledger_sums WHERE starts_on = NEW.starts_on;
END;
-- A month begins open: nobody writes one as closed, which would have no sums.
CREATE TRIGGER ledger_periods_begin BEFORE INSERT ON ledger_periods WHEN NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'ledger_period_step');
END;
