-- A check-in is taken back with a reason, at any time while nothing clinical was recorded at the visit (visit_has_record).
ALTER TABLE visits ADD COLUMN error_reason TEXT NOT NULL DEFAULT '' CHECK (length(error_reason) <= 500);

CREATE TRIGGER visits_in_error_without_record BEFORE UPDATE OF outcome ON visits
WHEN NEW.outcome = 'entered_in_error' AND (EXISTS (SELECT 1 FROM vitals v WHERE v.visit_id = NEW.id)
    OR EXISTS (SELECT 1 FROM encounters e WHERE e.visit_id = NEW.id))
BEGIN
    SELECT RAISE(ABORT, 'visit_has_record');
END;
