-- Each print of an invoice, a credit note and a refund's slip: the first is the original, the others say that they are copies, as with receipts.
CREATE TABLE invoice_prints (
    invoice_id UUID NOT NULL REFERENCES invoices (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    printed_at TIMESTAMPTZ NOT NULL,
    printed_by UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (invoice_id, number)
);
ALTER TABLE invoice_prints ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON invoice_prints USING (EXISTS (SELECT 1 FROM invoices p WHERE p.id = invoice_prints.invoice_id OFFSET 0));
CREATE TRIGGER invoice_prints_kept BEFORE UPDATE OR DELETE ON invoice_prints FOR EACH ROW EXECUTE FUNCTION row_fixed('invoice_prints_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON invoice_prints FROM infirmary_app;
CREATE TABLE credit_note_prints (
    credit_note_id UUID NOT NULL REFERENCES credit_notes (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    printed_at TIMESTAMPTZ NOT NULL,
    printed_by UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (credit_note_id, number)
);
ALTER TABLE credit_note_prints ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON credit_note_prints USING (EXISTS (SELECT 1 FROM credit_notes p WHERE p.id = credit_note_prints.credit_note_id OFFSET 0));
CREATE TRIGGER credit_note_prints_kept BEFORE UPDATE OR DELETE ON credit_note_prints FOR EACH ROW EXECUTE FUNCTION row_fixed('credit_note_prints_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON credit_note_prints FROM infirmary_app;
CREATE TABLE refund_prints (
    refund_id UUID NOT NULL REFERENCES refunds (id),
    number BIGINT NOT NULL CHECK (number >= 1),
    printed_at TIMESTAMPTZ NOT NULL,
    printed_by UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (refund_id, number)
);
ALTER TABLE refund_prints ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON refund_prints USING (EXISTS (SELECT 1 FROM refunds p WHERE p.id = refund_prints.refund_id OFFSET 0));
CREATE TRIGGER refund_prints_kept BEFORE UPDATE OR DELETE ON refund_prints FOR EACH ROW EXECUTE FUNCTION row_fixed('refund_prints_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON refund_prints FROM infirmary_app;

-- A tax class is renamed, and retired when no item of the price list needs it any more; its rates stay.
ALTER TABLE tax_classes ADD COLUMN updated_at TIMESTAMPTZ;
ALTER TABLE tax_classes ADD COLUMN updated_by UUID REFERENCES users (id);
ALTER TABLE tax_classes ADD COLUMN version BIGINT NOT NULL DEFAULT 1;
ALTER TABLE tax_classes ADD COLUMN retired_at TIMESTAMPTZ;
CREATE FUNCTION tax_class_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM price_items i WHERE i.tax_class_id = NEW.id AND i.retired_at IS NULL) THEN
        PERFORM refuse('tax_class_in_use');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_class_in_use BEFORE UPDATE OF retired_at ON tax_classes FOR EACH ROW WHEN (NEW.retired_at IS NOT NULL)
    EXECUTE FUNCTION tax_class_in_use();
CREATE FUNCTION tax_class_retired() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    retired BOOLEAN;
BEGIN
    -- An item that takes a class and a class that is retired take turns.
    SELECT c.retired_at IS NOT NULL INTO retired FROM tax_classes c WHERE c.id = NEW.tax_class_id FOR SHARE;
    IF retired THEN
        PERFORM refuse('tax_class_retired');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tax_class_retired BEFORE UPDATE OF tax_class_id, retired_at ON price_items FOR EACH ROW
    WHEN (NEW.tax_class_id IS NOT NULL AND NEW.retired_at IS NULL) EXECUTE FUNCTION tax_class_retired();
