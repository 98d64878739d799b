-- The debt of a patient on an invoice may be paid in parts, each due on a day.
CREATE TABLE instalments (
    invoice_id UUID NOT NULL REFERENCES invoices (id),
    position   BIGINT NOT NULL CHECK (position BETWEEN 1 AND 36),
    due_day    DATE NOT NULL,
    amount     BIGINT NOT NULL CHECK (amount > 0),
    made_at    TIMESTAMPTZ NOT NULL,
    made_by    UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (invoice_id, position)
);
ALTER TABLE instalments ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON instalments USING (EXISTS (SELECT 1 FROM invoices i WHERE i.id = instalments.invoice_id OFFSET 0));
CREATE FUNCTION instalments_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.amount + (SELECT coalesce(sum(n.amount), 0) FROM instalments n WHERE n.invoice_id = NEW.invoice_id)
        > (SELECT patient_due FROM invoices WHERE id = NEW.invoice_id) THEN
        PERFORM refuse('instalments_total');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER instalments_total BEFORE INSERT ON instalments FOR EACH ROW EXECUTE FUNCTION instalments_total();
CREATE TRIGGER instalments_frozen BEFORE UPDATE OR DELETE ON instalments FOR EACH ROW EXECUTE FUNCTION row_fixed('instalments_frozen');
REVOKE DELETE, TRUNCATE ON instalments FROM infirmary_app;
