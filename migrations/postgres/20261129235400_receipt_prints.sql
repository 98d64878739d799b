-- Each print of a receipt: the first is the original, the others say that they are copies.
CREATE TABLE receipt_prints (
    payment_id UUID NOT NULL REFERENCES payments (id),
    number     BIGINT NOT NULL CHECK (number >= 1),
    printed_at TIMESTAMPTZ NOT NULL,
    printed_by UUID NOT NULL REFERENCES users (id),
    PRIMARY KEY (payment_id, number)
);
ALTER TABLE receipt_prints ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON receipt_prints USING (EXISTS (SELECT 1 FROM payments p WHERE p.id = receipt_prints.payment_id OFFSET 0));
CREATE TRIGGER receipt_prints_kept BEFORE UPDATE OR DELETE ON receipt_prints FOR EACH ROW EXECUTE FUNCTION row_fixed('receipt_prints_kept');
REVOKE UPDATE, DELETE, TRUNCATE ON receipt_prints FROM infirmary_app;
