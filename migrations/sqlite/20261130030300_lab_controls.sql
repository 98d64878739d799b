-- Quality control of the laboratory: lots of control material, the runs in which they are measured, and the hold that a rejected run puts on
-- the results of its test.

CREATE TABLE lab_control_lots (
    id          BLOB PRIMARY KEY NOT NULL,
    clinic_id   BLOB NOT NULL REFERENCES clinics (id),
    test_id     BLOB NOT NULL REFERENCES lab_tests (id),
    material    TEXT NOT NULL CHECK (length(trim(material)) > 0 AND length(material) <= 80),
    level       INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    lot         TEXT NOT NULL CHECK (length(trim(lot)) > 0 AND length(lot) <= 40),
    expires_on  TEXT NOT NULL,
    -- Mean and standard deviation are the maker's, or the laboratory's own from its first measurements.
    target      TEXT NOT NULL CHECK (target IN ('maker', 'own')),
    mean        INTEGER,
    sd          INTEGER CHECK (sd > 0),
    state       TEXT NOT NULL CHECK (state IN ('establishing', 'active', 'closed')),
    created_at  TEXT NOT NULL,
    created_by  BLOB NOT NULL REFERENCES users (id),
    closed_at   TEXT,
    closed_by   BLOB REFERENCES users (id),
    CONSTRAINT control_lots_once UNIQUE (clinic_id, test_id, level, lot),
    CONSTRAINT control_lots_closed CHECK ((closed_at IS NULL) = (closed_by IS NULL) AND (state = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT control_lots_target CHECK ((mean IS NULL) = (sd IS NULL) AND (state <> 'active' OR mean IS NOT NULL)
        AND (state <> 'establishing' OR mean IS NULL))
) STRICT;
-- One lot of a level counts at a time.
CREATE UNIQUE INDEX control_lots_one_active ON lab_control_lots (clinic_id, test_id, level) WHERE state = 'active';

CREATE TABLE lab_control_runs (
    id         BLOB PRIMARY KEY NOT NULL,
    clinic_id  BLOB NOT NULL REFERENCES clinics (id),
    test_id    BLOB NOT NULL REFERENCES lab_tests (id),
    nth        INTEGER NOT NULL CHECK (nth >= 1),
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    -- 'establishing': only lots without a target were measured.
    verdict    TEXT NOT NULL CHECK (verdict IN ('establishing', 'in_control', 'warning', 'rejected')),
    rule       TEXT CHECK (rule IN ('1_2s', '1_3s', '2_2s', 'r_4s', '4_1s', '10x')),
    -- The act that followed the rejected run before.
    action     TEXT NOT NULL DEFAULT '' CHECK (length(action) <= 500),
    CONSTRAINT control_runs_in_turn UNIQUE (clinic_id, test_id, nth),
    CONSTRAINT control_runs_ruled CHECK ((verdict IN ('warning', 'rejected')) = (rule IS NOT NULL))
) STRICT;

CREATE TABLE lab_control_points (
    id               BLOB PRIMARY KEY NOT NULL,
    run_id           BLOB NOT NULL REFERENCES lab_control_runs (id),
    lot_id           BLOB NOT NULL REFERENCES lab_control_lots (id),
    value_text       TEXT NOT NULL CHECK (length(value_text) BETWEEN 1 AND 40),
    millionths       INTEGER NOT NULL,
    -- The target at the time of the run.
    mean             INTEGER,
    sd               INTEGER CHECK (sd > 0),
    -- An excluded point is drawn, and no rule counts it.
    excluded_at      TEXT,
    excluded_by      BLOB REFERENCES users (id),
    excluded_reason  TEXT NOT NULL DEFAULT '' CHECK (length(excluded_reason) <= 500),
    CONSTRAINT control_points_once UNIQUE (run_id, lot_id),
    CONSTRAINT control_points_target CHECK ((mean IS NULL) = (sd IS NULL)),
    CONSTRAINT control_points_excluded CHECK ((excluded_at IS NULL) = (excluded_by IS NULL)
        AND (excluded_at IS NULL) = (length(trim(excluded_reason)) = 0))
) STRICT;
CREATE INDEX lab_control_points_by_lot ON lab_control_points (lot_id);

-- A result that is released although its control was rejected.
CREATE TABLE lab_hold_overrides (
    result_id  BLOB PRIMARY KEY NOT NULL REFERENCES lab_results (id),
    at         TEXT NOT NULL,
    by_user    BLOB NOT NULL REFERENCES users (id),
    reason     TEXT NOT NULL CHECK (length(trim(reason)) > 0 AND length(reason) <= 500)
) STRICT;

-- A released result has a control that is not rejected, or somebody who took responsibility. A calculated one depends on its inputs' controls.
CREATE TRIGGER rejected_holds BEFORE UPDATE ON lab_results
WHEN NEW.released_at IS NOT NULL AND OLD.released_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM lab_hold_overrides v WHERE v.result_id = NEW.id)
    AND EXISTS (SELECT 1 FROM lab_tests t WHERE (t.id = NEW.test_id
            OR t.id IN (SELECT r.test_id FROM lab_result_inputs i JOIN lab_results r ON r.id = i.input_id WHERE i.result_id = NEW.id))
        AND (SELECT c.verdict FROM lab_control_runs c WHERE c.clinic_id = NEW.clinic_id AND c.test_id = t.id AND c.verdict <> 'establishing'
            ORDER BY c.nth DESC LIMIT 1) = 'rejected')
BEGIN
    SELECT RAISE(ABORT, 'rejected_holds');
END;

CREATE TRIGGER control_lots_kept BEFORE DELETE ON lab_control_lots
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
-- A lot gets its target once; a closed lot stays.
CREATE TRIGGER control_lots_frozen BEFORE UPDATE ON lab_control_lots
WHEN (NEW.id, NEW.clinic_id, NEW.test_id, NEW.material, NEW.level, NEW.lot, NEW.expires_on, NEW.target, NEW.created_at, NEW.created_by)
        IS NOT (OLD.id, OLD.clinic_id, OLD.test_id, OLD.material, OLD.level, OLD.lot, OLD.expires_on, OLD.target, OLD.created_at, OLD.created_by)
    OR (OLD.mean IS NOT NULL AND (NEW.mean, NEW.sd) IS NOT (OLD.mean, OLD.sd)) OR OLD.state = 'closed'
    OR (OLD.state = 'active' AND NEW.state = 'establishing')
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER control_runs_fixed BEFORE UPDATE ON lab_control_runs
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER control_runs_kept BEFORE DELETE ON lab_control_runs
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER control_points_of_test BEFORE INSERT ON lab_control_points
WHEN NOT EXISTS (SELECT 1 FROM lab_control_runs r JOIN lab_control_lots l ON l.clinic_id = r.clinic_id AND l.test_id = r.test_id
    WHERE r.id = NEW.run_id AND l.id = NEW.lot_id AND l.state <> 'closed' AND l.mean IS NEW.mean AND l.sd IS NEW.sd)
BEGIN
    SELECT RAISE(ABORT, 'control_points_of_test');
END;
CREATE TRIGGER control_points_fixed BEFORE UPDATE ON lab_control_points
WHEN (NEW.id, NEW.run_id, NEW.lot_id, NEW.value_text, NEW.millionths, NEW.mean, NEW.sd)
        IS NOT (OLD.id, OLD.run_id, OLD.lot_id, OLD.value_text, OLD.millionths, OLD.mean, OLD.sd)
    OR OLD.excluded_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER control_points_kept BEFORE DELETE ON lab_control_points
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER lab_hold_overrides_fixed BEFORE UPDATE ON lab_hold_overrides
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
CREATE TRIGGER lab_hold_overrides_kept BEFORE DELETE ON lab_hold_overrides
BEGIN
    SELECT RAISE(ABORT, 'controls_kept');
END;
