-- Signing decides on each medicine order that is active, or that was so when the patient left: the end of the stay stops all.
CREATE OR REPLACE FUNCTION discharge_medicines_complete() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT 1 FROM care_orders o WHERE o.admission_id = NEW.admission_id AND o.kind = 'medicine'
        AND (o.state IN ('active', 'on_hold') OR (o.state = 'stopped' AND o.ended_at = (SELECT a.left_at FROM admissions a WHERE a.id = NEW.admission_id)))
        AND NOT EXISTS (SELECT 1 FROM discharge_medicines d WHERE d.summary_id = NEW.id AND d.order_id = o.id)) THEN
        PERFORM refuse('discharge_medicines_complete');
    END IF;
    RETURN NEW;
END $$;
