-- A shift does not begin to close while a refund of a payment in it waits for its decision.
CREATE TRIGGER till_refunds_asked BEFORE UPDATE ON till_shifts
WHEN OLD.state = 'open' AND NEW.state = 'closing'
    AND EXISTS (SELECT 1 FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE p.shift_id = NEW.id AND r.state = 'asked')
BEGIN
    SELECT RAISE(ABORT, 'till_refunds_asked');
END;
