-- Signing decides on each medicine order that is active, or that was so when the patient left: the end of the stay stops all.
DROP TRIGGER discharge_medicines_complete;
CREATE TRIGGER discharge_medicines_complete BEFORE UPDATE OF state ON discharge_summaries
WHEN NEW.state = 'final' AND OLD.state = 'draft' AND EXISTS (SELECT 1 FROM care_orders o WHERE o.admission_id = NEW.admission_id AND o.kind = 'medicine'
    AND (o.state IN ('active', 'on_hold') OR (o.state = 'stopped' AND o.ended_at = (SELECT a.left_at FROM admissions a WHERE a.id = NEW.admission_id)))
    AND NOT EXISTS (SELECT 1 FROM discharge_medicines d WHERE d.summary_id = NEW.id AND d.order_id = o.id))
BEGIN
    SELECT RAISE(ABORT, 'discharge_medicines_complete');
END;
