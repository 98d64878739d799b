-- Care plans of nurses, and the lines and devices of a patient on a ward.

CREATE TABLE care_plans (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    -- The problem and the goal.
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    target_on     TEXT,
    state         TEXT NOT NULL CHECK (state IN ('open', 'met', 'not_met', 'ended')),
    opened_at     TEXT NOT NULL,
    opened_by     BLOB NOT NULL REFERENCES users (id),
    closed_at     TEXT,
    closed_by     BLOB REFERENCES users (id),
    UNIQUE (id, admission_id),
    CONSTRAINT care_plans_closed CHECK ((state = 'open') = (closed_at IS NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
        AND (closed_at IS NULL OR closed_at >= opened_at))
) STRICT;
CREATE INDEX care_plans_of_admission ON care_plans (admission_id, opened_at);
CREATE INDEX care_plans_by_patient ON care_plans (patient_id);
CREATE TABLE care_plan_actions (
    id            BLOB PRIMARY KEY NOT NULL,
    care_plan_id  BLOB NOT NULL REFERENCES care_plans (id),
    task_plan_id  BLOB NOT NULL CONSTRAINT care_plan_actions_once UNIQUE REFERENCES nursing_task_plans (id)
) STRICT;
CREATE INDEX care_plan_actions_of_plan ON care_plan_actions (care_plan_id);
CREATE TABLE care_plan_evaluations (
    id            BLOB PRIMARY KEY NOT NULL,
    care_plan_id  BLOB NOT NULL REFERENCES care_plans (id),
    outcome       TEXT NOT NULL CHECK (outcome IN ('better', 'same', 'worse', 'met', 'not_met')),
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 20000),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX care_plan_evaluations_of_plan ON care_plan_evaluations (care_plan_id, at);
CREATE TABLE stay_devices (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    kind          TEXT NOT NULL CHECK (kind IN ('cannula', 'central_line', 'picc', 'arterial_line', 'urinary_catheter', 'feeding_tube', 'drain',
        'tracheostomy', 'other')),
    site          TEXT NOT NULL CHECK (length(trim(site)) > 0 AND length(site) <= 120),
    side          TEXT NOT NULL CHECK (side IN ('none', 'left', 'right')),
    size          TEXT NOT NULL DEFAULT '' CHECK (length(size) <= 40),
    inserted_at   TEXT NOT NULL,
    -- The person who inserted it; empty for one that the patient came with.
    inserted_by   TEXT NOT NULL DEFAULT '' CHECK (length(inserted_by) <= 120),
    dressing_due  TEXT,
    recorded_at   TEXT NOT NULL,
    recorded_by   BLOB NOT NULL REFERENCES users (id),
    -- The plan of its repeated check.
    task_plan_id  BLOB REFERENCES nursing_task_plans (id),
    removed_at    TEXT,
    removed_by    BLOB REFERENCES users (id),
    removal       TEXT CHECK (removal IN ('not_needed', 'infection', 'blocked', 'fell_out', 'replaced', 'patient', 'left_with', 'other')),
    CONSTRAINT devices_times CHECK (inserted_at <= recorded_at AND (removed_at IS NULL OR removed_at >= inserted_at)),
    CONSTRAINT devices_removed CHECK ((removed_at IS NULL) = (removed_by IS NULL) AND (removed_at IS NULL) = (removal IS NULL))
) STRICT;
CREATE INDEX stay_devices_of_admission ON stay_devices (admission_id, inserted_at);
CREATE INDEX stay_devices_in_place ON stay_devices (admission_id) WHERE removed_at IS NULL;
CREATE INDEX stay_devices_by_patient ON stay_devices (patient_id);
CREATE INDEX stay_devices_by_plan ON stay_devices (task_plan_id) WHERE task_plan_id IS NOT NULL;
CREATE TABLE stay_device_checks (
    id            BLOB PRIMARY KEY NOT NULL,
    device_id     BLOB NOT NULL REFERENCES stay_devices (id),
    act           TEXT NOT NULL CHECK (act IN ('check', 'dressing')),
    -- The phlebitis score of a cannula.
    vip           INTEGER CHECK (vip BETWEEN 0 AND 5),
    remark        TEXT NOT NULL DEFAULT '' CHECK (length(remark) <= 500),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id)
) STRICT;
CREATE INDEX stay_device_checks_of_device ON stay_device_checks (device_id, at);
CREATE TRIGGER care_plans_of_stay BEFORE INSERT ON care_plans
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND (a.state = 'admitted' OR a.left_at >= NEW.opened_at))
BEGIN
    SELECT RAISE(ABORT, 'care_plans_of_stay');
