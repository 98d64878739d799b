-- A patient who must not eat or drink: from when, until when if that is known, and why. A newer row ends the one before, which stays.
CREATE TABLE nil_by_mouth (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    from_at       TEXT NOT NULL,
    until_at      TEXT,
    reason        TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    set_at        TEXT NOT NULL,
    set_by        BLOB NOT NULL REFERENCES users (id),
    ended_at      TEXT,
    ended_by      BLOB REFERENCES users (id),
    CONSTRAINT nil_by_mouth_times CHECK ((until_at IS NULL OR until_at > from_at) AND (ended_at IS NULL OR ended_at >= set_at)
        AND (ended_at IS NULL) = (ended_by IS NULL))
) STRICT;
CREATE UNIQUE INDEX nil_by_mouth_one_open ON nil_by_mouth (admission_id) WHERE ended_at IS NULL;
CREATE INDEX nil_by_mouth_of_admission ON nil_by_mouth (admission_id, set_at);
CREATE TRIGGER nil_by_mouth_admitted BEFORE INSERT ON nil_by_mouth
WHEN NEW.ended_at IS NULL AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted')
BEGIN
    SELECT RAISE(ABORT, 'nil_by_mouth_admitted');
END;
CREATE TRIGGER nil_by_mouth_fixed BEFORE UPDATE ON nil_by_mouth
WHEN (NEW.id, NEW.admission_id, NEW.from_at, NEW.until_at, NEW.reason, NEW.set_at, NEW.set_by)
    IS NOT (OLD.id, OLD.admission_id, OLD.from_at, OLD.until_at, OLD.reason, OLD.set_at, OLD.set_by) OR OLD.ended_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'nil_by_mouth_fixed');
END;
CREATE TRIGGER nil_by_mouth_kept BEFORE DELETE ON nil_by_mouth
BEGIN
    SELECT RAISE(ABORT, 'nil_by_mouth_fixed');
END;
