-- Calls about access to a record, for a person who cannot be written to. Only the definition of the columns changes: their rows are all of the
-- kinds of before.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, '''receipt'', ''invoice_due''))', '''receipt'', ''invoice_due'', ''access''))')
WHERE type = 'table' AND name IN ('messages', 'message_texts');
PRAGMA writable_schema = RESET;
