-- A shift does not begin to close while a refund of a payment in it waits for its decision.
CREATE FUNCTION till_refunds_asked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM payments p JOIN refunds r ON r.payment_id = p.id WHERE p.shift_id = NEW.id AND r.state = 'asked') THEN
        PERFORM refuse('till_refunds_asked');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER till_refunds_asked BEFORE UPDATE ON till_shifts FOR EACH ROW WHEN (OLD.state = 'open' AND NEW.state = 'closing')
EXECUTE FUNCTION till_refunds_asked();
-- Asking for a refund holds the row of the open shift until its transaction ends: the closing waits and then sees the refund.
CREATE FUNCTION refunds_hold_shift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM till_shifts s WHERE s.id = (SELECT p.shift_id FROM payments p WHERE p.id = NEW.payment_id) AND s.state = 'open' FOR SHARE;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_hold_shift BEFORE INSERT ON refunds FOR EACH ROW EXECUTE FUNCTION refunds_hold_shift();
