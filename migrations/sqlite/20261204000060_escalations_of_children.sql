-- An escalation is opened by a set of observations, or by an assessment: the score of children. One that was attended may be called for again at the same
-- level, and one at the highest level that nobody answers is called for again.
-- The tables are built again with their guards.
DROP TRIGGER escalations_end_with_stay;
CREATE TABLE escalations_new (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    patient_id    BLOB NOT NULL REFERENCES patients (id),
    clinic_id     BLOB NOT NULL REFERENCES clinics (id),
    -- The set that opened it, or the assessment.
    observation_id BLOB REFERENCES observations (id),
    assessment_id BLOB REFERENCES assessments (id),
    because       TEXT NOT NULL CHECK (because IN ('single', 'score', 'worry')),
    score         INTEGER CHECK (score BETWEEN 0 AND 20),
    -- 1: the ward's doctor; 2: urgent; 3: emergency.
    level         INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    state         TEXT NOT NULL CHECK (state IN ('open', 'told', 'attended', 'closed')),
    opened_at     TEXT NOT NULL,
    -- When somebody must have attended.
    answer_by     TEXT NOT NULL,
    attended_at   TEXT,
    -- The person who attended.
    attended_by   TEXT NOT NULL DEFAULT '' CHECK (length(attended_by) <= 120),
    closed_at     TEXT,
    closed_by     BLOB REFERENCES users (id),
    -- The set was wrong, or the patient left.
    withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
    version       INTEGER NOT NULL DEFAULT 1 CHECK (version >= 1),
    CONSTRAINT escalations_source CHECK ((observation_id IS NULL) <> (assessment_id IS NULL)),
    CONSTRAINT escalations_named CHECK ((attended_at IS NULL) = (length(trim(attended_by)) = 0)
        AND (attended_at IS NOT NULL OR state IN ('open', 'told') OR (state = 'closed' AND withdrawn))
        AND (attended_at IS NULL OR state IN ('attended', 'closed'))),
    CONSTRAINT escalations_closed CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL) = (closed_by IS NULL)
        AND (state = 'closed' OR NOT withdrawn)),
    CONSTRAINT escalations_times CHECK (answer_by > opened_at AND (attended_at IS NULL OR attended_at >= opened_at)
        AND (closed_at IS NULL OR closed_at >= opened_at))
) STRICT;
INSERT INTO escalations_new (id, admission_id, patient_id, clinic_id, observation_id, because, score, level, state, opened_at, answer_by,
    attended_at, attended_by, closed_at, closed_by, withdrawn, version)
SELECT id, admission_id, patient_id, clinic_id, observation_id, because, score, level, state, opened_at, answer_by,
    attended_at, attended_by, closed_at, closed_by, withdrawn, version FROM escalations;
CREATE TABLE escalation_steps_new (
    id            BLOB PRIMARY KEY NOT NULL,
    escalation_id BLOB NOT NULL REFERENCES escalations_new (id),
    nth           INTEGER NOT NULL CHECK (nth >= 1),
    step          TEXT NOT NULL CHECK (step IN ('opened', 'raised', 'told', 'attended', 'closed', 'withdrawn')),
    level         INTEGER NOT NULL CHECK (level BETWEEN 1 AND 3),
    at            TEXT NOT NULL,
    by_user       BLOB NOT NULL REFERENCES users (id),
    -- The person who was told, or who attended.
    whom          TEXT NOT NULL DEFAULT '' CHECK (length(whom) <= 120),
    -- The note: what was said or done.
    sealed        BLOB NOT NULL DEFAULT x'' CHECK (length(sealed) <= 200000),
    CONSTRAINT escalation_steps_in_turn UNIQUE (escalation_id, nth),
    CONSTRAINT escalation_steps_named CHECK (step NOT IN ('told', 'attended') OR length(trim(whom)) > 0)
) STRICT;
INSERT INTO escalation_steps_new (id, escalation_id, nth, step, level, at, by_user, whom, sealed) SELECT id, escalation_id, nth, step, level, at, by_user, whom, sealed FROM escalation_steps;
DROP TABLE escalation_steps;
DROP TABLE escalations;
ALTER TABLE escalations_new RENAME TO escalations;
ALTER TABLE escalation_steps_new RENAME TO escalation_steps;
CREATE UNIQUE INDEX escalations_one_open ON escalations (admission_id) WHERE state <> 'closed';
CREATE INDEX escalations_of_clinic ON escalations (clinic_id, answer_by) WHERE state <> 'closed';
CREATE INDEX escalations_unmet ON escalations (answer_by) WHERE state IN ('open', 'told');
CREATE INDEX escalations_of_admission ON escalations (admission_id, opened_at);
CREATE INDEX escalations_by_patient ON escalations (patient_id, opened_at);
CREATE INDEX escalations_by_set ON escalations (observation_id);
CREATE INDEX escalations_by_assessment ON escalations (assessment_id) WHERE assessment_id IS NOT NULL;
-- An escalation is of the patient of its set, or of its assessment.
CREATE TRIGGER escalations_of_set BEFORE INSERT ON escalations
WHEN NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = NEW.observation_id AND o.admission_id = NEW.admission_id AND o.patient_id = NEW.patient_id
    AND o.clinic_id = NEW.clinic_id)
    AND NOT EXISTS (SELECT 1 FROM assessments s WHERE s.id = NEW.assessment_id AND s.admission_id = NEW.admission_id AND s.patient_id = NEW.patient_id
    AND s.clinic_id = NEW.clinic_id)
