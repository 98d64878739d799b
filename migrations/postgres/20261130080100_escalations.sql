-- Escalations of patients who get worse: opened by a set of observations, answered by a named person within a time.

CREATE TABLE escalations (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The set that opened it.
    observation_id UUID NOT NULL REFERENCES observations (id),
    because       TEXT NOT NULL CHECK (because IN ('single', 'score', 'worry')),
    score         BIGINT CHECK (score BETWEEN 0 AND 20),
    -- 1: the ward's doctor; 2: urgent; 3: emergency.
    level         BIGINT NOT NULL CHECK (level BETWEEN 1 AND 3),
    state         TEXT NOT NULL CHECK (state IN ('open', 'told', 'attended', 'closed')),
    opened_at     TIMESTAMPTZ NOT NULL,
    -- When somebody must have attended.
    answer_by     TIMESTAMPTZ NOT NULL,
    attended_at   TIMESTAMPTZ,
    -- The person who attended.
    attended_by   TEXT NOT NULL DEFAULT '' CHECK (length(attended_by) <= 120),
    closed_at     TIMESTAMPTZ,
    closed_by     UUID REFERENCES users (id),
    -- The set was wrong, or the patient left.
    withdrawn BOOLEAN NOT NULL DEFAULT FALSE,
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT escalations_named CHECK ((attended_at IS NULL) = (length(trim(attended_by)) = 0)
        AND (attended_at IS NOT NULL OR state IN ('open', 'told') OR (state = 'closed' AND withdrawn))
        AND (attended_at IS NULL OR state IN ('attended', 'closed'))),
    CONSTRAINT escalations_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
        AND (state = 'closed' OR NOT withdrawn)),
    CONSTRAINT escalations_times CHECK (answer_by > opened_at AND (attended_at IS NULL OR attended_at >= opened_at)
        AND (closed_at IS NULL OR closed_at >= opened_at))
);
CREATE UNIQUE INDEX escalations_one_open ON escalations (admission_id) WHERE state <> 'closed';
CREATE INDEX escalations_of_clinic ON escalations (clinic_id, answer_by) WHERE state <> 'closed';
CREATE INDEX escalations_unmet ON escalations (answer_by) WHERE state IN ('open', 'told') AND level < 3;
CREATE INDEX escalations_of_admission ON escalations (admission_id, opened_at);
CREATE INDEX escalations_by_patient ON escalations (patient_id, opened_at);
CREATE INDEX escalations_by_set ON escalations (observation_id);

-- The steps of an escalation, in order.
CREATE TABLE escalation_steps (
    id            UUID PRIMARY KEY NOT NULL,
    escalation_id UUID NOT NULL REFERENCES escalations (id),
    nth           BIGINT NOT NULL CHECK (nth >= 1),
    step          TEXT NOT NULL CHECK (step IN ('opened', 'raised', 'told', 'attended', 'closed', 'withdrawn')),
    level         BIGINT NOT NULL CHECK (level BETWEEN 1 AND 3),
    at            TIMESTAMPTZ NOT NULL,
    by_user       UUID NOT NULL REFERENCES users (id),
    -- The person who was told, or who attended.
    whom          TEXT NOT NULL DEFAULT '' CHECK (length(whom) <= 120),
    -- The note: what was said or done.
    sealed        BYTEA NOT NULL DEFAULT '' CHECK (length(sealed) <= 200000),
    CONSTRAINT escalation_steps_in_turn UNIQUE (escalation_id, nth),
    CONSTRAINT escalation_steps_named CHECK (step NOT IN ('told', 'attended') OR length(trim(whom)) > 0)
);

-- The functions read as their owner. An escalation is of the patient of its set, who is admitted.
CREATE FUNCTION escalations_of_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = NEW.observation_id AND o.admission_id = NEW.admission_id
        AND o.patient_id = NEW.patient_id AND o.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('escalations_of_set');
    END IF;
    IF NEW.state <> 'closed' THEN
        PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' FOR SHARE;
        IF NOT FOUND THEN
            PERFORM refuse('escalations_admitted');
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER escalations_of_set BEFORE INSERT ON escalations FOR EACH ROW EXECUTE FUNCTION escalations_of_set();
CREATE TRIGGER escalations_moves BEFORE UPDATE ON escalations FOR EACH ROW
WHEN (NOT ((OLD.state = NEW.state AND NEW.state IN ('open', 'told')) OR (OLD.state = 'open' AND NEW.state IN ('told', 'attended'))
        OR (OLD.state = 'told' AND NEW.state = 'attended') OR (OLD.state = 'attended' AND NEW.state = 'closed')
        OR (OLD.state = 'attended' AND NEW.state = 'open' AND NEW.level > OLD.level)
        OR (OLD.state <> 'closed' AND NEW.state = 'closed' AND NEW.withdrawn)) OR NEW.level < OLD.level OR NEW.version <> OLD.version + 1)
EXECUTE FUNCTION row_fixed('escalations_moves');
CREATE TRIGGER escalations_frozen BEFORE UPDATE ON escalations FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.observation_id, NEW.because, NEW.opened_at)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.observation_id, OLD.because, OLD.opened_at) OR OLD.state = 'closed')
EXECUTE FUNCTION row_fixed('escalations_frozen');
CREATE TRIGGER escalations_kept BEFORE DELETE ON escalations FOR EACH ROW EXECUTE FUNCTION row_fixed('escalations_frozen');
CREATE TRIGGER escalation_steps_frozen BEFORE UPDATE ON escalation_steps FOR EACH ROW
WHEN ((NEW.id, NEW.escalation_id, NEW.nth, NEW.step, NEW.level, NEW.at, NEW.by_user, NEW.whom)
    IS DISTINCT FROM (OLD.id, OLD.escalation_id, OLD.nth, OLD.step, OLD.level, OLD.at, OLD.by_user, OLD.whom))
EXECUTE FUNCTION row_fixed('escalation_steps_frozen');
CREATE TRIGGER escalation_steps_kept BEFORE DELETE ON escalation_steps FOR EACH ROW EXECUTE FUNCTION row_fixed('escalation_steps_frozen');
CREATE TRIGGER escalation_steps_key_open_insert AFTER INSERT ON escalation_steps REFERENCING NEW TABLE AS added
FOR EACH STATEMENT EXECUTE FUNCTION refuse_closed_key();
CREATE TRIGGER escalation_steps_key_open_update BEFORE UPDATE OF sealed ON escalation_steps
FOR EACH ROW EXECUTE FUNCTION refuse_closed_key();
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['escalations']::regclass[]) AS guarded;
ALTER TABLE escalation_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON escalation_steps USING (EXISTS (SELECT 1 FROM escalations e WHERE e.id = escalation_steps.escalation_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON escalations, escalation_steps FROM infirmary_app;
REVOKE UPDATE ON escalation_steps FROM infirmary_app;
-- The patient left: the escalation ends.
CREATE FUNCTION escalations_end_with_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE escalations SET state = 'closed', withdrawn = (attended_at IS NULL), closed_at = greatest(NEW.updated_at, opened_at),
        closed_by = NEW.updated_by, version = version + 1 WHERE admission_id = NEW.id AND state <> 'closed';
    RETURN NEW;
END $$;
CREATE TRIGGER escalations_end_with_stay AFTER UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state = 'discharged' AND OLD.state = 'admitted') EXECUTE FUNCTION escalations_end_with_stay();
