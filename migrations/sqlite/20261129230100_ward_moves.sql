-- Transfers to other wards and absences while the bed is kept.

CREATE TABLE transfers (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    from_ward_id    BLOB NOT NULL REFERENCES wards (id),
    to_ward_id      BLOB NOT NULL REFERENCES wards (id),
    kind            TEXT NOT NULL CHECK (kind IN ('step_up', 'step_down', 'isolation', 'capacity', 'specialty')),
    -- Situation, background, assessment, recommendation.
    handover        TEXT NOT NULL CONSTRAINT transfers_handover CHECK (length(handover) BETWEEN 1 AND 2000),
    state           TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'completed', 'refused', 'cancelled')),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    asked_at        TEXT NOT NULL,
    asked_by        BLOB NOT NULL REFERENCES users (id),
    ended_at        TEXT,
    version         INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT transfers_elsewhere CHECK (from_ward_id <> to_ward_id),
    CONSTRAINT transfers_times CHECK ((ended_at IS NOT NULL) = (state IN ('completed', 'refused', 'cancelled'))
        AND (ended_at IS NULL OR ended_at >= asked_at))
) STRICT;
CREATE UNIQUE INDEX transfers_one_open ON transfers (admission_id) WHERE state IN ('requested', 'accepted');
CREATE INDEX transfers_of_admission ON transfers (admission_id, asked_at);
CREATE INDEX transfers_coming ON transfers (to_ward_id, asked_at) WHERE state IN ('requested', 'accepted');

CREATE TABLE ward_absences (
    id              BLOB PRIMARY KEY NOT NULL,
    admission_id    BLOB NOT NULL REFERENCES admissions (id),
    kind            TEXT NOT NULL CHECK (kind IN ('theatre', 'imaging', 'leave', 'other_hospital')),
    left_at         TEXT NOT NULL,
    expected_at     TEXT,
    back_at         TEXT,
    note            TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    noted_by        BLOB NOT NULL REFERENCES users (id),
    CONSTRAINT ward_absences_times CHECK ((back_at IS NULL OR back_at >= left_at) AND (expected_at IS NULL OR expected_at >= left_at))
) STRICT;
CREATE UNIQUE INDEX ward_absences_one_open ON ward_absences (admission_id) WHERE back_at IS NULL;
CREATE INDEX ward_absences_of_admission ON ward_absences (admission_id, left_at);

CREATE TRIGGER transfers_one_open_insert BEFORE INSERT ON transfers WHEN NEW.state IN ('requested', 'accepted')
BEGIN
    SELECT RAISE(ABORT, 'transfers_one_open') WHERE EXISTS (SELECT 1 FROM transfers o
        WHERE o.admission_id = NEW.admission_id AND o.id <> NEW.id AND o.state IN ('requested', 'accepted'));
END;
CREATE TRIGGER ward_absences_one_open_insert BEFORE INSERT ON ward_absences WHEN NEW.back_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ward_absences_one_open') WHERE EXISTS (SELECT 1 FROM ward_absences o
        WHERE o.admission_id = NEW.admission_id AND o.id <> NEW.id AND o.back_at IS NULL);
END;
CREATE TRIGGER transfers_states BEFORE UPDATE OF state ON transfers
WHEN NEW.state <> OLD.state AND NOT (
    (OLD.state = 'requested' AND NEW.state IN ('accepted', 'refused', 'cancelled'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('completed', 'refused', 'cancelled')))
BEGIN
    SELECT RAISE(ABORT, 'transfers_states');
END;
-- Both are of a patient who is on a ward.
CREATE TRIGGER transfers_admitted BEFORE INSERT ON transfers WHEN NEW.ended_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'transfers_admitted') WHERE NOT EXISTS (
        SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted');
END;
CREATE TRIGGER ward_absences_admitted BEFORE INSERT ON ward_absences WHEN NEW.back_at IS NULL
BEGIN
    SELECT RAISE(ABORT, 'ward_absences_admitted') WHERE NOT EXISTS (
        SELECT 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' AND a.admitted_at <= NEW.left_at);
END;
CREATE TRIGGER admissions_left_nothing BEFORE UPDATE OF state ON admissions WHEN NEW.state = 'discharged'
BEGIN
    SELECT RAISE(ABORT, 'admissions_left_nothing') WHERE EXISTS (
        SELECT 1 FROM transfers t WHERE t.admission_id = NEW.id AND t.state IN ('requested', 'accepted'))
        OR EXISTS (SELECT 1 FROM ward_absences w WHERE w.admission_id = NEW.id AND w.back_at IS NULL);
END;
