-- The doses of a medicine order, and the record of each: given, or not given with a reason. A correction is a further version.

CREATE TABLE doses (
    id              UUID PRIMARY KEY NOT NULL,
    order_id        UUID NOT NULL REFERENCES care_orders (id),
    due_at          TIMESTAMPTZ NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('due', 'given', 'held', 'refused', 'not_available', 'missed', 'cancelled')),
    version         BIGINT NOT NULL DEFAULT 1,
    UNIQUE (id, order_id),
    CONSTRAINT doses_once UNIQUE (order_id, due_at)
);
CREATE INDEX doses_due ON doses (due_at) WHERE state = 'due';

CREATE TABLE administrations (
    -- The key of the form: a dose that is recorded twice is recorded once.
    id              UUID PRIMARY KEY NOT NULL,
    dose_id         UUID NOT NULL,
    order_id        UUID NOT NULL,
    patient_id      UUID NOT NULL REFERENCES patients (id),
    clinic_id       UUID NOT NULL REFERENCES clinics (id),
    version         BIGINT NOT NULL CHECK (version >= 1),
    outcome         TEXT NOT NULL CHECK (outcome IN ('given', 'held', 'refused', 'not_available')),
    given_at        TIMESTAMPTZ,
    recorded_at     TIMESTAMPTZ NOT NULL,
    recorded_by     UUID NOT NULL REFERENCES users (id),
    -- The second person, who signed in beside the first.
    checked_by      UUID REFERENCES users (id),
    reason          TEXT CHECK (reason IN ('refused', 'nil_by_mouth', 'vomiting', 'asleep', 'away', 'clinical', 'not_available', 'workload', 'other')),
    -- The remark, and the reason of a correction.
    sealed          BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 20000),
    superseded_at   TIMESTAMPTZ,
    CONSTRAINT administrations_of_dose FOREIGN KEY (dose_id, order_id) REFERENCES doses (id, order_id),
    CONSTRAINT administrations_same_patient FOREIGN KEY (order_id, patient_id) REFERENCES care_orders (id, patient_id),
    CONSTRAINT administrations_versions UNIQUE (dose_id, version),
    CONSTRAINT administrations_times CHECK ((outcome = 'given') = (given_at IS NOT NULL) AND (given_at IS NULL OR given_at <= recorded_at)
        AND (superseded_at IS NULL OR superseded_at >= recorded_at)),
    CONSTRAINT administrations_reasoned CHECK (outcome = 'given' OR reason IS NOT NULL),
    CONSTRAINT administrations_two_people CHECK (checked_by IS NULL OR checked_by <> recorded_by)
);
CREATE UNIQUE INDEX administrations_one_standing ON administrations (dose_id) WHERE superseded_at IS NULL;
CREATE INDEX administrations_given ON administrations (patient_id, given_at) WHERE outcome = 'given' AND superseded_at IS NULL;
CREATE INDEX administrations_of_order ON administrations (order_id, recorded_at);

ALTER TABLE doses ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON doses USING (EXISTS (SELECT 1 FROM care_orders o WHERE o.id = doses.order_id OFFSET 0));
SELECT guard_rows('administrations', 'patient_id', 'administrations.clinic_id = ANY ((SELECT reader_clinics())::uuid[])');
REVOKE DELETE, TRUNCATE ON doses, administrations FROM infirmary_app;

-- A dose is due under an active order only. The functions read as their owner, and wait for whoever stops the order.
CREATE FUNCTION doses_of_active_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM care_orders o WHERE o.id = NEW.order_id AND o.state = 'active' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('orders_no_orphans');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER doses_of_active_order_insert BEFORE INSERT ON doses FOR EACH ROW
WHEN (NEW.state = 'due') EXECUTE FUNCTION doses_of_active_order();
CREATE TRIGGER doses_of_active_order_update BEFORE UPDATE OF state ON doses FOR EACH ROW
WHEN (NEW.state = 'due' AND OLD.state <> 'due') EXECUTE FUNCTION doses_of_active_order();
CREATE FUNCTION orders_no_orphans() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM doses d WHERE d.order_id = NEW.id AND d.state = 'due') THEN
        PERFORM refuse('orders_no_orphans');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER orders_no_orphans BEFORE UPDATE OF state ON care_orders FOR EACH ROW
