-- Documents can be TIFF files and plain texts too. Only the definition of the column changes: its rows are all of the types of before.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql, 'media IN (''pdf'', ''jpeg'', ''png'')', 'media IN (''pdf'', ''jpeg'', ''png'', ''tiff'', ''text'')')
WHERE type = 'table' AND name = 'patient_documents';
PRAGMA writable_schema = RESET;
