-- Goods that go back to a supplier, and the credit that is expected for them.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''dispense'', ''return'', ''count'')', '''dispense'', ''return'', ''count'', ''supplier_return'')')
WHERE type = 'table' AND name = 'stock_documents';
UPDATE sqlite_schema SET sql = replace(sql, '''loss'', ''write_off'')', '''loss'', ''write_off'', ''supplier_return'')')
WHERE type = 'table' AND name = 'stock_movements';
PRAGMA writable_schema = RESET;
-- The value in minor units up to which one person alone sends goods back.
ALTER TABLE suppliers ADD COLUMN return_alone INTEGER NOT NULL DEFAULT 10000 CHECK (return_alone BETWEEN 0 AND 1000000000000);

CREATE TABLE supplier_returns (
    -- The id of the document in the ledger of the stock, and the key of the form.
    id            BLOB PRIMARY KEY NOT NULL REFERENCES stock_documents (id),
    number        TEXT NOT NULL CONSTRAINT supplier_returns_number UNIQUE CHECK (length(number) BETWEEN 1 AND 60),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    supplier_id   BLOB NOT NULL REFERENCES suppliers (id),
    batch_id      BLOB NOT NULL REFERENCES stock_batches (id),
    -- The order line with which the batch came; none for stock that was there before the program.
    line_id       BLOB REFERENCES purchase_order_lines (id),
    quantity      INTEGER NOT NULL CHECK (quantity BETWEEN 1 AND 100000000),
    reason        TEXT NOT NULL CHECK (reason IN ('damaged', 'expired', 'short_dated', 'recalled', 'wrong_item', 'surplus', 'other')),
    note          TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    -- Minor units of the currency: the credit that is expected, and the supplier's limit on that day.
    expected      INTEGER NOT NULL CHECK (expected >= 0),
    alone_up_to   INTEGER NOT NULL CHECK (alone_up_to >= 0),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id),
    -- The second person, who signed in on the form.
    approved_by   BLOB REFERENCES users (id),
    state         TEXT NOT NULL CHECK (state IN ('sent', 'credited', 'difference', 'approved')),
    -- The credit note of the supplier, the invoice that it credits, and the credit that this invoice asks for.
    invoice_id    BLOB REFERENCES supplier_invoices (id),
    credit_number TEXT NOT NULL DEFAULT '' CHECK (length(credit_number) <= 60),
    credit_key    TEXT CHECK (length(credit_key) BETWEEN 1 AND 60),
    credited_on   TEXT,
    due           INTEGER CHECK (due >= 0),
    credit        INTEGER CHECK (credit >= 0),
    entered_at    TEXT,
    entered_by    BLOB REFERENCES users (id),
    explanation   TEXT NOT NULL DEFAULT '' CHECK (length(explanation) <= 500),
    decided_at    TEXT,
    decided_by    BLOB REFERENCES users (id),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT supplier_returns_two_people CHECK (approved_by <> by_user),
    CONSTRAINT supplier_returns_second CHECK (expected <= alone_up_to OR approved_by IS NOT NULL),
    CONSTRAINT supplier_returns_reasoned CHECK (reason <> 'other' OR length(trim(note)) > 0),
    CONSTRAINT supplier_returns_entered CHECK ((state = 'sent') = (entered_at IS NULL) AND (entered_at IS NULL) = (entered_by IS NULL)
        AND (entered_at IS NULL) = (credit IS NULL) AND (entered_at IS NULL) = (due IS NULL) AND (entered_at IS NULL) = (credited_on IS NULL)
        AND (entered_at IS NULL) = (credit_key IS NULL) AND (invoice_id IS NULL OR entered_at IS NOT NULL)),
    CONSTRAINT supplier_returns_agrees CHECK (state <> 'credited' OR credit = due),
    CONSTRAINT supplier_returns_decided CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NOT NULL) = (state = 'approved')
        AND (state <> 'approved' OR length(trim(explanation)) > 0)),
    CONSTRAINT supplier_returns_decided_by_another CHECK (decided_by <> entered_by)
) STRICT;
CREATE UNIQUE INDEX supplier_returns_credit_once ON supplier_returns (supplier_id, credit_key);
CREATE INDEX supplier_returns_open ON supplier_returns (clinic_id, at) WHERE state IN ('sent', 'difference');
CREATE INDEX supplier_returns_by_clinic ON supplier_returns (clinic_id, at);
CREATE INDEX supplier_returns_by_batch ON supplier_returns (batch_id);
CREATE INDEX supplier_returns_by_line ON supplier_returns (line_id) WHERE line_id IS NOT NULL;
CREATE INDEX supplier_returns_by_invoice ON supplier_returns (invoice_id) WHERE invoice_id IS NOT NULL;

