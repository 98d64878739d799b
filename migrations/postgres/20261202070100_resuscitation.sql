-- The treatment that a patient on a ward gets when the heart stops, as it was decided: by whom, on what ground, and until when it is looked at again. A newer
-- decision replaces the one before, which stays.
CREATE TABLE resuscitation_decisions (
    id            UUID PRIMARY KEY NOT NULL,
    admission_id  UUID NOT NULL REFERENCES admissions (id),
    level         TEXT NOT NULL CHECK (level IN ('full', 'no_cpr', 'no_intensive', 'comfort')),
    ground        TEXT NOT NULL CHECK (ground IN ('patient', 'directive', 'representative', 'clinical')),
    review_on     DATE,
    decided_at    TIMESTAMPTZ NOT NULL,
    decided_by    UUID NOT NULL REFERENCES users (id),
    replaced_at   TIMESTAMPTZ,
    CONSTRAINT resuscitation_times CHECK (replaced_at IS NULL OR replaced_at >= decided_at)
);
CREATE UNIQUE INDEX resuscitation_one_open ON resuscitation_decisions (admission_id) WHERE replaced_at IS NULL;
CREATE INDEX resuscitation_of_admission ON resuscitation_decisions (admission_id, decided_at);
CREATE INDEX resuscitation_by_user ON resuscitation_decisions (decided_by);
CREATE FUNCTION resuscitation_admitted() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' FOR SHARE;
    IF NOT FOUND THEN
        PERFORM refuse('resuscitation_admitted');
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER resuscitation_admitted BEFORE INSERT ON resuscitation_decisions FOR EACH ROW WHEN (NEW.replaced_at IS NULL)
EXECUTE FUNCTION resuscitation_admitted();
CREATE TRIGGER resuscitation_fixed BEFORE UPDATE ON resuscitation_decisions FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.level, NEW.ground, NEW.review_on, NEW.decided_at, NEW.decided_by)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.level, OLD.ground, OLD.review_on, OLD.decided_at, OLD.decided_by) OR OLD.replaced_at IS NOT NULL)
EXECUTE FUNCTION row_fixed('resuscitation_fixed');
CREATE TRIGGER resuscitation_kept BEFORE DELETE ON resuscitation_decisions FOR EACH ROW EXECUTE FUNCTION row_fixed('resuscitation_fixed');
ALTER TABLE resuscitation_decisions ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON resuscitation_decisions
USING (EXISTS (SELECT 1 FROM admissions a WHERE a.id = resuscitation_decisions.admission_id OFFSET 0));
REVOKE DELETE, TRUNCATE ON resuscitation_decisions FROM infirmary_app;