WHEN (NEW.state <> 'active') EXECUTE FUNCTION orders_no_orphans();
CREATE FUNCTION doses_fixed() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.id <> OLD.id OR NEW.order_id <> OLD.order_id OR NEW.due_at <> OLD.due_at
        OR (NEW.state <> OLD.state AND (OLD.state = 'cancelled' OR NEW.state = 'given' AND NOT EXISTS (SELECT 1 FROM administrations a
            WHERE a.dose_id = NEW.id AND a.superseded_at IS NULL AND a.outcome = 'given'))) THEN
        PERFORM refuse('doses_fixed');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER doses_fixed BEFORE UPDATE ON doses FOR EACH ROW EXECUTE FUNCTION doses_fixed();
CREATE TRIGGER doses_kept BEFORE DELETE ON doses FOR EACH ROW EXECUTE FUNCTION row_fixed('doses_fixed');

-- Whether two medicines are the same, or share a substance.
CREATE FUNCTION shares_substance(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT one = other OR EXISTS (SELECT 1 FROM drug_ingredients i JOIN drug_ingredients j ON j.substance_id = i.substance_id
        WHERE i.drug_id = one AND j.drug_id = other)
$$;
-- A dose is given under an active order, to a patient on the ward; a correction may say that it was given before the order was held or ended.
CREATE FUNCTION doses_order_active() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    ordered care_orders;
    stay admissions;
BEGIN
    -- Doses of one patient take turns: each sees those before it.
    SELECT a.* INTO stay FROM care_orders o JOIN admissions a ON a.id = o.admission_id WHERE o.id = NEW.order_id FOR NO KEY UPDATE OF a;
    SELECT o.* INTO ordered FROM care_orders o WHERE o.id = NEW.order_id FOR SHARE;
    IF ordered.id IS NULL OR stay.admitted_at IS NULL OR NEW.given_at < stay.admitted_at OR NOT ((ordered.state = 'active' AND stay.state = 'admitted')
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
CREATE TRIGGER doses_order_active BEFORE INSERT ON administrations FOR EACH ROW
WHEN (NEW.outcome = 'given') EXECUTE FUNCTION doses_order_active();
CREATE TRIGGER administrations_frozen BEFORE UPDATE ON administrations FOR EACH ROW
WHEN ((NEW.id, NEW.dose_id, NEW.order_id, NEW.patient_id, NEW.clinic_id, NEW.version, NEW.outcome, NEW.given_at, NEW.recorded_at, NEW.recorded_by,
        NEW.checked_by, NEW.reason)
    IS DISTINCT FROM (OLD.id, OLD.dose_id, OLD.order_id, OLD.patient_id, OLD.clinic_id, OLD.version, OLD.outcome, OLD.given_at, OLD.recorded_at,
        OLD.recorded_by, OLD.checked_by, OLD.reason)
    OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
    OR (OLD.superseded_at IS NOT NULL AND NEW.superseded_at IS DISTINCT FROM OLD.superseded_at))
EXECUTE FUNCTION row_fixed('administrations_frozen');
CREATE TRIGGER administrations_kept BEFORE DELETE ON administrations FOR EACH ROW EXECUTE FUNCTION row_fixed('administrations_frozen');
CREATE TRIGGER administrations_key_open_insert AFTER INSERT ON administrations REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER administrations_key_open_update BEFORE UPDATE OF sealed ON administrations
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();

-- The stay ends, and with it its orders and the doses that are due.
CREATE FUNCTION orders_end_with_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE doses SET state = 'cancelled', version = version + 1
    WHERE state = 'due' AND order_id IN (SELECT o.id FROM care_orders o WHERE o.admission_id = NEW.id AND (o.state = 'active' OR o.state = 'on_hold'));
    UPDATE care_orders SET state = 'stopped', ended_at = NEW.left_at, held_at = NULL, resume_at = NULL, version = version + 1
    WHERE admission_id = NEW.id AND (state = 'active' OR state = 'on_hold');
    RETURN NULL;
END $$;
CREATE TRIGGER orders_end_with_stay AFTER UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state = 'discharged' AND OLD.state = 'admitted') EXECUTE FUNCTION orders_end_with_stay();
