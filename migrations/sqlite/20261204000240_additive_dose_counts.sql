-- An order of a medicine may end after a number of doses: the first times of its schedule. A dose that is not given counts, and none is added for it.
-- The end of such an order is a minute after the last of them, so that a program of the version before plans no more.
ALTER TABLE care_orders ADD COLUMN dose_count INTEGER CONSTRAINT orders_dose_count CHECK (dose_count IS NULL OR (dose_count BETWEEN 1 AND 200
    AND kind = 'medicine' AND timing NOT IN ('stat', 'once', 'as_needed') AND ends_at IS NOT NULL));
CREATE TRIGGER orders_dose_count_frozen BEFORE UPDATE ON care_orders WHEN NEW.dose_count IS NOT OLD.dose_count
BEGIN
    SELECT RAISE(ABORT, 'orders_signed_frozen');
END;
CREATE TRIGGER orders_dose_count BEFORE INSERT ON doses
BEGIN
    SELECT RAISE(ABORT, 'orders_dose_count') WHERE EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.dose_count IS NOT NULL
        AND (SELECT count(*) FROM doses d WHERE d.order_id = NEW.order_id AND d.due_at <> NEW.due_at) >= o.dose_count);
END;