END;
CREATE TRIGGER care_plans_frozen BEFORE UPDATE ON care_plans
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.target_on, NEW.opened_at, NEW.opened_by)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.target_on, OLD.opened_at, OLD.opened_by) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66) OR (OLD.state <> 'open' AND (NEW.state, NEW.closed_at, NEW.closed_by) IS NOT (OLD.state, OLD.closed_at, OLD.closed_by))
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER care_plans_kept BEFORE DELETE ON care_plans
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
-- A plan is closed with an evaluation.
CREATE TRIGGER care_plans_evaluated BEFORE UPDATE ON care_plans
WHEN NEW.state IN ('met', 'not_met') AND OLD.state = 'open' AND NOT EXISTS (SELECT 1 FROM care_plan_evaluations v WHERE v.care_plan_id = NEW.id AND v.outcome = NEW.state)
BEGIN
    SELECT RAISE(ABORT, 'care_plans_evaluated');
END;
-- An action is a task of the same stay.
CREATE TRIGGER care_plan_actions_same_stay BEFORE INSERT ON care_plan_actions
WHEN NOT EXISTS (SELECT 1 FROM care_plans c JOIN nursing_task_plans t ON t.id = NEW.task_plan_id
    WHERE c.id = NEW.care_plan_id AND c.state = 'open' AND t.admission_id = c.admission_id AND t.kind = 'care')
BEGIN
    SELECT RAISE(ABORT, 'care_plan_actions_same_stay');
END;
CREATE TRIGGER care_plan_evaluations_open BEFORE INSERT ON care_plan_evaluations
WHEN NOT EXISTS (SELECT 1 FROM care_plans c WHERE c.id = NEW.care_plan_id AND c.state = 'open')
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER care_plan_actions_fixed BEFORE UPDATE ON care_plan_actions
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER care_plan_actions_kept BEFORE DELETE ON care_plan_actions
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER care_plan_evaluations_frozen BEFORE UPDATE ON care_plan_evaluations
WHEN (NEW.id, NEW.care_plan_id, NEW.outcome, NEW.at, NEW.by_user)
    IS NOT (OLD.id, OLD.care_plan_id, OLD.outcome, OLD.at, OLD.by_user) OR substr(NEW.sealed, 66) <> substr(OLD.sealed, 66)
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER care_plan_evaluations_kept BEFORE DELETE ON care_plan_evaluations
BEGIN
    SELECT RAISE(ABORT, 'care_plans_frozen');
END;
CREATE TRIGGER devices_of_stay BEFORE INSERT ON stay_devices
WHEN NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.patient_id = NEW.patient_id
    AND a.clinic_id = NEW.clinic_id AND (a.state = 'admitted' OR a.left_at >= NEW.recorded_at))
BEGIN
    SELECT RAISE(ABORT, 'devices_of_stay');
END;
CREATE TRIGGER stay_devices_frozen BEFORE UPDATE ON stay_devices
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.kind, NEW.site, NEW.side, NEW.size, NEW.inserted_at, NEW.inserted_by, NEW.recorded_at, NEW.recorded_by)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.kind, OLD.site, OLD.side, OLD.size, OLD.inserted_at, OLD.inserted_by, OLD.recorded_at, OLD.recorded_by) OR OLD.removed_at IS NOT NULL OR (OLD.task_plan_id IS NOT NULL AND NEW.task_plan_id <> OLD.task_plan_id)
BEGIN
    SELECT RAISE(ABORT, 'devices_frozen');
END;
CREATE TRIGGER stay_devices_kept BEFORE DELETE ON stay_devices
BEGIN
    SELECT RAISE(ABORT, 'devices_frozen');
END;
-- A device is checked while it is in place; a cannula has the score.
CREATE TRIGGER device_checks_in_place BEFORE INSERT ON stay_device_checks
WHEN NOT EXISTS (SELECT 1 FROM stay_devices d WHERE d.id = NEW.device_id AND d.removed_at IS NULL AND d.inserted_at <= NEW.at
    AND (NEW.vip IS NULL OR d.kind = 'cannula'))
BEGIN
    SELECT RAISE(ABORT, 'device_checks_in_place');
END;
CREATE TRIGGER stay_device_checks_fixed BEFORE UPDATE ON stay_device_checks
BEGIN
    SELECT RAISE(ABORT, 'devices_frozen');
END;
CREATE TRIGGER stay_device_checks_kept BEFORE DELETE ON stay_device_checks
BEGIN
    SELECT RAISE(ABORT, 'devices_frozen');
END;
CREATE TRIGGER care_plans_key_open_insert BEFORE INSERT ON care_plans
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_plans_key_open_update BEFORE UPDATE OF sealed ON care_plans WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_plan_evaluations_key_open_insert BEFORE INSERT ON care_plan_evaluations
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER care_plan_evaluations_key_open_update BEFORE UPDATE OF sealed ON care_plan_evaluations WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
-- The stay ends, and with it its care plans.
CREATE TRIGGER care_plans_end_with_stay AFTER UPDATE OF state ON admissions WHEN NEW.state = 'discharged' AND OLD.state = 'admitted'
BEGIN
    UPDATE care_plans SET state = 'ended', closed_at = max(NEW.updated_at, opened_at), closed_by = NEW.updated_by
    WHERE admission_id = NEW.id AND state = 'open';
END;
