-- The sums of a month while it is closed: the amounts of a clinic's transfers between two kinds of account. The trial balance and the cash
-- book read these rows instead of the transfers of all time. The database alone writes them, when the month closes, and takes them back
-- when two people open it again; each row has both sides, so that debits are credits.
CREATE TABLE ledger_sums (
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    starts_on   DATE NOT NULL REFERENCES ledger_periods (starts_on),
    debit_kind  TEXT NOT NULL CHECK (debit_kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                    'over_short', 'sundry', 'deposit', 'rounding', 'write_off')),
    credit_kind TEXT NOT NULL CHECK (credit_kind IN ('patient', 'insurer', 'till', 'safe', 'transit', 'card', 'bank', 'revenue', 'tax', 'clearing',
                    'over_short', 'sundry', 'deposit', 'rounding', 'write_off')),
    amount      BIGINT NOT NULL CONSTRAINT ledger_sums_amount CHECK (amount > 0),
    PRIMARY KEY (clinic_id, starts_on, debit_kind, credit_kind)
);
CREATE INDEX ledger_sums_by_month ON ledger_sums (starts_on);

-- Each transfer with its clinic, its day and the kinds of its accounts: the one definition of the sums.
CREATE VIEW ledger_movements AS
SELECT e.clinic_id, e.day, d.kind AS debit_kind, c.kind AS credit_kind, t.amount
FROM ledger_entries e JOIN ledger_transfers t ON t.entry_id = e.id JOIN ledger_accounts d ON d.id = t.debit_id
JOIN ledger_accounts c ON c.id = t.credit_id;

-- The months that were closed before this migration.
INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount)
SELECT m.clinic_id, p.starts_on, m.debit_kind, m.credit_kind, sum(m.amount)
FROM ledger_periods p JOIN ledger_movements m ON p.starts_on = date_trunc('month', m.day::timestamp)::date
WHERE p.state = 'closed' GROUP BY m.clinic_id, p.starts_on, m.debit_kind, m.credit_kind;

CREATE FUNCTION ledger_sums_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM ledger_periods p WHERE p.starts_on = NEW.starts_on AND p.state = 'closing') THEN
        PERFORM refuse('ledger_sums_closing');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_sums_closing BEFORE INSERT ON ledger_sums FOR EACH ROW EXECUTE FUNCTION ledger_sums_closing();
CREATE TRIGGER ledger_sums_kept BEFORE UPDATE ON ledger_sums FOR EACH ROW EXECUTE FUNCTION row_fixed('ledger_sums_kept');
CREATE FUNCTION ledger_sums_kept_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_periods p WHERE p.starts_on = OLD.starts_on AND p.state <> 'open') THEN
        PERFORM refuse('ledger_sums_kept');
    END IF;
    RETURN OLD;
END $$;
CREATE TRIGGER ledger_sums_kept_delete BEFORE DELETE ON ledger_sums FOR EACH ROW EXECUTE FUNCTION ledger_sums_kept_delete();
-- The sums are complete: nothing posts since the month is closing, an entry that is not sealed keeps it from closing, and rows that
-- somebody else wrote do too.
CREATE FUNCTION ledger_periods_summed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM ledger_entries e
        WHERE NOT e.sealed AND e.day >= OLD.starts_on AND e.day < (OLD.starts_on + interval '1 month')::date) THEN
        PERFORM refuse('ledger_period_unsealed');
    END IF;
    IF EXISTS (SELECT 1 FROM ledger_sums s WHERE s.starts_on = OLD.starts_on) THEN
        PERFORM refuse('ledger_sums_closing');
    END IF;
    INSERT INTO ledger_sums (clinic_id, starts_on, debit_kind, credit_kind, amount)
    SELECT m.clinic_id, OLD.starts_on, m.debit_kind, m.credit_kind, sum(m.amount) FROM ledger_movements m
    WHERE m.day >= OLD.starts_on AND m.day < (OLD.starts_on + interval '1 month')::date GROUP BY m.clinic_id, m.debit_kind, m.credit_kind;
    RETURN NEW;
END $$;
CREATE TRIGGER ledger_periods_summed BEFORE UPDATE ON ledger_periods FOR EACH ROW
    WHEN (OLD.state = 'closing' AND NEW.state = 'closed') EXECUTE FUNCTION ledger_periods_summed();
-- A month that is opened again has no sums until it closes again; what it had is told by the transfers and their times.
CREATE FUNCTION ledger_periods_opened() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM ledger_sums WHERE starts_on = NEW.starts_on;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_periods_opened AFTER UPDATE ON ledger_periods FOR EACH ROW WHEN (NEW.state = 'open')
    EXECUTE FUNCTION ledger_periods_opened();
-- A month begins open: nobody writes one as closed, which would have no sums.
CREATE FUNCTION ledger_periods_begin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refuse('ledger_period_step');
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_periods_begin BEFORE INSERT ON ledger_periods FOR EACH ROW WHEN (NEW.state <> 'open')
    EXECUTE FUNCTION ledger_periods_begin();
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_sums FROM infirmary_app;
REVOKE INSERT, UPDATE, DELETE ON ledger_movements FROM infirmary_app;
