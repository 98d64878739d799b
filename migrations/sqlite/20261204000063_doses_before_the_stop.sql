-- A dose that was given before its order was stopped may be entered afterwards: in an outage it stood on paper. A cancelled dose gets the state of its record.
DROP TRIGGER doses_fixed;
CREATE TRIGGER doses_fixed BEFORE UPDATE ON doses
WHEN NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.due_at <> OLD.due_at
    OR (NEW.state <> OLD.state AND (OLD.state = 'cancelled' OR NEW.state = 'given') AND NOT EXISTS (SELECT 1 FROM administrations a
        WHERE a.dose_id = NEW.id AND a.superseded_at IS NULL AND a.outcome = NEW.state))
BEGIN
    SELECT RAISE(ABORT, 'doses_fixed');
END;
DROP TRIGGER doses_order_active;
CREATE TRIGGER doses_order_active BEFORE INSERT ON administrations WHEN NEW.outcome = 'given'
BEGIN
    SELECT RAISE(ABORT, 'doses_order_active') WHERE NOT EXISTS (SELECT 1 FROM care_orders o JOIN admissions a ON a.id = o.admission_id
        WHERE o.id = NEW.order_id AND NEW.given_at >= a.admitted_at
          AND ((o.state = 'active' AND a.state = 'admitted') OR (o.state = 'stopped' AND NEW.given_at < o.ended_at)
            OR (NEW.version > 1 AND NEW.given_at <= coalesce(o.held_at, o.ended_at, NEW.given_at))));
    SELECT RAISE(ABORT, 'administrations_checked') WHERE NEW.checked_by IS NULL
        AND EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.two_person = 1);
    -- As needed: never before the interval has passed since any dose of the same medicine or one of its substances, and never above the
    -- limit in the 24 hours that begin with this dose or with one of those before it.
    SELECT RAISE(ABORT, 'prn_turn') WHERE EXISTS (
        SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.timing = 'as_needed' AND (
            EXISTS (SELECT 1 FROM administrations g JOIN care_orders other ON other.id = g.order_id
                WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
                  AND g.given_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '-' || o.interval_min || ' minutes') || substr(NEW.given_at, 20)
                  AND g.given_at < strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '+' || o.interval_min || ' minutes') || substr(NEW.given_at, 20)
                  AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                      WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id)))
            OR EXISTS (
                SELECT 1 FROM (SELECT NEW.given_at AS at UNION ALL SELECT s.given_at FROM administrations s JOIN care_orders other ON other.id = s.order_id
                    WHERE s.patient_id = NEW.patient_id AND s.outcome = 'given' AND s.superseded_at IS NULL AND s.dose_id <> NEW.dose_id
                      AND s.given_at <= NEW.given_at
                      AND s.given_at > strftime('%Y-%m-%dT%H:%M:%S', NEW.given_at, '-1 day') || substr(NEW.given_at, 20)
                      AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                          WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id))) AS starts
                WHERE (SELECT count(*) FROM administrations g JOIN care_orders other ON other.id = g.order_id
                    WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
                      AND g.given_at >= starts.at AND g.given_at < strftime('%Y-%m-%dT%H:%M:%S', starts.at, '+1 day') || substr(starts.at, 20)
                      AND (other.drug_id = o.drug_id OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
                          WHERE i.drug_id = o.drug_id AND j.drug_id = other.drug_id))) >= o.most_in_day)));
END;
