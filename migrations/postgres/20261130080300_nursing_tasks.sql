-- Tasks of nurses: a plan of an admission makes a row for each time at which it is due.

CREATE TABLE nursing_task_plans (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    kind          TEXT NOT NULL CHECK (kind IN ('turning', 'washing', 'walking', 'wound', 'line', 'weight', 'teaching', 'other')),
    detail        TEXT NOT NULL DEFAULT '' CHECK (length(detail) <= 200),
    repeats       TEXT NOT NULL CHECK (repeats IN ('once', 'q2h', 'q4h', 'q6h', 'shift', 'daily')),
    starts_at     TIMESTAMPTZ NOT NULL,
    created_at    TIMESTAMPTZ NOT NULL,
    created_by    UUID NOT NULL REFERENCES users (id),
    ended_at      TIMESTAMPTZ,
    ended_by      UUID REFERENCES users (id),
    CONSTRAINT nursing_task_plans_detail CHECK (kind <> 'other' OR length(trim(detail)) > 0),
    CONSTRAINT nursing_task_plans_ended CHECK ((ended_at IS NULL) = (ended_by IS NULL) AND (ended_at IS NULL OR ended_at >= created_at))
);
CREATE INDEX nursing_task_plans_repeating ON nursing_task_plans (starts_at) WHERE ended_at IS NULL AND repeats <> 'once';
CREATE INDEX nursing_task_plans_open ON nursing_task_plans (admission_id) WHERE ended_at IS NULL;
CREATE INDEX nursing_task_plans_by_patient ON nursing_task_plans (patient_id);

CREATE TABLE nursing_tasks (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    patient_id    UUID NOT NULL REFERENCES patients (id),
    clinic_id     UUID NOT NULL REFERENCES clinics (id),
    -- The plan that made it.
    origin_id     UUID NOT NULL REFERENCES nursing_task_plans (id),
    due_at        TIMESTAMPTZ NOT NULL,
    state         TEXT NOT NULL CHECK (state IN ('due', 'done', 'not_done', 'cancelled')),
    settled_at    TIMESTAMPTZ,
    settled_by    UUID REFERENCES users (id),
    reason        TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    version       BIGINT NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT tasks_once UNIQUE (origin_id, due_at),
    CONSTRAINT tasks_settled CHECK ((state = 'due') = (settled_at IS NULL) AND (settled_at IS NULL) = (settled_by IS NULL)),
    CONSTRAINT tasks_reason CHECK (state <> 'not_done' OR length(trim(reason)) > 0)
);
CREATE INDEX nursing_tasks_due ON nursing_tasks (admission_id, due_at) WHERE state = 'due';
CREATE INDEX nursing_tasks_of_admission ON nursing_tasks (admission_id, due_at);
CREATE INDEX nursing_tasks_by_patient ON nursing_tasks (patient_id, due_at);

-- The functions read as their owner.
CREATE FUNCTION nursing_task_plans_of_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id AND a.clinic_id = NEW.clinic_id
    AND a.admitted_at <= NEW.created_at AND (a.state = 'admitted' OR a.left_at >= NEW.created_at)) THEN
        PERFORM refuse('nursing_task_plans_of_stay');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nursing_task_plans_of_stay BEFORE INSERT ON nursing_task_plans FOR EACH ROW EXECUTE FUNCTION nursing_task_plans_of_stay();
CREATE TRIGGER nursing_task_plans_frozen BEFORE UPDATE ON nursing_task_plans FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.detail, NEW.repeats, NEW.starts_at, NEW.created_at, NEW.created_by)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.detail, OLD.repeats, OLD.starts_at, OLD.created_at, OLD.created_by) OR OLD.ended_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('nursing_task_plans_frozen');
CREATE TRIGGER nursing_task_plans_kept BEFORE DELETE ON nursing_task_plans FOR EACH ROW EXECUTE FUNCTION row_fixed('nursing_task_plans_frozen');
-- A task is of the patient of its plan, who is admitted.
CREATE FUNCTION tasks_of_plan() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM nursing_task_plans p JOIN admissions a ON a.id = p.admission_id WHERE p.id = NEW.origin_id
        AND p.admission_id = NEW.admission_id AND p.patient_id = NEW.patient_id AND p.clinic_id = NEW.clinic_id
        AND (p.ended_at IS NULL OR NEW.state <> 'due') AND (a.state = 'admitted' OR NEW.state <> 'due') FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('tasks_of_plan');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tasks_of_plan BEFORE INSERT ON nursing_tasks FOR EACH ROW EXECUTE FUNCTION tasks_of_plan();
CREATE TRIGGER tasks_moves BEFORE UPDATE ON nursing_tasks FOR EACH ROW
WHEN (NEW.version <> OLD.version + 1 OR OLD.state <> 'due' OR NEW.state = 'due') EXECUTE FUNCTION row_fixed('tasks_moves');
CREATE TRIGGER nursing_tasks_frozen BEFORE UPDATE ON nursing_tasks FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.origin_id, NEW.due_at)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.origin_id, OLD.due_at))
EXECUTE FUNCTION row_fixed('tasks_frozen');
CREATE TRIGGER nursing_tasks_kept BEFORE DELETE ON nursing_tasks FOR EACH ROW EXECUTE FUNCTION row_fixed('tasks_frozen');
SELECT guard_rows(guarded, 'patient_id', format('%s.clinic_id = ANY ((SELECT reader_clinics())::uuid[])', guarded))
FROM unnest(ARRAY['nursing_task_plans', 'nursing_tasks']::regclass[]) AS guarded;
REVOKE DELETE, TRUNCATE ON nursing_task_plans, nursing_tasks FROM infirmary_app;
-- The patient left: the tasks that are due are cancelled.
CREATE FUNCTION tasks_end_with_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE nursing_tasks SET state = 'cancelled', settled_at = NEW.updated_at, settled_by = NEW.updated_by, version = version + 1
    WHERE admission_id = NEW.id AND state = 'due';
    UPDATE nursing_task_plans SET ended_at = greatest(NEW.updated_at, created_at), ended_by = NEW.updated_by
    WHERE admission_id = NEW.id AND ended_at IS NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER tasks_end_with_stay AFTER UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state = 'discharged' AND OLD.state = 'admitted') EXECUTE FUNCTION tasks_end_with_stay();
