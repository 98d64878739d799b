-- The debt of a patient on an invoice may be paid in parts, each due on a day.
CREATE TABLE instalments (
    invoice_id BLOB NOT NULL REFERENCES invoices (id),
    position   INTEGER NOT NULL CHECK (position BETWEEN 1 AND 36),
    due_day    TEXT NOT NULL,
    amount     INTEGER NOT NULL CHECK (amount > 0),
    made_at    TEXT NOT NULL,
    made_by    BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (invoice_id, position)
) STRICT;
CREATE TRIGGER instalments_total BEFORE INSERT ON instalments
WHEN NEW.amount + (SELECT coalesce(sum(n.amount), 0) FROM instalments n WHERE n.invoice_id = NEW.invoice_id)
    > (SELECT patient_due FROM invoices WHERE id = NEW.invoice_id)
BEGIN
    SELECT RAISE(ABORT, 'instalments_total');
END;
CREATE TRIGGER instalments_frozen BEFORE UPDATE ON instalments
BEGIN
    SELECT RAISE(ABORT, 'instalments_frozen');
END;
CREATE TRIGGER instalments_kept BEFORE DELETE ON instalments
BEGIN
    SELECT RAISE(ABORT, 'instalments_frozen');
END;
