-- Transfers to other wards and absences while the bed is kept.

CREATE TABLE transfers (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    from_ward_id    UUID NOT NULL REFERENCES wards (id),
    to_ward_id      UUID NOT NULL REFERENCES wards (id),
    kind            TEXT NOT NULL CHECK (kind IN ('step_up', 'step_down', 'isolation', 'capacity', 'specialty')),
    -- Situation, background, assessment, recommendation.
    handover        TEXT NOT NULL CONSTRAINT transfers_handover CHECK (length(handover) BETWEEN 1 AND 2000),
    state           TEXT NOT NULL CHECK (state IN ('requested', 'accepted', 'completed', 'refused', 'cancelled')),
    reason          TEXT NOT NULL DEFAULT '' CHECK (length(reason) <= 500),
    asked_at        TIMESTAMPTZ NOT NULL,
    asked_by        UUID NOT NULL REFERENCES users (id),
    ended_at        TIMESTAMPTZ,
    version         BIGINT NOT NULL DEFAULT 1,
    CONSTRAINT transfers_elsewhere CHECK (from_ward_id <> to_ward_id),
    CONSTRAINT transfers_times CHECK ((ended_at IS NOT NULL) = (state IN ('completed', 'refused', 'cancelled'))
        AND (ended_at IS NULL OR ended_at >= asked_at))
);
CREATE UNIQUE INDEX transfers_one_open ON transfers (admission_id) WHERE state IN ('requested', 'accepted');
CREATE INDEX transfers_of_admission ON transfers (admission_id, asked_at);
CREATE INDEX transfers_coming ON transfers (to_ward_id, asked_at) WHERE state IN ('requested', 'accepted');

CREATE TABLE ward_absences (
    id              UUID PRIMARY KEY NOT NULL,
    admission_id    UUID NOT NULL REFERENCES admissions (id),
    kind            TEXT NOT NULL CHECK (kind IN ('theatre', 'imaging', 'leave', 'other_hospital')),
    left_at         TIMESTAMPTZ NOT NULL,
    expected_at     TIMESTAMPTZ,
    back_at         TIMESTAMPTZ,
    note            TEXT NOT NULL DEFAULT '' CHECK (length(note) <= 500),
    noted_by        UUID NOT NULL REFERENCES users (id),
    CONSTRAINT ward_absences_times CHECK ((back_at IS NULL OR back_at >= left_at) AND (expected_at IS NULL OR expected_at >= left_at))
);
CREATE UNIQUE INDEX ward_absences_one_open ON ward_absences (admission_id) WHERE back_at IS NULL;
CREATE INDEX ward_absences_of_admission ON ward_absences (admission_id, left_at);

CREATE TRIGGER transfers_states BEFORE UPDATE OF state ON transfers FOR EACH ROW
WHEN (NEW.state <> OLD.state AND NOT (
    (OLD.state = 'requested' AND NEW.state IN ('accepted', 'refused', 'cancelled'))
    OR (OLD.state = 'accepted' AND NEW.state IN ('completed', 'refused', 'cancelled'))))
EXECUTE FUNCTION row_fixed('transfers_states');
-- Both are of a patient who is on a ward.
CREATE FUNCTION transfers_admitted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('transfers_admitted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER transfers_admitted BEFORE INSERT ON transfers FOR EACH ROW WHEN (NEW.ended_at IS NULL) EXECUTE FUNCTION transfers_admitted();
CREATE FUNCTION ward_absences_admitted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' AND a.admitted_at <= NEW.left_at FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('ward_absences_admitted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER ward_absences_admitted BEFORE INSERT ON ward_absences FOR EACH ROW WHEN (NEW.back_at IS NULL)
EXECUTE FUNCTION ward_absences_admitted();
CREATE FUNCTION admissions_left_nothing() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM transfers t WHERE t.admission_id = NEW.id AND t.state IN ('requested', 'accepted'))
        OR EXISTS (SELECT 1 FROM ward_absences w WHERE w.admission_id = NEW.id AND w.back_at IS NULL) THEN
        PERFORM refuse('admissions_left_nothing');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER admissions_left_nothing BEFORE UPDATE OF state ON admissions FOR EACH ROW
WHEN (NEW.state = 'discharged') EXECUTE FUNCTION admissions_left_nothing();

ALTER TABLE transfers ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON transfers USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = transfers.admission_id OFFSET 0));
ALTER TABLE ward_absences ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON ward_absences USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = ward_absences.admission_id OFFSET 0));
