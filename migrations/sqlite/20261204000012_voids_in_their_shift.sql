-- A void takes a payment back while the shift that took it is open, whatever the day; a payment by several means has a void for each of them.
DROP INDEX refunds_one_void;
CREATE UNIQUE INDEX refunds_one_void ON refunds (payment_id, method) WHERE kind = 'void' AND state IN ('asked', 'approved', 'paid');
CREATE TRIGGER refunds_void_in_shift BEFORE INSERT ON refunds
WHEN NEW.kind = 'void' AND NOT EXISTS (SELECT 1 FROM payments p JOIN till_shifts s ON s.id = p.shift_id AND s.state = 'open'
    WHERE p.id = NEW.payment_id)
BEGIN
    SELECT RAISE(ABORT, 'refunds_void_in_shift');
END;
