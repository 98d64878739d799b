-- Swaps of beds that somebody proposed; the beds are swapped by another act.

CREATE TABLE bed_swaps (
    id              UUID PRIMARY KEY NOT NULL,
    -- The two patients.
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    with_id         UUID NOT NULL REFERENCES admissions (id),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    state           TEXT NOT NULL CHECK (state IN ('proposed', 'done', 'withdrawn')),
    proposed_at     TIMESTAMPTZ NOT NULL,
    proposed_by     UUID NOT NULL REFERENCES users (id),
    ended_at        TIMESTAMPTZ,
    CONSTRAINT bed_swaps_two CHECK (admission_id <> with_id),
    CONSTRAINT bed_swaps_times CHECK ((ended_at IS NULL) = (state = 'proposed') AND (ended_at IS NULL OR ended_at >= proposed_at))
);
CREATE UNIQUE INDEX bed_swaps_one_open ON bed_swaps (admission_id) WHERE state = 'proposed';
CREATE INDEX bed_swaps_with_open ON bed_swaps (with_id) WHERE state = 'proposed';
CREATE INDEX bed_swaps_of_admission ON bed_swaps (admission_id, proposed_at);

-- Both are on a ward.
CREATE FUNCTION bed_swaps_admitted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id IN (NEW.admission_id, NEW.with_id) AND a.state <> 'admitted';
    IF FOUND THEN
        PERFORM refuse('bed_swaps_admitted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER bed_swaps_admitted BEFORE INSERT ON bed_swaps FOR EACH ROW WHEN (NEW.state = 'proposed') EXECUTE FUNCTION bed_swaps_admitted();
CREATE TRIGGER bed_swaps_states BEFORE UPDATE ON bed_swaps FOR EACH ROW
WHEN (OLD.state <> 'proposed' OR NEW.admission_id <> OLD.admission_id OR NEW.with_id <> OLD.with_id OR NEW.proposed_at <> OLD.proposed_at)
EXECUTE FUNCTION row_fixed('bed_swaps_states');

ALTER TABLE bed_swaps ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON bed_swaps USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = bed_swaps.admission_id OFFSET 0));