BEGIN
    SELECT RAISE(ABORT, 'escalations_of_set');
END;
CREATE TRIGGER escalations_one_open_insert BEFORE INSERT ON escalations
WHEN NEW.state <> 'closed' AND EXISTS (SELECT 1 FROM escalations e WHERE e.admission_id = NEW.admission_id AND e.state <> 'closed')
BEGIN
    SELECT RAISE(ABORT, 'escalations_one_open');
END;
CREATE TRIGGER escalations_admitted BEFORE INSERT ON escalations
WHEN NEW.state <> 'closed' AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted')
BEGIN
    SELECT RAISE(ABORT, 'escalations_admitted');
END;
CREATE TRIGGER escalations_moves BEFORE UPDATE ON escalations
WHEN NOT ((OLD.state = NEW.state AND NEW.state IN ('open', 'told')) OR (OLD.state = 'open' AND NEW.state IN ('told', 'attended'))
        OR (OLD.state = 'told' AND NEW.state = 'attended') OR (OLD.state = 'attended' AND NEW.state IN ('open', 'closed'))
        OR (OLD.state <> 'closed' AND NEW.state = 'closed' AND NEW.withdrawn)) OR NEW.level < OLD.level OR NEW.version <> OLD.version + 1
BEGIN
    SELECT RAISE(ABORT, 'escalations_moves');
END;
CREATE TRIGGER escalations_frozen BEFORE UPDATE ON escalations
WHEN (NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.observation_id, NEW.assessment_id, NEW.because, NEW.opened_at)
    IS NOT (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.observation_id, OLD.assessment_id, OLD.because, OLD.opened_at) OR OLD.state = 'closed'
BEGIN
    SELECT RAISE(ABORT, 'escalations_frozen');
END;
CREATE TRIGGER escalations_kept BEFORE DELETE ON escalations
BEGIN
    SELECT RAISE(ABORT, 'escalations_frozen');
END;
CREATE TRIGGER escalation_steps_frozen BEFORE UPDATE ON escalation_steps
WHEN (NEW.id, NEW.escalation_id, NEW.nth, NEW.step, NEW.level, NEW.at, NEW.by_user, NEW.whom)
    IS NOT (OLD.id, OLD.escalation_id, OLD.nth, OLD.step, OLD.level, OLD.at, OLD.by_user, OLD.whom)
BEGIN
    SELECT RAISE(ABORT, 'escalation_steps_frozen');
END;
CREATE TRIGGER escalation_steps_kept BEFORE DELETE ON escalation_steps
BEGIN
    SELECT RAISE(ABORT, 'escalation_steps_frozen');
END;
CREATE TRIGGER escalation_steps_key_open_insert BEFORE INSERT ON escalation_steps
WHEN EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
CREATE TRIGGER escalation_steps_key_open_update BEFORE UPDATE OF sealed ON escalation_steps WHEN NEW.sealed <> OLD.sealed
    AND EXISTS (SELECT 1 FROM encryption_keys k WHERE k.marker = substr(NEW.sealed, 2, 4) AND k.closed_at IS NOT NULL)
BEGIN
    SELECT RAISE(ABORT, 'encryption_key_closed');
END;
-- The patient left: the escalation ends.
CREATE TRIGGER escalations_end_with_stay AFTER UPDATE OF state ON admissions WHEN NEW.state = 'discharged' AND OLD.state = 'admitted'
BEGIN
    UPDATE escalations SET state = 'closed', withdrawn = (attended_at IS NULL), closed_at = max(NEW.updated_at, opened_at), closed_by = NEW.updated_by,
        version = version + 1 WHERE admission_id = NEW.id AND state <> 'closed';
END;
