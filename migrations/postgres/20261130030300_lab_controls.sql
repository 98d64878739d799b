-- Quality control of the laboratory: lots of control material, the runs in which they are measured, and the hold that a rejected run puts on
-- the results of its test.

CREATE TABLE lab_control_lots (
    id          UUID PRIMARY KEY NOT NULL,
    clinic_id   UUID NOT NULL REFERENCES clinics (id),
    test_id     UUID NOT NULL REFERENCES lab_tests (id),
    material    TEXT NOT NULL CHECK (length(trim(material)) > 0 AND length(material) <= 80),
    level       BIGINT NOT NULL CHECK (level BETWEEN 1 AND 3),
    lot         TEXT NOT NULL CHECK (length(trim(lot)) > 0 AND length(lot) <= 40),
    expires_on  DATE NOT NULL,
    -- Mean and standard deviation are the maker's, or the laboratory's own from its first measurements.
    target      TEXT NOT NULL CHECK (target IN ('maker', 'own')),
    mean        BIGINT,
    sd          BIGINT CHECK (sd > 0),
    state       TEXT NOT NULL CHECK (state IN ('establishing', 'active', 'closed')),
    created_at  TIMESTAMPTZ NOT NULL,
    created_by  UUID NOT NULL REFERENCES users (id),
    closed_at   TIMESTAMPTZ,
    closed_by   UUID REFERENCES users (id),
    CONSTRAINT control_lots_once UNIQUE (clinic_id, test_id, level, lot),
    CONSTRAINT control_lots_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT control_lots_target CHECK ((mean IS NULL) = (sd IS NULL) AND (state <> 'active' OR mean IS NOT NULL)
        AND (state <> 'establishing' OR mean IS NULL))
);
-- One lot of a level counts at a time.
CREATE UNIQUE INDEX control_lots_one_active ON lab_control_lots (clinic_id, test_id, level) WHERE state = 'active';

CREATE TABLE lab_control_runs (
    id         UUID PRIMARY KEY NOT NULL,
    clinic_id  UUID NOT NULL REFERENCES clinics (id),
    test_id    UUID NOT NULL REFERENCES lab_tests (id),
    nth        BIGINT NOT NULL CHECK (nth >= 1),
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    -- 'establishing': only lots without a target were measured.
    verdict    TEXT NOT NULL CHECK (verdict IN ('establishing', 'in_control', 'warning', 'rejected')),
    rule       TEXT CHECK (rule IN ('1_2s', '1_3s', '2_2s', 'r_4s', '4_1s', '10x')),
    -- The act that followed the rejected run before.
    action     TEXT NOT NULL DEFAULT '' CHECK (length(action) <= 500),
    CONSTRAINT control_runs_in_turn UNIQUE (clinic_id, test_id, nth),
    CONSTRAINT control_runs_ruled CHECK ((verdict IN ('warning', 'rejected')) = (rule IS NOT NULL))
);

CREATE TABLE lab_control_points (
    id               UUID PRIMARY KEY NOT NULL,
    run_id           UUID NOT NULL REFERENCES lab_control_runs (id),
    lot_id           UUID NOT NULL REFERENCES lab_control_lots (id),
    value_text       TEXT NOT NULL CHECK (length(value_text) BETWEEN 1 AND 40),
    millionths       BIGINT NOT NULL,
    -- The target at the time of the run.
    mean             BIGINT,
    sd               BIGINT CHECK (sd > 0),
    -- An excluded point is drawn, and no rule counts it.
    excluded_at      TIMESTAMPTZ,
    excluded_by      UUID REFERENCES users (id),
    excluded_reason  TEXT NOT NULL DEFAULT '' CHECK (length(excluded_reason) <= 500),
    CONSTRAINT control_points_once UNIQUE (run_id, lot_id),
    CONSTRAINT control_points_target CHECK ((mean IS NULL) = (sd IS NULL)),
    CONSTRAINT control_points_excluded CHECK ((excluded_at IS NULL) = (excluded_by IS NULL)
        AND (excluded_at IS NULL) = (length(trim(excluded_reason)) = 0))
);
CREATE INDEX lab_control_points_by_lot ON lab_control_points (lot_id);

