-- Infusions: the order of a volume at a rate, each infusion that runs, and its events. The volume given is computed from the events.

CREATE TABLE infusion_orders (
    order_id   UUID PRIMARY KEY NOT NULL,
    patient_id UUID NOT NULL REFERENCES patients (id),
    -- Thousandths of a millilitre, and of a millilitre in an hour.
    volume_ul  BIGINT NOT NULL CHECK (volume_ul BETWEEN 1000 AND 10000000),
    rate_ul_h  BIGINT NOT NULL CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    -- The rate up to which a nurse may set it; none: the rate itself.
    most_ul_h  BIGINT CHECK (most_ul_h BETWEEN 10 AND 10000000),
    -- A dose rate in thousandths of its unit, the weight that was used, and the medicine in the volume: micrograms, or thousandths of a unit.
    dose_unit  TEXT CHECK (dose_unit IN ('microgram/kg/min', 'microgram/kg/h', 'mg/kg/h', 'units/kg/h', 'microgram/min', 'microgram/h', 'mg/h', 'units/h')),
    dose_milli BIGINT CHECK (dose_milli BETWEEN 1 AND 100000000),
    weight_g   BIGINT CHECK (weight_g BETWEEN 300 AND 500000),
    content    BIGINT CHECK (content BETWEEN 1 AND 1000000000000),
    CONSTRAINT infusion_orders_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT infusion_orders_most CHECK (most_ul_h IS NULL OR most_ul_h >= rate_ul_h),
    CONSTRAINT infusion_orders_dose CHECK ((dose_unit IS NULL) = (dose_milli IS NULL) AND (dose_unit IS NULL) = (content IS NULL)
        AND (weight_g IS NOT NULL) = (coalesce(dose_unit, '') LIKE '%/kg/%'))
);
CREATE INDEX infusion_orders_by_patient ON infusion_orders (patient_id);

CREATE TABLE infusions (
    id           UUID PRIMARY KEY NOT NULL,
    order_id     UUID NOT NULL REFERENCES infusion_orders (order_id),
    admission_id UUID NOT NULL REFERENCES admissions (id),
    patient_id   UUID NOT NULL REFERENCES patients (id),
    clinic_id    UUID NOT NULL REFERENCES clinics (id),
    -- Voided: it was entered in error.
    state        TEXT NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'voided')),
    rate_ul_h    BIGINT NOT NULL CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    started_at   TIMESTAMPTZ NOT NULL,
    -- The time and the number of the latest event.
    last_at      TIMESTAMPTZ NOT NULL,
    seq          BIGINT NOT NULL DEFAULT 0 CHECK (seq >= 0),
    ended_at     TIMESTAMPTZ,
    CONSTRAINT infusions_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT infusions_times CHECK (last_at >= started_at AND (ended_at IS NOT NULL) = (state IN ('stopped', 'voided')))
);
CREATE UNIQUE INDEX infusions_one_running ON infusions (order_id) WHERE state = 'running' OR state = 'paused';
CREATE INDEX infusions_of_order ON infusions (order_id);
CREATE INDEX infusions_of_admission ON infusions (admission_id, started_at);
CREATE INDEX infusions_by_patient ON infusions (patient_id);

CREATE TABLE infusion_events (
    -- The key of the form: an event that is sent twice is recorded once.
    id          UUID PRIMARY KEY NOT NULL,
    infusion_id UUID NOT NULL REFERENCES infusions (id),
    patient_id  UUID NOT NULL REFERENCES patients (id),
    seq         BIGINT NOT NULL CHECK (seq >= 1),
    kind        TEXT NOT NULL CHECK (kind IN ('start', 'rate', 'pause', 'resume', 'bag', 'bolus', 'stop', 'void')),
    at          TIMESTAMPTZ NOT NULL,
    recorded_at TIMESTAMPTZ NOT NULL,
    recorded_by UUID NOT NULL REFERENCES users (id),
    checked_by  UUID REFERENCES users (id),
    rate_ul_h   BIGINT CHECK (rate_ul_h BETWEEN 10 AND 10000000),
    volume_ul   BIGINT CHECK (volume_ul BETWEEN 100 AND 10000000),
    reason      TEXT CHECK (reason IN ('finished', 'titration', 'side_effect', 'line', 'procedure', 'changed_plan', 'order_held', 'order_ended', 'error')),
    CONSTRAINT infusion_events_order UNIQUE (infusion_id, seq),
    CONSTRAINT infusion_events_kind CHECK ((rate_ul_h IS NOT NULL) = (kind IN ('start', 'rate')) AND (volume_ul IS NOT NULL) = (kind IN ('start', 'bag', 'bolus'))),
    CONSTRAINT infusion_events_reasoned CHECK (kind NOT IN ('rate', 'pause', 'stop', 'void') OR reason IS NOT NULL),
    CONSTRAINT infusion_events_times CHECK (at <= recorded_at),
    CONSTRAINT infusion_events_two_people CHECK (checked_by IS NULL OR checked_by <> recorded_by)
);
CREATE INDEX infusion_events_by_patient ON infusion_events (patient_id);

