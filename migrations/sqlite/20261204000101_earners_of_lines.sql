-- The doctor of a line, and the person who gave its discount or approved it, are frozen when the invoice is issued, as the department is: the
-- charge may change after it was released, and a closed month reports the same for ever.
ALTER TABLE invoice_lines ADD COLUMN provider_id BLOB REFERENCES staff (id);
ALTER TABLE invoice_lines ADD COLUMN discounted_by BLOB REFERENCES users (id);
UPDATE invoice_lines SET provider_id = (SELECT c.provider_id FROM charges c WHERE c.id = invoice_lines.charge_id),
    discounted_by = (SELECT coalesce(c.approved_by, c.discounted_by) FROM charges c WHERE c.id = invoice_lines.charge_id);
CREATE TRIGGER invoice_lines_earned AFTER INSERT ON invoice_lines
BEGIN
    UPDATE invoice_lines SET provider_id = (SELECT c.provider_id FROM charges c WHERE c.id = NEW.charge_id),
        discounted_by = (SELECT coalesce(c.approved_by, c.discounted_by) FROM charges c WHERE c.id = NEW.charge_id)
    WHERE id = NEW.id;
END;
CREATE TRIGGER invoice_lines_earned_kept BEFORE UPDATE OF department_id, provider_id, discounted_by ON invoice_lines
WHEN (NEW.department_id IS NOT OLD.department_id OR NEW.provider_id IS NOT OLD.provider_id OR NEW.discounted_by IS NOT OLD.discounted_by)
    AND (SELECT i.state FROM invoices i WHERE i.id = NEW.invoice_id) <> 'draft'
BEGIN
    SELECT RAISE(ABORT, 'invoice_lines_frozen');
END;
