-- Discharge in steps, and the days in a bed that are charged.

CREATE TABLE discharges (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    kind            TEXT NOT NULL CHECK (kind IN ('home', 'transferred_out', 'against_advice', 'absconded', 'died', 'other_care')),
    admitted_at     TEXT NOT NULL,
    decided_at      TEXT NOT NULL,
    decided_by      BLOB NOT NULL REFERENCES users (id),
    diagnosis       TEXT NOT NULL CONSTRAINT discharges_diagnosis CHECK (length(diagnosis) BETWEEN 1 AND 500),
    course          TEXT NOT NULL DEFAULT '' CHECK (length(course) <= 4000),
    medicines       TEXT NOT NULL DEFAULT '' CHECK (length(medicines) <= 2000),
    follow_up       TEXT NOT NULL DEFAULT '' CHECK (length(follow_up) <= 1000),
    pending         TEXT NOT NULL DEFAULT '' CHECK (length(pending) <= 1000),
    -- The hospital or the place that goes on with the care, and the person there who agreed.
    place           TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 200),
    acceptor        TEXT NOT NULL DEFAULT '' CHECK (length(acceptor) <= 200),
    -- Against advice: the risks were explained to a patient who is able to decide, before a witness.
    capacity        INTEGER NOT NULL DEFAULT 0 CHECK (capacity IN (0, 1)),
    witness         TEXT NOT NULL DEFAULT '' CHECK (length(witness) <= 200),
    -- Absconded: when the patient was last seen, and who was told.
    last_seen_at    TEXT,
    told            TEXT NOT NULL DEFAULT '' CHECK (length(told) <= 200),
    died_at         TEXT,
    verified_by     TEXT NOT NULL DEFAULT '' CHECK (length(verified_by) <= 200),
    cause           TEXT NOT NULL DEFAULT '' CHECK (length(cause) <= 500),
    coroner         INTEGER NOT NULL DEFAULT 0 CHECK (coroner IN (0, 1)),
    left_at         TEXT,
    -- Taken back: the patient is on the ward again.
    voided_at       TEXT,
    CONSTRAINT discharges_times CHECK (decided_at >= admitted_at AND (left_at IS NULL OR left_at >= admitted_at)
        AND (died_at IS NULL OR (died_at >= admitted_at AND (left_at IS NULL OR left_at >= died_at)))
        AND (last_seen_at IS NULL OR last_seen_at >= admitted_at)),
    CONSTRAINT discharges_kind_data CHECK (CASE kind
        WHEN 'transferred_out' THEN length(place) > 0 AND length(acceptor) > 0
        WHEN 'other_care' THEN length(place) > 0
        WHEN 'against_advice' THEN capacity = 1 AND length(witness) > 0
        WHEN 'absconded' THEN last_seen_at IS NOT NULL AND length(told) > 0
        WHEN 'died' THEN died_at IS NOT NULL AND length(verified_by) > 0
        ELSE TRUE END AND (kind = 'died') = (died_at IS NOT NULL))
) STRICT;
CREATE UNIQUE INDEX discharges_one ON discharges (admission_id) WHERE voided_at IS NULL;
CREATE INDEX discharges_of_admission ON discharges (admission_id, decided_at);

CREATE TABLE discharge_steps (
    id              BLOB PRIMARY KEY NOT NULL,
    discharge_id    BLOB NOT NULL REFERENCES discharges (id),
    step            TEXT NOT NULL CHECK (step IN ('clinical', 'pharmacy', 'nursing', 'billing', 'physical')),
    state           TEXT NOT NULL CHECK (state IN ('open', 'done', 'not_needed', 'overridden')),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    done_at         TEXT,
    done_by         BLOB REFERENCES users (id),
    CONSTRAINT discharge_steps_once UNIQUE (discharge_id, step),
    CONSTRAINT discharge_steps_done CHECK ((state = 'open') = (done_at IS NULL) AND (state <> 'overridden' OR length(reason) > 0))
) STRICT;

CREATE TABLE bed_days (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    -- The clinic's day.
    day             TEXT NOT NULL,
    bed_id          BLOB NOT NULL REFERENCES beds (id),
    class_id        BLOB NOT NULL REFERENCES bed_classes (id),
    kind            TEXT NOT NULL CHECK (kind IN ('stay', 'leave', 'cot')),
    item_id         BLOB NOT NULL REFERENCES price_items (id),
    created_at      TEXT NOT NULL,
    CONSTRAINT bed_days_once UNIQUE (admission_id, day)
) STRICT;

CREATE TRIGGER discharges_one_insert BEFORE INSERT ON discharges WHEN NEW.voided_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'discharges_one') WHERE EXISTS (SELECT 1 FROM discharges o
        WHERE o.admission_id = NEW.admission_id AND o.id <> NEW.id AND o.voided_at IS NULL);
END;
-- The patient leaves when all other steps are settled.
CREATE TRIGGER discharge_physical_last_insert BEFORE INSERT ON discharge_steps WHEN NEW.step = 'physical' AND NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'discharge_physical_last') WHERE (SELECT count(*) FROM discharge_steps s
        WHERE s.discharge_id = NEW.discharge_id AND s.step <> 'physical' AND s.state <> 'open') < 4;
END;
CREATE TRIGGER discharge_physical_last BEFORE UPDATE OF state ON discharge_steps WHEN NEW.step = 'physical' AND NEW.state <> 'open'
BEGIN
    SELECT RAISE(ABORT, 'discharge_physical_last') WHERE (SELECT count(*) FROM discharge_steps s
        WHERE s.discharge_id = NEW.discharge_id AND s.step <> 'physical' AND s.state <> 'open') < 4;
END;
CREATE TRIGGER bed_days_kept BEFORE DELETE ON bed_days
BEGIN
    SELECT RAISE(ABORT, 'bed_days_kept');
END;
