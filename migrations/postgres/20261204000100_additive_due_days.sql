-- An invoice is due on a day: so many days after it was issued as its clinic says; without a setting after a week.
CREATE TABLE payment_terms (
    clinic_id  UUID PRIMARY KEY NOT NULL REFERENCES clinics (id),
    days       BIGINT NOT NULL CONSTRAINT payment_terms_days CHECK (days BETWEEN 0 AND 365),
    updated_at TIMESTAMPTZ NOT NULL,
    updated_by UUID NOT NULL REFERENCES users (id)
);
ALTER TABLE invoices ADD COLUMN due_day DATE;
UPDATE invoices SET due_day = (issued_at AT TIME ZONE 'UTC')::date + 7 WHERE issued_at IS NOT NULL;
CREATE INDEX invoices_due ON invoices (clinic_id, due_day) WHERE patient_due > 0;
-- An invoice that is issued without a day gets the day after a week.
CREATE FUNCTION invoices_due_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.due_day := (NEW.issued_at AT TIME ZONE 'UTC')::date + 7;
    RETURN NEW;
END $$;
CREATE TRIGGER invoices_due_day BEFORE UPDATE OF state ON invoices FOR EACH ROW
WHEN (OLD.state = 'draft' AND NEW.state <> 'draft' AND NEW.due_day IS NULL) EXECUTE FUNCTION invoices_due_day();
CREATE TRIGGER invoices_due_day_kept BEFORE UPDATE OF due_day ON invoices FOR EACH ROW
WHEN (OLD.due_day IS NOT NULL AND NEW.due_day IS DISTINCT FROM OLD.due_day) EXECUTE FUNCTION row_fixed('invoices_frozen');
