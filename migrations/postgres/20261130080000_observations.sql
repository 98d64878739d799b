-- Observations of patients in a bed with their early-warning score, and the plan by which they are taken.

-- A version of the plan of an admission. The last one counts.
CREATE TABLE observation_plans (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    nth           BIGINT NOT NULL CHECK (nth >= 1),
    -- The scale of the oxygen saturation: 2 is for hypercapnic respiratory failure, by a doctor's decision.
    spo2_scale    BIGINT NOT NULL DEFAULT 1 CHECK (spo2_scale IN (1, 2)),
    -- A pregnant patient gets no score.
    pregnant BOOLEAN NOT NULL DEFAULT FALSE,
    -- Minutes between two sets, instead of those that follow from the score.
    interval_min  BIGINT CHECK (interval_min BETWEEN 5 AND 1440),
    -- No set is due until then.
    stopped_until TIMESTAMPTZ,
    reason        TEXT NOT NULL CHECK (length(trim(reason)) > 0 AND length(reason) <= 500),
    set_at        TIMESTAMPTZ NOT NULL,
    set_by        UUID NOT NULL REFERENCES users (id),
    CONSTRAINT observation_plans_in_turn UNIQUE (admission_id, nth),
    CONSTRAINT observation_plans_stop CHECK (stopped_until IS NULL OR (stopped_until > set_at
        AND stopped_until <= set_at + INTERVAL '24 hours'))
);

-- A version of a set of observations. A set is corrected by another version, and marked as wrong by one without values.
CREATE TABLE observations (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The first version of the set.
    set_id        UUID NOT NULL REFERENCES observations (id),
    version       BIGINT NOT NULL CHECK (version >= 1),
    kind          TEXT NOT NULL CHECK (kind IN ('values', 'refused', 'error')),
    taken_at      TIMESTAMPTZ NOT NULL,
    recorded_at   TIMESTAMPTZ NOT NULL,
    recorded_by   UUID NOT NULL REFERENCES users (id),
    respiration   BIGINT CHECK (respiration BETWEEN 0 AND 100),
    spo2          BIGINT CHECK (spo2 BETWEEN 30 AND 100),
    -- Tenths of a litre a minute; 0 is air.
    oxygen        BIGINT CHECK (oxygen BETWEEN 0 AND 1000),
    systolic      BIGINT CHECK (systolic BETWEEN 30 AND 300),
    diastolic     BIGINT CHECK (diastolic BETWEEN 10 AND 200),
    pulse         BIGINT CHECK (pulse BETWEEN 0 AND 300),
    consciousness TEXT CHECK (consciousness IN ('alert', 'confusion', 'voice', 'pain', 'unresponsive')),
    -- Tenths of a degree Celsius.
    temperature   BIGINT CHECK (temperature BETWEEN 250 AND 450),
    -- Staff or the family worry about the patient.
    worried BOOLEAN NOT NULL DEFAULT FALSE,
    -- The scale of the oxygen saturation by which the set was scored.
    spo2_scale    BIGINT NOT NULL CHECK (spo2_scale IN (1, 2)),
    score         BIGINT CHECK (score BETWEEN 0 AND 20),
    -- A single value scores 3.
    single_red BOOLEAN NOT NULL DEFAULT FALSE,
    -- Why there is no score.
    unscored      TEXT CHECK (unscored IN ('child', 'pregnant', 'partial', 'refused', 'error')),
    reason        TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    superseded_at TIMESTAMPTZ,
    CONSTRAINT observations_versions UNIQUE (set_id, version),
    CONSTRAINT observations_first CHECK ((version = 1) = (set_id = id)),
    CONSTRAINT observations_times CHECK (taken_at <= recorded_at AND (superseded_at IS NULL OR superseded_at >= recorded_at)),
    CONSTRAINT observations_reason CHECK ((version = 1 AND kind = 'values') OR length(trim(reason)) > 0),
    CONSTRAINT observations_empty CHECK (kind = 'values' OR (respiration IS NULL AND spo2 IS NULL AND oxygen IS NULL AND systolic IS NULL
        AND diastolic IS NULL AND pulse IS NULL AND consciousness IS NULL AND temperature IS NULL)),
    CONSTRAINT observations_scored CHECK ((score IS NULL) = (unscored IS NOT NULL) AND (score IS NOT NULL OR NOT single_red)
        AND (score IS NULL OR (respiration IS NOT NULL AND spo2 IS NOT NULL AND oxygen IS NOT NULL AND systolic IS NOT NULL
            AND pulse IS NOT NULL AND consciousness IS NOT NULL AND temperature IS NOT NULL)))
);
-- One version of a set counts.
CREATE UNIQUE INDEX observations_one_current ON observations (set_id) WHERE superseded_at IS NULL;
CREATE INDEX observations_in_order ON observations (admission_id, taken_at, recorded_at, id) WHERE superseded_at IS NULL;
CREATE INDEX observations_by_patient ON observations (patient_id, taken_at);

