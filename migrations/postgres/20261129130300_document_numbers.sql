-- Numbers of documents without a gap, by the database alone: a number needs the one before it, and none is changed or removed.
CREATE TABLE document_numbers (
    -- The document and the year: 'invoice 2026'.
    series   TEXT NOT NULL,
    seq      BIGINT NOT NULL CHECK (seq >= 1),
    prev     BIGINT GENERATED ALWAYS AS (NULLIF(seq - 1, 0)) STORED,
    -- The invoice or payment.
    document UUID NOT NULL CONSTRAINT document_numbers_one UNIQUE,
    PRIMARY KEY (series, seq),
    FOREIGN KEY (series, prev) REFERENCES document_numbers (series, seq)
);
CREATE INDEX document_numbers_by_previous ON document_numbers (series, prev);

INSERT INTO document_numbers (series, seq, document)
SELECT 'invoice ' || substr(number, 5, 4), substr(number, 10)::bigint, id FROM invoices WHERE number LIKE 'INV-____-%' ORDER BY 1, 2;
INSERT INTO document_numbers (series, seq, document)
SELECT 'receipt ' || substr(receipt_number, 5, 4), substr(receipt_number, 10)::bigint, id FROM payments
WHERE receipt_number LIKE 'REC-____-%' ORDER BY 1, 2;

CREATE TRIGGER document_numbers_kept BEFORE UPDATE OR DELETE ON document_numbers FOR EACH ROW
EXECUTE FUNCTION row_fixed('document_numbers_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON document_numbers FROM infirmary_app;
