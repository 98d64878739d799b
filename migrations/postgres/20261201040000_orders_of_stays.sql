-- An order, and its requisition, belongs to a visit, or to the stay of a patient on a ward.

ALTER TABLE orders ADD COLUMN admission_id UUID REFERENCES admissions (id);
ALTER TABLE requisitions ADD COLUMN admission_id UUID REFERENCES admissions (id);
CREATE INDEX orders_by_admission ON orders (admission_id, ordered_at) WHERE admission_id IS NOT NULL;
CREATE INDEX requisitions_by_admission ON requisitions (admission_id) WHERE admission_id IS NOT NULL;
ALTER TABLE orders DROP CONSTRAINT orders_of_something;
ALTER TABLE orders ADD CONSTRAINT orders_of_something
    CHECK ((visit_id IS NOT NULL OR encounter_id IS NOT NULL) <> (admission_id IS NOT NULL));

CREATE OR REPLACE FUNCTION refuse_order_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'orders_kept' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_kept';
    END IF;
    IF NEW.state <> OLD.state AND (OLD.state || '>' || NEW.state) NOT IN ('draft>requested', 'draft>entered_in_error', 'requested>accepted',
        'requested>in_progress', 'requested>on_hold', 'requested>cancelled', 'requested>entered_in_error', 'accepted>in_progress',
        'accepted>on_hold', 'accepted>cancelled', 'accepted>entered_in_error', 'in_progress>completed', 'in_progress>entered_in_error',
        'on_hold>requested', 'on_hold>accepted', 'on_hold>cancelled', 'on_hold>entered_in_error', 'cancelled>entered_in_error') THEN
        RAISE EXCEPTION 'orders_moves' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_moves';
    END IF;
    IF NEW.state <> OLD.state AND NEW.version <> OLD.version + 1 THEN
        RAISE EXCEPTION 'orders_versions' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_versions';
    END IF;
    -- An order that was placed stays what it was.
    IF (NEW.id, NEW.patient_id, NEW.visit_id, NEW.encounter_id, NEW.admission_id, NEW.kind, NEW.ordered_at, NEW.ordered_by) IS DISTINCT FROM
        (OLD.id, OLD.patient_id, OLD.visit_id, OLD.encounter_id, OLD.admission_id, OLD.kind, OLD.ordered_at, OLD.ordered_by)
        OR (OLD.state <> 'draft'
            AND (NEW.service, NEW.priority, NEW.requested_at) IS DISTINCT FROM (OLD.service, OLD.priority, OLD.requested_at)) THEN
        RAISE EXCEPTION 'orders_fixed' USING ERRCODE = 'check_violation', CONSTRAINT = 'orders_fixed';
    END IF;
    RETURN NEW;
END $$;
-- An order of a stay is placed while its patient lies on a ward. The functions read as their owner, and wait for the end of the stay.
CREATE FUNCTION of_an_open_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
        AND a.state = 'admitted' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse(TG_ARGV[0]);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_of_stay BEFORE INSERT ON orders FOR EACH ROW
WHEN (NEW.admission_id IS NOT NULL) EXECUTE FUNCTION of_an_open_stay('orders_of_stay');
CREATE TRIGGER requisitions_of_stay BEFORE INSERT ON requisitions FOR EACH ROW
WHEN (NEW.admission_id IS NOT NULL) EXECUTE FUNCTION of_an_open_stay('requisitions_of_stay');