-- The functions read as their owner. A plan is made while the patient is on the ward.
CREATE FUNCTION observation_plans_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.set_at AND (a.state = 'admitted' OR a.left_at >= NEW.set_at)) THEN
        PERFORM refuse('observation_plans_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observation_plans_of_stay BEFORE INSERT ON observation_plans FOR EACH ROW EXECUTE FUNCTION observation_plans_of_stay();
-- A doctor decides on scale 2 and on a stop; later versions keep the scale. A longer interval is refused by the program alone.
CREATE FUNCTION observation_plans_by_doctor() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (NEW.stopped_until IS NOT NULL OR (NEW.spo2_scale = 2 AND NOT EXISTS (SELECT 1 FROM observation_plans p
        WHERE p.admission_id = NEW.admission_id AND p.nth = NEW.nth - 1 AND p.spo2_scale = 2)))
        AND NOT EXISTS (SELECT 1 FROM user_roles r WHERE r.user_id = NEW.set_by AND r.role = 'doctor') THEN
        PERFORM refuse('observation_plans_by_doctor');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observation_plans_by_doctor BEFORE INSERT ON observation_plans FOR EACH ROW EXECUTE FUNCTION observation_plans_by_doctor();
CREATE TRIGGER observation_plans_fixed BEFORE UPDATE OR DELETE ON observation_plans FOR EACH ROW EXECUTE FUNCTION row_fixed('observation_plans_frozen');
-- A set is taken while the patient is on the ward.
CREATE FUNCTION observations_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.taken_at AND (a.state = 'admitted' OR a.left_at >= NEW.taken_at)) THEN
        PERFORM refuse('observations_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observations_of_stay BEFORE INSERT ON observations FOR EACH ROW EXECUTE FUNCTION observations_of_stay();
-- Scale 2 counts where the plan has it; a correction keeps the scale of its set, and is of the same set.
CREATE FUNCTION observations_scale() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.spo2_scale = 2 AND coalesce((SELECT p.spo2_scale FROM observation_plans p WHERE p.admission_id = NEW.admission_id ORDER BY p.nth DESC LIMIT 1), 1) <> 2
        AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.set_id = NEW.set_id AND o.spo2_scale = 2) THEN
        PERFORM refuse('observations_scale');
    END IF;
    IF NEW.version > 1 AND NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = NEW.set_id AND o.admission_id = NEW.admission_id) THEN
        PERFORM refuse('observations_same_set');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observations_scale BEFORE INSERT ON observations FOR EACH ROW EXECUTE FUNCTION observations_scale();
CREATE TRIGGER observations_start BEFORE INSERT ON observations FOR EACH ROW
WHEN (NEW.superseded_at IS NOT NULL) EXECUTE FUNCTION row_fixed('observations_frozen');
-- A version stays what it is: another one supersedes it.
CREATE TRIGGER observations_frozen BEFORE UPDATE ON observations FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.set_id, NEW.version, NEW.kind, NEW.taken_at, NEW.recorded_at, NEW.recorded_by, NEW.respiration, NEW.spo2, NEW.oxygen, NEW.systolic, NEW.diastolic, NEW.pulse, NEW.consciousness, NEW.temperature, NEW.worried, NEW.spo2_scale, NEW.score, NEW.single_red, NEW.unscored, NEW.reason)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.set_id, OLD.version, OLD.kind, OLD.taken_at, OLD.recorded_at, OLD.recorded_by, OLD.respiration, OLD.spo2, OLD.oxygen, OLD.systolic, OLD.diastolic, OLD.pulse, OLD.consciousness, OLD.temperature, OLD.worried, OLD.spo2_scale, OLD.score, OLD.single_red, OLD.unscored, OLD.reason) OR OLD.superseded_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('observations_frozen');
CREATE TRIGGER observations_kept BEFORE DELETE ON observations FOR EACH ROW EXECUTE FUNCTION row_fixed('observations_frozen');
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['observation_plans', 'observations']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON observation_plans, observations FROM infirmary_app;
REVOKE UPDATE ON observation_plans FROM infirmary_app;
