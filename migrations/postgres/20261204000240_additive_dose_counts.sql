-- An order of a medicine may end after a number of doses: the first times of its schedule. A dose that is not given counts, and none is added for it.
-- The end of such an order is a minute after the last of them, so that a program of the version before plans no more.
ALTER TABLE care_orders ADD COLUMN dose_count BIGINT CONSTRAINT orders_dose_count CHECK (dose_count IS NULL OR (dose_count BETWEEN 1 AND 200
    AND kind = 'medicine' AND timing NOT IN ('stat', 'once', 'as_needed') AND ends_at IS NOT NULL));
CREATE TRIGGER orders_dose_count_frozen BEFORE UPDATE ON care_orders FOR EACH ROW
WHEN (NEW.dose_count IS DISTINCT FROM OLD.dose_count) EXECUTE FUNCTION row_fixed('orders_signed_frozen');
CREATE FUNCTION orders_dose_count() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    most BIGINT;
BEGIN
    -- Doses of one order are counted one after the other.
    SELECT o.dose_count INTO most FROM care_orders o WHERE o.id = NEW.order_id AND o.dose_count IS NOT NULL FOR UPDATE;
    IF FOUND AND (SELECT count(*) FROM doses d WHERE d.order_id = NEW.order_id AND d.due_at <> NEW.due_at) >= most THEN
        PERFORM refuse('orders_dose_count');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_dose_count BEFORE INSERT ON doses FOR EACH ROW EXECUTE FUNCTION orders_dose_count();