-- A result that is released although its control was rejected.
CREATE TABLE lab_hold_overrides (
    result_id  UUID PRIMARY KEY NOT NULL REFERENCES lab_results (id),
    at         TIMESTAMPTZ NOT NULL,
    by_user    UUID NOT NULL REFERENCES users (id),
    reason     TEXT NOT NULL CHECK (length(trim(reason)) > 0 AND length(reason) <= 500)
);


ALTER TABLE lab_hold_overrides ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON lab_hold_overrides USING (EXISTS (SELECT 1 FROM lab_results r WHERE r.id = lab_hold_overrides.result_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON lab_control_lots, lab_control_runs, lab_control_points, lab_hold_overrides FROM infirmary_app;
REVOKE UPDATE ON lab_control_runs, lab_hold_overrides FROM infirmary_app;

-- A released result has a control that is not rejected, or somebody who took responsibility. A calculated one depends on its inputs' controls.
-- The function reads as its owner.
CREATE FUNCTION rejected_holds() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_hold_overrides v WHERE v.result_id = NEW.id)
        AND EXISTS (SELECT 1 FROM lab_tests t WHERE (t.id = NEW.test_id
                OR t.id IN (SELECT r.test_id FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id))
            AND (SELECT c.verdict FROM lab_control_runs c WHERE c.clinic_id = NEW.clinic_id AND c.test_id = t.id
                AND c.verdict <> 'establishing' ORDER BY c.nth DESC LIMIT 1) = 'rejected') THEN
        PERFORM refuse('rejected_holds');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER rejected_holds BEFORE UPDATE ON lab_results FOR EACH ROW
WHEN (NEW.released_at IS NOT NULL AND OLD.released_at IS NULL) EXECUTE FUNCTION rejected_holds();

CREATE TRIGGER control_lots_kept BEFORE DELETE ON lab_control_lots FOR EACH ROW EXECUTE FUNCTION row_fixed('controls_kept');
-- A lot gets its target once; a closed lot stays.
CREATE TRIGGER control_lots_frozen BEFORE UPDATE ON lab_control_lots FOR EACH ROW
WHEN ((NEW.id, NEW.clinic_id, NEW.test_id, NEW.material, NEW.level, NEW.lot, NEW.expires_on, NEW.target, NEW.created_at, NEW.created_by)
        IS DISTINCT FROM (OLD.id, OLD.clinic_id, OLD.test_id, OLD.material, OLD.level, OLD.lot, OLD.expires_on, OLD.target, OLD.created_at,
            OLD.created_by)
    OR (OLD.mean IS NOT NULL AND (NEW.mean, NEW.sd) IS DISTINCT FROM (OLD.mean, OLD.sd)) OR OLD.state = 'closed'
    OR (OLD.state = 'active' AND NEW.state = 'establishing'))
EXECUTE FUNCTION row_fixed('controls_kept');
CREATE TRIGGER control_runs_kept BEFORE UPDATE OR DELETE ON lab_control_runs FOR EACH ROW EXECUTE FUNCTION row_fixed('controls_kept');
CREATE FUNCTION control_points_of_test() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM lab_control_runs r JOIN lab_control_lots l ON l.clinic_id = r.clinic_id AND l.test_id = r.test_id
        WHERE r.id = NEW.run_id AND l.id = NEW.lot_id AND l.state <> 'closed' AND l.mean IS NOT DISTINCT FROM NEW.mean
            AND l.sd IS NOT DISTINCT FROM NEW.sd) THEN
        PERFORM refuse('control_points_of_test');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER control_points_of_test BEFORE INSERT ON lab_control_points FOR EACH ROW EXECUTE FUNCTION control_points_of_test();
CREATE TRIGGER control_points_fixed BEFORE UPDATE ON lab_control_points FOR EACH ROW
WHEN ((NEW.id, NEW.run_id, NEW.lot_id, NEW.value_text, NEW.millionths, NEW.mean, NEW.sd)
        IS DISTINCT FROM (OLD.id, OLD.run_id, OLD.lot_id, OLD.value_text, OLD.millionths, OLD.mean, OLD.sd)
    OR OLD.excluded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('controls_kept');
CREATE TRIGGER control_points_kept BEFORE DELETE ON lab_control_points FOR EACH ROW EXECUTE FUNCTION row_fixed('controls_kept');
CREATE TRIGGER lab_hold_overrides_kept BEFORE UPDATE OR DELETE ON lab_hold_overrides FOR EACH ROW EXECUTE FUNCTION row_fixed('controls_kept');
