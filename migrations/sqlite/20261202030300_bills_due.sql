-- Messages about bills that are due. Only the definition of the columns changes: their rows are all of the kinds of before.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''document'', ''receipt''))', '''document'', ''receipt'', ''invoice_due''))')
WHERE type = 'table' AND name IN ('messages', 'message_texts');
PRAGMA writable_schema = RESET;
CREATE INDEX instalments_by_day ON instalments (due_day);
-- A bill that is paid before its message leaves needs none.
CREATE TRIGGER messages_follow_invoices AFTER UPDATE OF patient_due ON invoices WHEN NEW.patient_due = 0 AND OLD.patient_due > 0
BEGIN
    UPDATE messages SET state = 'dropped', cause = 'overtaken' WHERE subject_id = NEW.id AND state IN ('due', 'failed') AND kind = 'invoice_due';
END;
