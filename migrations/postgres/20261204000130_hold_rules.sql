-- Hold-if rules of an order, and the values by which a nurse decided before each dose. Nothing is held by itself, and nothing is skipped.
CREATE TABLE order_hold_rules (
    order_id   UUID NOT NULL REFERENCES care_orders (id),
    measure    TEXT NOT NULL CHECK (measure IN ('systolic', 'pulse', 'respiration', 'glucose')),
    comparator TEXT NOT NULL CHECK (comparator IN ('below', 'above')),
    -- In the stored steps of the measure: mmHg, per minute, tenths of mmol/l.
    bound      BIGINT NOT NULL CHECK (bound BETWEEN 1 AND 1000),
    PRIMARY KEY (order_id, measure, comparator)
);
CREATE TABLE dose_hold_checks (
    administration_id UUID NOT NULL REFERENCES administrations (id),
    measure           TEXT NOT NULL CHECK (measure IN ('systolic', 'pulse', 'respiration', 'glucose')),
    -- The last value before the dose; none was there without one.
    value             BIGINT CHECK (value BETWEEN 0 AND 1000),
    taken_at          TIMESTAMPTZ,
    -- The value was recent enough to decide by.
    recent            BOOLEAN NOT NULL,
    reason            TEXT CHECK (reason IN ('doctor_asked', 'benefit', 'usual_value', 'cannot_measure', 'other')),
    PRIMARY KEY (administration_id, measure),
    CONSTRAINT dose_hold_checks_value CHECK ((value IS NULL) = (taken_at IS NULL) AND (NOT recent OR value IS NOT NULL)),
    CONSTRAINT dose_hold_checks_decided CHECK (recent OR reason IS NOT NULL)
);
ALTER TABLE order_hold_rules ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON order_hold_rules USING (EXISTS (SELECT 1 FROM care_orders o WHERE o.id = order_hold_rules.order_id OFFSET 0));
ALTER TABLE dose_hold_checks ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON dose_hold_checks USING (EXISTS (SELECT 1 FROM administrations a WHERE a.id = dose_hold_checks.administration_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON order_hold_rules, dose_hold_checks FROM infirmary_app;

-- The rules are written with the order of a medicine, before its first dose has a row.
CREATE FUNCTION order_hold_rules_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.kind = 'medicine')
        OR EXISTS (SELECT 1 FROM doses d WHERE d.order_id = NEW.order_id) THEN
        PERFORM refuse('order_hold_rules_frozen');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER order_hold_rules_with_order BEFORE INSERT ON order_hold_rules FOR EACH ROW EXECUTE FUNCTION order_hold_rules_frozen();
CREATE TRIGGER order_hold_rules_frozen BEFORE UPDATE ON order_hold_rules FOR EACH ROW EXECUTE FUNCTION row_fixed('order_hold_rules_frozen');
CREATE TRIGGER order_hold_rules_kept BEFORE DELETE ON order_hold_rules FOR EACH ROW EXECUTE FUNCTION row_fixed('order_hold_rules_frozen');
CREATE TRIGGER dose_hold_checks_frozen BEFORE UPDATE ON dose_hold_checks FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_hold_checks_frozen');
CREATE TRIGGER dose_hold_checks_kept BEFORE DELETE ON dose_hold_checks FOR EACH ROW EXECUTE FUNCTION row_fixed('dose_hold_checks_frozen');

-- A dose is given when each rule of its order was looked at: by a recent value that meets none, or with a reason.
CREATE FUNCTION hold_if_decided() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM order_hold_rules r WHERE r.order_id = NEW.order_id AND NOT EXISTS (
        SELECT 1 FROM administrations a JOIN dose_hold_checks c ON c.administration_id = a.id
        WHERE a.dose_id = NEW.id AND a.superseded_at IS NULL AND c.measure = r.measure
          AND (c.reason IS NOT NULL OR (c.recent AND CASE r.comparator WHEN 'below' THEN c.value >= r.bound ELSE c.value <= r.bound END)))) THEN
        PERFORM refuse('hold_if_decided');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER hold_if_decided BEFORE UPDATE OF state ON doses FOR EACH ROW WHEN (NEW.state = 'given') EXECUTE FUNCTION hold_if_decided();
