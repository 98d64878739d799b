-- A void takes a payment back while the shift that took it is open, whatever the day; a payment by several means has a void for each of them.
DROP INDEX refunds_one_void;
CREATE UNIQUE INDEX refunds_one_void ON refunds (payment_id, method) WHERE kind = 'void' AND state IN ('asked', 'approved', 'paid');
CREATE FUNCTION refunds_void_in_shift() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    -- A shift that begins to close waits for the void, or the void for it.
    PERFORM 1 FROM payments p JOIN till_shifts s ON s.id = p.shift_id AND s.state = 'open' WHERE p.id = NEW.payment_id FOR SHARE OF s;
    IF NOT FOUND THEN
        PERFORM refuse('refunds_void_in_shift');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER refunds_void_in_shift BEFORE INSERT ON refunds FOR EACH ROW WHEN (NEW.kind = 'void')
EXECUTE FUNCTION refunds_void_in_shift();
