-- A dose that was given before its order was stopped may be entered afterwards: in an outage it stood on paper. A cancelled dose gets the state of its record.
CREATE OR REPLACE FUNCTION doses_fixed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.due_at <> OLD.due_at
        OR (NEW.state <> OLD.state AND (OLD.state = 'cancelled' OR NEW.state = 'given') AND NOT EXISTS (SELECT 1 FROM administrations a
            WHERE a.dose_id = NEW.id AND a.superseded_at IS NULL AND a.outcome = NEW.state)) THEN
        PERFORM refuse('doses_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE FUNCTION doses_order_active() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ordered care_orders;
    stay admissions;
BEGIN
    -- Doses of one patient take turns: each sees those before it.
    SELECT a.* INTO stay FROM care_orders o JOIN admissions a ON a.id = o.admission_id WHERE o.id = NEW.order_id FOR NO KEY UPDATE OF a;
    SELECT o.* INTO ordered FROM care_orders o WHERE o.id = NEW.order_id FOR SHARE;
    IF ordered.id IS NULL OR stay.admitted_at IS NULL OR NEW.given_at < stay.admitted_at OR NOT ((ordered.state = 'active' AND stay.state = 'admitted')
        OR (ordered.state = 'stopped' AND NEW.given_at < ordered.ended_at)
        OR (NEW.version > 1 AND NEW.given_at <= coalesce(ordered.held_at, ordered.ended_at, NEW.given_at))) THEN
        PERFORM refuse('doses_order_active');
    END IF;
    IF NEW.checked_by IS NULL AND ordered.two_person THEN
        PERFORM refuse('administrations_checked');
    END IF;
    -- As needed: never before the interval has passed since any dose of the same medicine or one of its substances, and never above the
    -- limit in the 24 hours that begin with this dose or with one of those before it.
    IF ordered.timing = 'as_needed' AND (EXISTS (
            SELECT 1 FROM administrations g JOIN care_orders other ON other.id = g.order_id
            WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
              AND g.given_at > NEW.given_at - make_interval(mins => ordered.interval_min::int)
              AND g.given_at < NEW.given_at + make_interval(mins => ordered.interval_min::int)
              AND shares_substance(ordered.drug_id, other.drug_id))
        OR EXISTS (
            SELECT 1 FROM (SELECT NEW.given_at AS at UNION ALL
                SELECT s.given_at FROM administrations s JOIN care_orders other ON other.id = s.order_id
                WHERE s.patient_id = NEW.patient_id AND s.outcome = 'given' AND s.superseded_at IS NULL AND s.dose_id <> NEW.dose_id
                  AND s.given_at <= NEW.given_at AND s.given_at > NEW.given_at - interval '24 hours'
                  AND shares_substance(ordered.drug_id, other.drug_id)) AS starts
            WHERE (SELECT count(*) FROM administrations g JOIN care_orders other ON other.id = g.order_id
                WHERE g.patient_id = NEW.patient_id AND g.outcome = 'given' AND g.superseded_at IS NULL AND g.dose_id <> NEW.dose_id
                  AND g.given_at >= starts.at AND g.given_at < starts.at + interval '24 hours'
                  AND shares_substance(ordered.drug_id, other.drug_id)) >= ordered.most_in_day)) THEN
        PERFORM refuse('prn_turn');
    END IF;
    RETURN NEW;
END $$;
