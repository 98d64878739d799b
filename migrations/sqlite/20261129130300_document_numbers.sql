-- Numbers of documents without a gap, by the database alone: a number needs the one before it, and none is changed or removed.
CREATE TABLE document_numbers (
    -- The document and the year: 'invoice 2026'.
    series   TEXT NOT NULL,
    seq      INTEGER NOT NULL CHECK (seq >= 1),
    prev     INTEGER GENERATED ALWAYS AS (NULLIF(seq - 1, 0)) STORED,
    -- The invoice or payment.
    document BLOB NOT NULL CONSTRAINT document_numbers_one UNIQUE,
    PRIMARY KEY (series, seq),
    FOREIGN KEY (series, prev) REFERENCES document_numbers (series, seq)
) STRICT;
-- In SQLite a table with a trigger looks, at each insert, for rows that refer to the new one.
CREATE INDEX document_numbers_by_previous ON document_numbers (series, prev);

INSERT INTO document_numbers (series, seq, document)
SELECT 'invoice ' || substr(number, 5, 4), CAST(substr(number, 10) AS INTEGER), id FROM invoices WHERE number LIKE 'INV-____-%'
ORDER BY 1, 2;
INSERT INTO document_numbers (series, seq, document)
SELECT 'receipt ' || substr(receipt_number, 5, 4), CAST(substr(receipt_number, 10) AS INTEGER), id FROM payments
WHERE receipt_number LIKE 'REC-____-%' ORDER BY 1, 2;

CREATE TRIGGER document_numbers_kept BEFORE UPDATE ON document_numbers
BEGIN
    SELECT RAISE(ABORT, 'document_numbers_kept');
END;
CREATE TRIGGER document_numbers_kept_delete BEFORE DELETE ON document_numbers
BEGIN
    SELECT RAISE(ABORT, 'document_numbers_kept');
END;