SELECT guard_rows('infusions', 'patient_id', 'infusions.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
ALTER TABLE infusion_orders ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON infusion_orders USING (EXISTS (SELECT 1 FROM care_orders o WHERE o.id = infusion_orders.order_id OFFSET 0));
ALTER TABLE infusion_events ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON infusion_events USING (EXISTS (SELECT 1 FROM infusions i WHERE i.id = infusion_events.infusion_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON infusion_orders, infusions, infusion_events FROM infirmary_app;

CREATE FUNCTION infusion_orders_single() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.kind = 'medicine' AND o.timing IN ('stat', 'once')) THEN
        PERFORM refuse('infusion_orders_single');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER infusion_orders_single BEFORE INSERT ON infusion_orders FOR EACH ROW EXECUTE FUNCTION infusion_orders_single();
CREATE TRIGGER infusion_orders_frozen BEFORE UPDATE ON infusion_orders FOR EACH ROW EXECUTE FUNCTION row_fixed('infusion_orders_frozen');
CREATE TRIGGER infusion_orders_kept BEFORE DELETE ON infusion_orders FOR EACH ROW EXECUTE FUNCTION row_fixed('infusion_orders_frozen');
CREATE FUNCTION infusions_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.admission_id = NEW.admission_id AND o.clinic_id = NEW.clinic_id
        AND o.state = 'active' FOR SHARE;
    IF NOT FOUND OR NEW.state <> 'running' OR NEW.seq <> 0 THEN
        PERFORM refuse('infusions_order_active');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER infusions_of_stay BEFORE INSERT ON infusions FOR EACH ROW EXECUTE FUNCTION infusions_of_stay();
CREATE FUNCTION infusions_fixed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.order_id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.started_at)
        IS DISTINCT FROM (OLD.id, OLD.order_id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.started_at)
        OR NEW.seq <> OLD.seq + 1
        OR NOT EXISTS (SELECT 1 FROM infusion_events e WHERE e.infusion_id = NEW.id AND e.seq = NEW.seq AND e.at = NEW.last_at) THEN
        PERFORM refuse('infusions_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER infusions_fixed BEFORE UPDATE ON infusions FOR EACH ROW EXECUTE FUNCTION infusions_fixed();
CREATE TRIGGER infusions_kept BEFORE DELETE ON infusions FOR EACH ROW EXECUTE FUNCTION row_fixed('infusions_fixed');
-- Events follow each other in time, by the state of the infusion; a running one has an active order, and its rate stays within the order.
CREATE FUNCTION infusion_events_in_turn() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ordered care_orders;
    stay admissions;
    rates infusion_orders;
    infusion infusions;
BEGIN
    -- A stop of the order holds it already: the order is locked before the infusion.
    SELECT o.* INTO ordered FROM infusions i JOIN care_orders o ON o.id = i.order_id WHERE i.id = NEW.infusion_id FOR SHARE OF o;
    SELECT i.* INTO infusion FROM infusions i WHERE i.id = NEW.infusion_id FOR NO KEY UPDATE;
    SELECT a.* INTO stay FROM admissions a WHERE a.id = ordered.admission_id;
    SELECT o.* INTO rates FROM infusion_orders o WHERE o.order_id = ordered.id;
    IF infusion.id IS NULL OR infusion.patient_id <> NEW.patient_id OR NEW.seq <> infusion.seq + 1 OR NEW.at < infusion.last_at
        OR (NEW.kind = 'start') <> (NEW.seq = 1)
        OR NOT (CASE NEW.kind WHEN 'start' THEN infusion.state = 'running' AND NEW.at = infusion.started_at WHEN 'resume' THEN infusion.state = 'paused'
            WHEN 'void' THEN infusion.state <> 'voided' WHEN 'stop' THEN infusion.state IN ('running', 'paused')
            WHEN 'bag' THEN infusion.state IN ('running', 'paused') ELSE infusion.state = 'running' END) THEN
        PERFORM refuse('infusion_events_order');
    END IF;
    IF NEW.kind IN ('start', 'rate', 'resume', 'bag', 'bolus')
        AND (ordered.state <> 'active' OR stay.state <> 'admitted' OR NEW.at < stay.admitted_at) THEN
        PERFORM refuse('infusions_order_active');
    END IF;
    IF NEW.kind IN ('start', 'rate', 'bag', 'bolus') AND NEW.checked_by IS NULL AND ordered.two_person THEN
        PERFORM refuse('infusion_events_checked');
    END IF;
    IF NEW.rate_ul_h > coalesce(rates.most_ul_h, rates.rate_ul_h) THEN
        PERFORM refuse('infusion_events_rate');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER infusion_events_in_turn BEFORE INSERT ON infusion_events FOR EACH ROW EXECUTE FUNCTION infusion_events_in_turn();
CREATE FUNCTION infusion_events_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE infusions SET seq = NEW.seq, last_at = NEW.at, rate_ul_h = coalesce(NEW.rate_ul_h, rate_ul_h),
        state = CASE NEW.kind WHEN 'pause' THEN 'paused' WHEN 'resume' THEN 'running' WHEN 'stop' THEN 'stopped' WHEN 'void' THEN 'voided' ELSE state END,
        ended_at = CASE WHEN NEW.kind = 'stop' OR NEW.kind = 'void' THEN coalesce(ended_at, NEW.at) ELSE ended_at END
    WHERE id = NEW.infusion_id;
    RETURN NULL;
END $$;
CREATE TRIGGER infusion_events_follow AFTER INSERT ON infusion_events FOR EACH ROW EXECUTE FUNCTION infusion_events_follow();
CREATE TRIGGER infusion_events_frozen BEFORE UPDATE ON infusion_events FOR EACH ROW EXECUTE FUNCTION row_fixed('infusion_events_frozen');
CREATE TRIGGER infusion_events_kept BEFORE DELETE ON infusion_events FOR EACH ROW EXECUTE FUNCTION row_fixed('infusion_events_frozen');
-- An order that is held pauses its infusion; one that ends stops it.
CREATE FUNCTION infusions_follow_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO infusion_events (id, infusion_id, patient_id, seq, kind, at, recorded_at, recorded_by, reason)
    SELECT gen_random_uuid(), i.id, i.patient_id, i.seq + 1, CASE NEW.state WHEN 'on_hold' THEN 'pause' ELSE 'stop' END,
        greatest(i.last_at, NEW.held_at, NEW.ended_at), greatest(i.last_at, NEW.held_at, NEW.ended_at), u.id,
        CASE NEW.state WHEN 'on_hold' THEN 'order_held' ELSE 'order_ended' END
    FROM infusions i JOIN users u ON u.login = 'system'
    WHERE i.order_id = NEW.id AND (i.state = 'running' OR (i.state = 'paused' AND NEW.state <> 'on_hold'));
    RETURN NULL;
END $$;
CREATE TRIGGER infusions_end_with_order AFTER UPDATE OF state ON care_orders FOR EACH ROW
WHEN (NEW.state IN ('stopped', 'completed') AND OLD.state IN ('active', 'on_hold')) EXECUTE FUNCTION infusions_follow_order();
CREATE TRIGGER infusions_pause_with_order AFTER UPDATE OF state ON care_orders FOR EACH ROW
WHEN (NEW.state = 'on_hold' AND OLD.state = 'active') EXECUTE FUNCTION infusions_follow_order();
