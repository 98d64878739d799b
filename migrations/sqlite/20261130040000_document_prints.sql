-- Each print of an invoice, a credit note and a refund's slip: the first is the original, the others say that they are copies, as with receipts.
CREATE TABLE invoice_prints (
    invoice_id BLOB NOT NULL REFERENCES invoices (id),
    number     INTEGER NOT NULL CHECK (number >= 1),
    printed_at TEXT NOT NULL,
    printed_by BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (invoice_id, number)
) STRICT;
CREATE TRIGGER invoice_prints_kept BEFORE UPDATE ON invoice_prints
BEGIN
    SELECT RAISE(ABORT, 'invoice_prints_kept');
END;
CREATE TRIGGER invoice_prints_kept_delete BEFORE DELETE ON invoice_prints
BEGIN
    SELECT RAISE(ABORT, 'invoice_prints_kept');
END;
CREATE TABLE credit_note_prints (
    credit_note_id BLOB NOT NULL REFERENCES credit_notes (id),
    number         INTEGER NOT NULL CHECK (number >= 1),
    printed_at     TEXT NOT NULL,
    printed_by     BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (credit_note_id, number)
) STRICT;
CREATE TRIGGER credit_note_prints_kept BEFORE UPDATE ON credit_note_prints
BEGIN
    SELECT RAISE(ABORT, 'credit_note_prints_kept');
END;
CREATE TRIGGER credit_note_prints_kept_delete BEFORE DELETE ON credit_note_prints
BEGIN
    SELECT RAISE(ABORT, 'credit_note_prints_kept');
END;
CREATE TABLE refund_prints (
    refund_id  BLOB NOT NULL REFERENCES refunds (id),
    number     INTEGER NOT NULL CHECK (number >= 1),
    printed_at TEXT NOT NULL,
    printed_by BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (refund_id, number)
) STRICT;
CREATE TRIGGER refund_prints_kept BEFORE UPDATE ON refund_prints
BEGIN
    SELECT RAISE(ABORT, 'refund_prints_kept');
END;
CREATE TRIGGER refund_prints_kept_delete BEFORE DELETE ON refund_prints
BEGIN
    SELECT RAISE(ABORT, 'refund_prints_kept');
END;

-- A tax class is renamed, and retired when no item of the price list needs it any more; its rates stay.
ALTER TABLE tax_classes ADD COLUMN updated_at TEXT;
ALTER TABLE tax_classes ADD COLUMN updated_by BLOB REFERENCES users (id);
ALTER TABLE tax_classes ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE tax_classes ADD COLUMN retired_at TEXT;
CREATE TRIGGER tax_class_in_use BEFORE UPDATE OF retired_at ON tax_classes
WHEN NEW.retired_at IS NOT NULL AND EXISTS (SELECT 1 FROM price_items i WHERE i.tax_class_id = NEW.id AND i.retired_at IS NULL)
BEGIN
    SELECT RAISE(ABORT, 'tax_class_in_use');
END;
CREATE TRIGGER tax_class_retired BEFORE UPDATE OF tax_class_id, retired_at ON price_items
WHEN NEW.retired_at IS NULL AND EXISTS (SELECT 1 FROM tax_classes c WHERE c.id = NEW.tax_class_id AND c.retired_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'tax_class_retired');
END;
