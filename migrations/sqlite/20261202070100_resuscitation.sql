-- The treatment that a patient on a ward gets when the heart stops, as it was decided: by whom, on what ground, and until when it is looked at again. A newer
-- decision replaces the one before, which stays.
CREATE TABLE resuscitation_decisions (
    id            BLOB PRIMARY KEY NOT NULL,
    admission_id  BLOB NOT NULL REFERENCES admissions (id),
    level         TEXT NOT NULL CHECK (level IN ('full', 'no_cpr', 'no_intensive', 'comfort')),
    ground        TEXT NOT NULL CHECK (ground IN ('patient', 'directive', 'representative', 'clinical')),
    review_on     TEXT,
    decided_at    TEXT NOT NULL,
    decided_by    BLOB NOT NULL REFERENCES users (id),
    replaced_at   TEXT,
    CONSTRAINT resuscitation_times CHECK (replaced_at IS NULL OR replaced_at >= decided_at)
) STRICT;
CREATE UNIQUE INDEX resuscitation_one_open ON resuscitation_decisions (admission_id) WHERE replaced_at IS NULL;
CREATE INDEX resuscitation_of_admission ON resuscitation_decisions (admission_id, decided_at);
CREATE INDEX resuscitation_by_user ON resuscitation_decisions (decided_by);
CREATE TRIGGER resuscitation_admitted BEFORE INSERT ON resuscitation_decisions
WHEN NEW.replaced_at IS NULL AND NOT EXISTS (SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted')
BEGIN
    SELECT RAISE(ABORT, 'resuscitation_admitted');
END;
CREATE TRIGGER resuscitation_fixed BEFORE UPDATE ON resuscitation_decisions
WHEN (NEW.id, NEW.admission_id, NEW.level, NEW.ground, NEW.review_on, NEW.decided_at, NEW.decided_by)
    IS NOT (OLD.id, OLD.admission_id, OLD.level, OLD.ground, OLD.review_on, OLD.decided_at, OLD.decided_by) OR OLD.replaced_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'resuscitation_fixed');
END;
CREATE TRIGGER resuscitation_kept BEFORE DELETE ON resuscitation_decisions
BEGIN
    SELECT RAISE(ABORT, 'resuscitation_fixed');
END;
