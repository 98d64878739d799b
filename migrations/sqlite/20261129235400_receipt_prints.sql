-- Each print of a receipt: the first is the original, the others say that they are copies.
CREATE TABLE receipt_prints (
    payment_id BLOB NOT NULL REFERENCES payments (id),
    number     INTEGER NOT NULL CHECK (number >= 1),
    printed_at TEXT NOT NULL,
    printed_by BLOB NOT NULL REFERENCES users (id),
    PRIMARY KEY (payment_id, number)
) STRICT;
CREATE TRIGGER receipt_prints_kept BEFORE UPDATE ON receipt_prints
BEGIN
    SELECT RAISE(ABORT, 'receipt_prints_kept');
END;
CREATE TRIGGER receipt_prints_kept_delete BEFORE DELETE ON receipt_prints
BEGIN
    SELECT RAISE(ABORT, 'receipt_prints_kept');
END;
