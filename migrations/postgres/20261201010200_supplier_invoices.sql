-- The invoices of suppliers, matched against what was ordered and what was received.
CREATE TABLE supplier_invoices (
    id          UUID PRIMARY KEY NOT NULL,
    supplier_id UUID NOT NULL REFERENCES suppliers (id),
    order_id    UUID NOT NULL REFERENCES purchase_orders (id),
    -- The supplier's number, and the same in capitals without blanks.
    number      TEXT NOT NULL CHECK (length(trim(number)) BETWEEN 1 AND 60),
    number_key  TEXT NOT NULL CHECK (length(number_key) BETWEEN 1 AND 60),
    invoiced_on DATE NOT NULL,
    due_on      DATE,
    -- Minor units of the currency.
    net         BIGINT NOT NULL CHECK (net >= 0),
    freight     BIGINT NOT NULL DEFAULT 0 CHECK (freight >= 0),
    tax         BIGINT NOT NULL DEFAULT 0 CHECK (tax >= 0),
    total       BIGINT NOT NULL,
    -- `entered` waits for goods.
    state       TEXT NOT NULL CHECK (state IN ('entered', 'matched', 'difference', 'approved')),
    explanation TEXT NOT NULL DEFAULT '' CHECK (length(explanation) <= 500),
    entered_at  TIMESTAMPTZ NOT NULL,
    entered_by  UUID NOT NULL REFERENCES users (id),
    approved_at TIMESTAMPTZ,
    approved_by UUID REFERENCES users (id),
    version     BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT supplier_invoices_once UNIQUE (supplier_id, number_key),
    CONSTRAINT supplier_invoices_total CHECK (total = net + freight + tax),
    CONSTRAINT supplier_invoices_two_people CHECK (approved_by <> entered_by),
    CONSTRAINT supplier_invoices_explained CHECK ((approved_at IS NULL) = (approved_by IS NULL) AND (approved_at IS NOT NULL) = (state = 'approved')
        AND (state <> 'approved' OR length(trim(explanation)) > 0)),
    CONSTRAINT supplier_invoices_due CHECK (due_on >= invoiced_on)
);
CREATE INDEX supplier_invoices_by_order ON supplier_invoices (order_id);
CREATE INDEX supplier_invoices_open ON supplier_invoices (entered_at) WHERE state IN ('entered', 'difference');
CREATE INDEX supplier_invoices_by_time ON supplier_invoices (entered_at);

CREATE TABLE supplier_invoice_lines (
    id         UUID PRIMARY KEY NOT NULL,
    invoice_id UUID NOT NULL REFERENCES supplier_invoices (id),
    line_id    UUID NOT NULL REFERENCES purchase_order_lines (id),
    quantity   BIGINT NOT NULL CHECK (quantity BETWEEN 1 AND 100000000),
    amount     BIGINT NOT NULL CHECK (amount >= 0),
    CONSTRAINT supplier_invoice_lines_one UNIQUE (invoice_id, line_id)
);
CREATE INDEX supplier_invoice_lines_by_line ON supplier_invoice_lines (line_id);

REVOKE DELETE, TRUNCATE ON supplier_invoices FROM infirmary_app;
REVOKE UPDATE, DELETE, TRUNCATE ON supplier_invoice_lines FROM infirmary_app;

CREATE FUNCTION supplier_invoices_of_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state <> 'entered' OR NOT EXISTS (SELECT 1 FROM purchase_orders o WHERE o.id = NEW.order_id AND o.supplier_id = NEW.supplier_id
        AND o.sent_at IS NOT NULL) THEN
        PERFORM refuse('supplier_invoices_of_order');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_invoices_of_order BEFORE INSERT ON supplier_invoices FOR EACH ROW EXECUTE FUNCTION supplier_invoices_of_order();
CREATE TRIGGER supplier_invoices_moves BEFORE UPDATE ON supplier_invoices FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR OLD.state IN ('matched', 'approved')
    OR (NEW.state <> OLD.state AND (OLD.state, NEW.state) NOT IN (('entered', 'matched'), ('entered', 'difference'), ('difference', 'matched'),
        ('difference', 'approved'))))
EXECUTE FUNCTION row_fixed('supplier_invoices_moves');
CREATE TRIGGER supplier_invoices_fixed BEFORE UPDATE ON supplier_invoices FOR EACH ROW
WHEN ((NEW.id, NEW.supplier_id, NEW.order_id, NEW.number, NEW.number_key, NEW.invoiced_on, NEW.due_on, NEW.net, NEW.freight, NEW.tax, NEW.total,
    NEW.entered_at, NEW.entered_by) IS DISTINCT FROM (OLD.id, OLD.supplier_id, OLD.order_id, OLD.number, OLD.number_key, OLD.invoiced_on, OLD.due_on,
    OLD.net, OLD.freight, OLD.tax, OLD.total, OLD.entered_at, OLD.entered_by)) EXECUTE FUNCTION row_fixed('supplier_invoices_fixed');
CREATE TRIGGER supplier_invoices_kept BEFORE DELETE ON supplier_invoices FOR EACH ROW EXECUTE FUNCTION row_fixed('supplier_invoices_fixed');
-- An invoice matches when its lines are its net amount, each costs what was ordered, and no more is invoiced than was received.
CREATE FUNCTION supplier_invoices_match() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.freight <> 0
        OR NEW.net <> coalesce((SELECT sum(n.amount) FROM supplier_invoice_lines n WHERE n.invoice_id = NEW.id), -1)
        OR EXISTS (SELECT 1 FROM supplier_invoice_lines n JOIN purchase_order_lines l ON l.id = n.line_id WHERE n.invoice_id = NEW.id
            AND (abs(2 * (n.amount * l.price_per - n.quantity * l.price)) > l.price_per
                OR n.quantity + coalesce((SELECT sum(m.quantity) FROM supplier_invoice_lines m JOIN supplier_invoices i ON i.id = m.invoice_id
                    WHERE m.line_id = n.line_id AND i.id <> NEW.id AND i.state IN ('matched', 'approved')), 0) > l.received)) THEN
        PERFORM refuse('supplier_invoices_match');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_invoices_match BEFORE UPDATE ON supplier_invoices FOR EACH ROW
WHEN (NEW.state = 'matched' AND OLD.state <> 'matched') EXECUTE FUNCTION supplier_invoices_match();
CREATE TRIGGER supplier_invoice_lines_fixed BEFORE UPDATE OR DELETE ON supplier_invoice_lines FOR EACH ROW
EXECUTE FUNCTION row_fixed('supplier_invoices_fixed');
CREATE FUNCTION supplier_invoice_lines_follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM supplier_invoices i JOIN purchase_order_lines l ON l.order_id = i.order_id
        WHERE i.id = NEW.invoice_id AND i.state = 'entered' AND l.id = NEW.line_id) THEN
        PERFORM refuse('supplier_invoice_lines_follow');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER supplier_invoice_lines_follow BEFORE INSERT ON supplier_invoice_lines FOR EACH ROW EXECUTE FUNCTION supplier_invoice_lines_follow();
