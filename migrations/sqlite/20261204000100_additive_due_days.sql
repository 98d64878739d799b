-- An invoice is due on a day: so many days after it was issued as its clinic says; without a setting after a week.
CREATE TABLE payment_terms (
    clinic_id  BLOB PRIMARY KEY NOT NULL REFERENCES clinics (id),
    days       INTEGER NOT NULL CONSTRAINT payment_terms_days CHECK (days BETWEEN 0 AND 365),
    updated_at TEXT NOT NULL,
    updated_by BLOB NOT NULL REFERENCES users (id)
) STRICT;
ALTER TABLE invoices ADD COLUMN due_day TEXT;
UPDATE invoices SET due_day = date(substr(issued_at, 1, 10), '+7 days') WHERE issued_at IS NOT NULL;
CREATE INDEX invoices_due ON invoices (clinic_id, due_day) WHERE patient_due > 0;
-- An invoice that is issued without a day gets the day after a week.
CREATE TRIGGER invoices_due_day AFTER UPDATE OF state ON invoices
WHEN OLD.state = 'draft' AND NEW.state <> 'draft' AND NEW.due_day IS NULL
BEGIN
    UPDATE invoices SET due_day = date(substr(NEW.issued_at, 1, 10), '+7 days') WHERE id = NEW.id;
END;
CREATE TRIGGER invoices_due_day_kept BEFORE UPDATE OF due_day ON invoices
WHEN OLD.due_day IS NOT NULL AND NEW.due_day IS NOT OLD.due_day
BEGIN
    SELECT RAISE(ABORT, 'invoices_frozen');
END;
