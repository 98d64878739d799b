-- A credit note decides when it is issued, not when it is asked for, whether it credits a line in full: of two requests on one line, either may
-- come first. A credit note takes no more tax and no more net amount back than its lines have, and cancels no package that still covers charges.
-- Whether a package covers charges that count, of any clinic.
CREATE FUNCTION package_covers(package uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM charges s WHERE s.package_id = package AND s.state NOT IN ('cancelled', 'entered_in_error'))
$$;
-- An issued credit note raises what is credited, releases charges and lowers the shares.
CREATE OR REPLACE FUNCTION credit_notes_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.total IS DISTINCT FROM (SELECT sum(c.amount) FROM credit_note_lines c WHERE c.credit_note_id = NEW.id) THEN
        PERFORM refuse('credit_notes_total');
    END IF;
    IF EXISTS (SELECT 1 FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        WHERE c.credit_note_id = NEW.id AND l.released_at IS NOT NULL) THEN
        PERFORM refuse('credit_notes_released');
    END IF;
    UPDATE invoice_lines l SET credited = l.credited + c.amount,
        released_at = CASE WHEN c.outcome IS NOT NULL AND l.credited + c.amount = l.total THEN NEW.decided_at ELSE l.released_at END
    FROM credit_note_lines c WHERE c.credit_note_id = NEW.id AND c.line_id = l.id;
    IF EXISTS (SELECT 1 FROM invoice_lines l JOIN credit_note_lines c ON c.line_id = l.id
        JOIN credit_notes n ON n.id = c.credit_note_id AND n.state = 'issued'
        WHERE l.id IN (SELECT o.line_id FROM credit_note_lines o WHERE o.credit_note_id = NEW.id)
        GROUP BY l.id, l.tax, l.net HAVING sum(c.tax) > l.tax OR sum(c.amount - c.tax) > l.net) THEN
        PERFORM refuse('credit_notes_tax');
    END IF;
    UPDATE charges SET state = c.outcome, updated_at = NEW.decided_at, version = version + 1
    FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
    WHERE c.credit_note_id = NEW.id AND l.released_at IS NOT NULL AND charges.id = l.charge_id;
    IF EXISTS (SELECT 1 FROM credit_note_lines c JOIN invoice_lines l ON l.id = c.line_id
        JOIN charges p ON p.id = l.charge_id AND p.state = 'cancelled' WHERE c.credit_note_id = NEW.id AND package_covers(p.id)) THEN
        PERFORM refuse('charges_package_covers');
    END IF;
    UPDATE invoices SET credited = credited + NEW.total WHERE id = NEW.invoice_id;
    UPDATE invoice_shares s SET
        amount = s.amount - CASE WHEN s.debtor = 'patient' THEN c.patient ELSE c.insurer END,
        credited = s.credited + CASE WHEN s.debtor = 'patient' THEN c.patient ELSE c.insurer END, changed_at = NEW.decided_at
    FROM (SELECT sum(patient_part) AS patient, sum(insurer_part) AS insurer FROM credit_note_lines WHERE credit_note_id = NEW.id) AS c
    WHERE s.invoice_id = NEW.invoice_id;
    RETURN NULL;
END $$;
-- A package that covers charges is not taken back before them.
CREATE FUNCTION charges_package_covers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF package_covers(NEW.id) THEN
        PERFORM refuse('charges_package_covers');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER charges_package_covers BEFORE UPDATE OF state ON charges FOR EACH ROW
WHEN (OLD.state IN ('planned', 'billable') AND NEW.state IN ('cancelled', 'entered_in_error')) EXECUTE FUNCTION charges_package_covers();
-- Discounts that wait for a second person.
CREATE INDEX charges_asked_discount ON charges (clinic_id) WHERE asked_discount IS NOT NULL;
