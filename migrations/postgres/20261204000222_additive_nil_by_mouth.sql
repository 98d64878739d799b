-- A patient who must not eat or drink: from when, until when if that is known, and why. A newer row ends the one before, which stays.
CREATE TABLE nil_by_mouth (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    from_at       TIMESTAMPTZ NOT NULL,
    until_at      TIMESTAMPTZ,
    reason        TEXT NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    set_at        TIMESTAMPTZ NOT NULL,
    set_by        UUID NOT NULL REFERENCES users (id),
    ended_at      TIMESTAMPTZ,
    ended_by      UUID REFERENCES users (id),
    CONSTRAINT nil_by_mouth_times CHECK ((until_at IS NULL OR until_at > from_at) AND (ended_at IS NULL OR ended_at >= set_at)
        AND (ended_at IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX nil_by_mouth_one_open ON nil_by_mouth (admission_id) WHERE ended_at IS NULL;
CREATE INDEX nil_by_mouth_of_admission ON nil_by_mouth (admission_id, set_at);
CREATE FUNCTION nil_by_mouth_admitted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('nil_by_mouth_admitted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER nil_by_mouth_admitted BEFORE INSERT ON nil_by_mouth FOR EACH ROW WHEN (NEW.ended_at IS NULL)
EXECUTE FUNCTION nil_by_mouth_admitted();
CREATE TRIGGER nil_by_mouth_fixed BEFORE UPDATE ON nil_by_mouth FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.from_at, NEW.until_at, NEW.reason, NEW.set_at, NEW.set_by)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.from_at, OLD.until_at, OLD.reason, OLD.set_at, OLD.set_by) OR OLD.ended_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('nil_by_mouth_fixed');
CREATE TRIGGER nil_by_mouth_kept BEFORE DELETE ON nil_by_mouth FOR EACH ROW EXECUTE FUNCTION row_fixed('nil_by_mouth_fixed');
ALTER TABLE nil_by_mouth ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON nil_by_mouth
USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = nil_by_mouth.admission_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON nil_by_mouth FROM infirmary_app;
