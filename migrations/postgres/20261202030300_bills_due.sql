-- Messages about bills that are due.
ALTER TABLE messages DROP CONSTRAINT messages_kind_check;
ALTER TABLE messages ADD CONSTRAINT messages_kind_check CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder', 'reminder_soon',
    'offer', 'results', 'document', 'receipt', 'invoice_due'));
ALTER TABLE message_texts DROP CONSTRAINT message_texts_kind_check;
ALTER TABLE message_texts ADD CONSTRAINT message_texts_kind_check CHECK (kind IN ('code', 'booked', 'moved', 'cancelled', 'reminder',
    'reminder_soon', 'offer', 'results', 'document', 'receipt', 'invoice_due'));
CREATE INDEX instalments_by_day ON instalments (due_day);
-- A bill that is paid before its message leaves needs none. The function writes as its owner.
CREATE FUNCTION messages_follow_invoices() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed') AND kind = 'invoice_due';
    RETURN NULL;
END $$;
CREATE TRIGGER messages_follow_invoices AFTER UPDATE OF patient_due ON invoices FOR EACH ROW
WHEN (NEW.patient_due = 0 AND OLD.patient_due > 0) EXECUTE FUNCTION messages_follow_invoices();
