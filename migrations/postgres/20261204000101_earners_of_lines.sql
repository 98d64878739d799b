-- The doctor of a line, and the person who gave its discount or approved it, are frozen when the invoice is issued, as the department is: the
-- charge may change after it was released, and a closed month reports the same for ever.
ALTER TABLE invoice_lines ADD COLUMN provider_id UUID REFERENCES staff (id);
ALTER TABLE invoice_lines ADD COLUMN discounted_by UUID REFERENCES users (id);
UPDATE invoice_lines l SET provider_id = c.provider_id, discounted_by = coalesce(c.approved_by, c.discounted_by)
FROM charges c WHERE c.id = l.charge_id AND (c.provider_id IS NOT NULL OR c.discounted_by IS NOT NULL);
CREATE OR REPLACE FUNCTION invoice_lines_earned() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT c.department_id, c.provider_id, coalesce(c.approved_by, c.discounted_by) INTO NEW.department_id, NEW.provider_id, NEW.discounted_by
        FROM charges c WHERE c.id = NEW.charge_id;
    RETURN NEW;
END $$;
CREATE TRIGGER invoice_lines_earned_kept BEFORE UPDATE ON invoice_lines FOR EACH ROW
WHEN ((NEW.department_id, NEW.provider_id, NEW.discounted_by) IS DISTINCT FROM (OLD.department_id, OLD.provider_id, OLD.discounted_by))
EXECUTE FUNCTION row_fixed('invoice_lines_frozen');
