-- A ward may have an evening shift between day and night. Only the definition of the columns changes.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'CHECK (shift IN (''day'', ''night''))', 'CHECK (shift IN (''day'', ''evening'', ''night''))')
WHERE type = 'table' AND name IN ('nursing_allocations', 'handovers');
PRAGMA writable_schema = RESET;
