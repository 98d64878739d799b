-- Discharge in steps, and the days in a bed that are charged.

CREATE TABLE discharges (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    kind            TEXT NOT NULL CHECK (kind IN ('home', 'transferred_out', 'against_advice', 'absconded', 'died', 'other_care')),
    admitted_at     TIMESTAMPTZ NOT NULL,
    decided_at      TIMESTAMPTZ NOT NULL,
    decided_by      UUID NOT NULL REFERENCES users (id),
    diagnosis       TEXT NOT NULL CONSTRAINT discharges_diagnosis CHECK (length(diagnosis) BETWEEN 1 AND 500),
    course          TEXT NOT NULL DEFAULT '' CHECK (length(course) <= 4000),
    medicines       TEXT NOT NULL DEFAULT '' CHECK (length(medicines) <= 2000),
    follow_up       TEXT NOT NULL DEFAULT '' CHECK (length(follow_up) <= 1000),
    pending         TEXT NOT NULL DEFAULT '' CHECK (length(pending) <= 1000),
    -- The hospital or the place that goes on with the care, and the person there who agreed.
    place           TEXT NOT NULL DEFAULT '' CHECK (length(place) <= 200),
    acceptor        TEXT NOT NULL DEFAULT '' CHECK (length(acceptor) <= 200),
    -- Against advice: the risks were explained to a patient who is able to decide, before a witness.
    capacity        BOOLEAN NOT NULL DEFAULT false,
    witness         TEXT NOT NULL DEFAULT '' CHECK (length(witness) <= 200),
    -- Absconded: when the patient was last seen, and who was told.
    last_seen_at    TIMESTAMPTZ,
    told            TEXT NOT NULL DEFAULT '' CHECK (length(told) <= 200),
    died_at         TIMESTAMPTZ,
    verified_by     TEXT NOT NULL DEFAULT '' CHECK (length(verified_by) <= 200),
    cause           TEXT NOT NULL DEFAULT '' CHECK (length(cause) <= 500),
    coroner         BOOLEAN NOT NULL DEFAULT false,
    left_at         TIMESTAMPTZ,
    -- Taken back: the patient is on the ward again.
    voided_at       TIMESTAMPTZ,
    CONSTRAINT discharges_times CHECK (decided_at >= admitted_at AND (left_at IS NULL OR left_at >= admitted_at)
        AND (died_at IS NULL OR (died_at >= admitted_at AND (left_at IS NULL OR left_at >= died_at)))
        AND (last_seen_at IS NULL OR last_seen_at >= admitted_at)),
    CONSTRAINT discharges_kind_data CHECK (CASE kind
        WHEN 'transferred_out' THEN length(place) > 0 AND length(acceptor) > 0
        WHEN 'other_care' THEN length(place) > 0
        WHEN 'against_advice' THEN capacity AND length(witness) > 0
        WHEN 'absconded' THEN last_seen_at IS NOT NULL AND length(told) > 0
        WHEN 'died' THEN died_at IS NOT NULL AND length(verified_by) > 0
        ELSE TRUE END AND (kind = 'died') = (died_at IS NOT NULL))
);
CREATE UNIQUE INDEX discharges_one ON discharges (admission_id) WHERE voided_at IS NULL;
CREATE INDEX discharges_of_admission ON discharges (admission_id, decided_at);

CREATE TABLE discharge_steps (
    id              UUID PRIMARY KEY NOT NULL,
    discharge_id    UUID NOT NULL REFERENCES discharges (id),
    step            TEXT NOT NULL CHECK (step IN ('clinical', 'pharmacy', 'nursing', 'billing', 'physical')),
    state           TEXT NOT NULL CHECK (state IN ('open', 'done', 'not_needed', 'overridden')),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    done_at         TIMESTAMPTZ,
    done_by         UUID REFERENCES users (id),
    CONSTRAINT discharge_steps_once UNIQUE (discharge_id, step),
    CONSTRAINT discharge_steps_done CHECK ((state = 'open') = (done_at IS NULL) AND (state <> 'overridden' OR length(reason) > 0))
);

CREATE TABLE bed_days (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    -- The clinic's day.
    day             DATE NOT NULL,
    bed_id          UUID NOT NULL REFERENCES beds (id),
    class_id        UUID NOT NULL REFERENCES bed_classes (id),
    kind            TEXT NOT NULL CHECK (kind IN ('stay', 'leave', 'cot')),
    item_id         UUID NOT NULL REFERENCES price_items (id),
    created_at      TIMESTAMPTZ NOT NULL,
    CONSTRAINT bed_days_once UNIQUE (admission_id, day)
);

-- The patient leaves when all other steps are settled.
CREATE FUNCTION discharge_physical_last() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM discharge_steps s WHERE s.discharge_id = NEW.discharge_id AND s.step <> 'physical' AND s.state <> 'open') < 4 THEN
        PERFORM refuse('discharge_physical_last');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER discharge_physical_last BEFORE INSERT OR UPDATE OF state ON discharge_steps FOR EACH ROW
WHEN (NEW.step = 'physical' AND NEW.state <> 'open') EXECUTE FUNCTION discharge_physical_last();
CREATE TRIGGER bed_days_kept BEFORE DELETE ON bed_days FOR EACH ROW EXECUTE FUNCTION row_fixed('bed_days_kept');

ALTER TABLE discharges ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON discharges USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = discharges.admission_id OFFSET 0));
ALTER TABLE discharge_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON discharge_steps USING (EXISTS (SELECT 1 FROM discharges d WHERE d.id = discharge_steps.discharge_id OFFSET 0));
ALTER TABLE bed_days ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON bed_days USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = bed_days.admission_id OFFSET 0));
