-- The steps of a visit are rows, so that a department adds its own without changing the queue. Only the definition of the column
-- changes: its rows are all of these steps.

CREATE TABLE queue_steps (
    step TEXT PRIMARY KEY NOT NULL CHECK (length(step) BETWEEN 1 AND 40)
) STRICT;
INSERT INTO queue_steps (step) VALUES ('triage'), ('doctor'), ('orders'), ('cashier');
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (step IN (''triage'', ''doctor'', ''cashier''))', 'REFERENCES queue_steps (step)')
WHERE type = 'table' AND name = 'queue_entries';
PRAGMA writable_schema = RESET;