CREATE TRIGGER supplier_returns_begin BEFORE INSERT ON supplier_returns
WHEN NEW.state <> 'sent' OR NEW.version <> 1
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_moves');
END;
-- The goods come from the storeroom of the document, and came with the order line that the return names.
CREATE TRIGGER supplier_returns_follow BEFORE INSERT ON supplier_returns
WHEN NOT EXISTS (SELECT 1 FROM stock_documents d JOIN storerooms s ON s.id = d.store_id
        WHERE d.id = NEW.id AND d.kind = 'supplier_return' AND s.clinic_id = NEW.clinic_id)
    OR (NEW.line_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM goods_receipt_lines g JOIN purchase_order_lines l ON l.id = g.line_id
        JOIN purchase_orders o ON o.id = l.order_id WHERE g.line_id = NEW.line_id AND g.batch_id = NEW.batch_id AND o.supplier_id = NEW.supplier_id))
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_follow');
END;
CREATE TRIGGER supplier_returns_not_above BEFORE INSERT ON supplier_returns
WHEN NEW.line_id IS NOT NULL AND NEW.quantity
    + (SELECT coalesce(sum(r.quantity), 0) FROM supplier_returns r WHERE r.line_id = NEW.line_id AND r.batch_id = NEW.batch_id)
    > (SELECT coalesce(sum(g.quantity + g.free), 0) FROM goods_receipt_lines g WHERE g.line_id = NEW.line_id AND g.batch_id = NEW.batch_id)
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_not_above');
END;
CREATE TRIGGER supplier_returns_moves BEFORE UPDATE ON supplier_returns
WHEN NEW.version <> OLD.version + 1 OR OLD.state IN ('credited', 'approved')
    OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (VALUES ('sent', 'credited'), ('sent', 'difference'), ('difference', 'approved')))
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_moves');
END;
CREATE TRIGGER supplier_returns_fixed BEFORE UPDATE ON supplier_returns
WHEN (NEW.id, NEW.number, NEW.clinic_id, NEW.supplier_id, NEW.batch_id, NEW.line_id, NEW.quantity, NEW.reason, NEW.note, NEW.expected, NEW.alone_up_to,
    NEW.at, NEW.by_user, NEW.approved_by) IS NOT (OLD.id, OLD.number, OLD.clinic_id, OLD.supplier_id, OLD.batch_id, OLD.line_id, OLD.quantity,
    OLD.reason, OLD.note, OLD.expected, OLD.alone_up_to, OLD.at, OLD.by_user, OLD.approved_by)
    OR (OLD.entered_at IS NOT NULL AND (NEW.invoice_id, NEW.credit_number, NEW.credit_key, NEW.credited_on, NEW.due, NEW.credit, NEW.entered_at,
        NEW.entered_by) IS NOT (OLD.invoice_id, OLD.credit_number, OLD.credit_key, OLD.credited_on, OLD.due, OLD.credit, OLD.entered_at,
        OLD.entered_by))
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_fixed');
END;
CREATE TRIGGER supplier_returns_kept BEFORE DELETE ON supplier_returns
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_fixed');
END;
-- A credit note belongs to a settled invoice with the line that went back, and all that is credited of a line of an invoice was invoiced.
CREATE TRIGGER supplier_returns_invoiced BEFORE UPDATE ON supplier_returns
WHEN NEW.invoice_id IS NOT NULL AND OLD.invoice_id IS NULL AND (NOT EXISTS (SELECT 1 FROM supplier_invoices v
        WHERE v.id = NEW.invoice_id AND v.supplier_id = NEW.supplier_id AND v.state IN ('matched', 'approved'))
    OR NEW.quantity + (SELECT coalesce(sum(r.quantity), 0) FROM supplier_returns r WHERE r.invoice_id = NEW.invoice_id AND r.line_id = NEW.line_id)
        > (SELECT coalesce(sum(n.quantity), 0) FROM supplier_invoice_lines n WHERE n.invoice_id = NEW.invoice_id AND n.line_id = NEW.line_id))
BEGIN
    SELECT RAISE(ABORT, 'supplier_returns_invoiced');
END;
