-- Swaps of beds that somebody proposed; the beds are swapped by another act.

CREATE TABLE bed_swaps (
    id              BLOB PRIMARY KEY NOT NULL,
    -- The two patients.
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    with_id         BLOB NOT NULL REFERENCES admissions (id),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    state           TEXT NOT NULL CHECK (state IN ('proposed', 'done', 'withdrawn')),
    proposed_at     TEXT NOT NULL,
    proposed_by     BLOB NOT NULL REFERENCES users (id),
    ended_at        TEXT,
    CONSTRAINT bed_swaps_two CHECK (admission_id <> with_id),
    CONSTRAINT bed_swaps_times CHECK ((ended_at IS NULL) = (state = 'proposed') AND (ended_at IS NULL OR ended_at >= proposed_at))
) STRICT;
CREATE UNIQUE INDEX bed_swaps_one_open ON bed_swaps (admission_id) WHERE state = 'proposed';
CREATE INDEX bed_swaps_with_open ON bed_swaps (with_id) WHERE state = 'proposed';
CREATE INDEX bed_swaps_of_admission ON bed_swaps (admission_id, proposed_at);

CREATE TRIGGER bed_swaps_one_open_insert BEFORE INSERT ON bed_swaps WHEN NEW.state = 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'bed_swaps_one_open') WHERE EXISTS (SELECT 1 FROM bed_swaps o
        WHERE o.admission_id = NEW.admission_id AND o.id <> NEW.id AND o.state = 'proposed');
END;
-- Both are on a ward.
CREATE TRIGGER bed_swaps_admitted BEFORE INSERT ON bed_swaps WHEN NEW.state = 'proposed'
BEGIN
    SELECT RAISE(ABORT, 'bed_swaps_admitted') WHERE 2 > (
        SELECT count(*) FROM admissions a WHERE a.id IN (NEW.admission_id, NEW.with_id) AND a.state = 'admitted');
END;
CREATE TRIGGER bed_swaps_states BEFORE UPDATE ON bed_swaps
WHEN OLD.state <> 'proposed' OR NEW.admission_id <> OLD.admission_id OR NEW.with_id <> OLD.with_id OR NEW.proposed_at <> OLD.proposed_at
BEGIN
    SELECT RAISE(ABORT, 'bed_swaps_states');
END;
