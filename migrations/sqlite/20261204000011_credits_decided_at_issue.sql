-- A credit note decides when it is issued, not when it is asked for, whether it credits a line in full: of two requests on one line, either may
-- come first. A credit note takes no more tax and no more net amount back than its lines have, and cancels no package that still covers charges.
DROP TRIGGER credit_notes_issued;
-- An issued credit note raises what is credited, releases charges and lowers the shares.
CREATE TRIGGER credit_notes_issued AFTER UPDATE OF state ON credit_notes
WHEN NEW.state = 'issued'
BEGIN
    SELECT RAISE(ABORT, 'credit_notes_total')
    WHERE NEW.total <> (SELECT coalesce(sum(c.amount), -1) FROM credit_note_lines c WHERE c.credit_note_id = NEW.id);
    SELECT RAISE(ABORT, 'credit_notes_released') WHERE EXISTS (SELECT 1 FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        WHERE c.credit_note_id = NEW.id AND l.released_at IS NOT NULL);
    UPDATE invoice_lines SET
        credited = credited + (SELECT c.amount FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = invoice_lines.id),
        released_at = CASE WHEN (SELECT c.outcome IS NOT NULL AND invoice_lines.credited + c.amount = invoice_lines.total
            FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = invoice_lines.id) THEN NEW.decided_at ELSE released_at END
    WHERE id IN (SELECT c.line_id FROM credit_note_lines c WHERE c.credit_note_id = NEW.id);
    SELECT RAISE(ABORT, 'credit_notes_tax') WHERE EXISTS (SELECT l.id FROM invoice_lines l JOIN credit_note_lines c ON c.line_id = l.id
        JOIN credit_notes n ON n.id = c.credit_note_id AND n.state = 'issued'
        WHERE l.id IN (SELECT o.line_id FROM credit_note_lines o WHERE o.credit_note_id = NEW.id)
        GROUP BY l.id, l.tax, l.net HAVING sum(c.tax) > l.tax OR sum(c.amount - c.tax) > l.net);
    UPDATE charges SET
        state = (SELECT c.outcome FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
            WHERE c.credit_note_id = NEW.id AND l.charge_id = charges.id),
        updated_at = NEW.decided_at, version = version + 1
    WHERE id IN (SELECT l.charge_id FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        WHERE c.credit_note_id = NEW.id AND l.released_at IS NOT NULL);
    SELECT RAISE(ABORT, 'charges_package_covers') WHERE EXISTS (SELECT 1 FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        JOIN charges p ON p.id = l.charge_id AND p.state = 'cancelled'
        JOIN charges s ON s.package_id = p.id AND s.state NOT IN ('cancelled', 'entered_in_error') WHERE c.credit_note_id = NEW.id);
    UPDATE invoices SET credited = credited + NEW.total WHERE id = NEW.invoice_id;
    UPDATE invoice_shares SET
        amount = amount - (SELECT sum(CASE WHEN invoice_shares.debtor = 'patient' THEN c.patient_part ELSE c.insurer_part END)
            FROM credit_note_lines c WHERE c.credit_note_id = NEW.id),
        credited = credited + (SELECT sum(CASE WHEN invoice_shares.debtor = 'patient' THEN c.patient_part ELSE c.insurer_part END)
            FROM credit_note_lines c WHERE c.credit_note_id = NEW.id),
        changed_at = NEW.decided_at
    WHERE invoice_id = NEW.invoice_id;
END;
-- A package that covers charges is not taken back before them.
CREATE TRIGGER charges_package_covers BEFORE UPDATE OF state ON charges
WHEN OLD.state IN ('planned', 'billable') AND NEW.state IN ('cancelled', 'entered_in_error')
    AND EXISTS (SELECT 1 FROM charges s WHERE s.package_id = NEW.id AND s.state NOT IN ('cancelled', 'entered_in_error'))
BEGIN
    SELECT RAISE(ABORT, 'charges_package_covers');
END;
-- Discounts that wait for a second person.
CREATE INDEX charges_asked_discount ON charges (clinic_id) WHERE asked_discount IS NOT NULL;
