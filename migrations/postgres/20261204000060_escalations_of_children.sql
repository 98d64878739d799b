-- An escalation is opened by a set of observations, or by an assessment: the score of children. One that was attended may be called for again at the same
-- level, and one at the highest level that nobody answers is called for again.
ALTER TABLE escalations ALTER COLUMN observation_id DROP NOT NULL;
ALTER TABLE escalations ADD COLUMN assessment_id UUID REFERENCES assessments (id);
ALTER TABLE escalations ADD CONSTRAINT escalations_source CHECK ((observation_id IS NULL) <> (assessment_id IS NULL));
CREATE INDEX escalations_by_assessment ON escalations (assessment_id) WHERE assessment_id IS NOT NULL;
DROP INDEX escalations_unmet;
CREATE INDEX escalations_unmet ON escalations (answer_by) WHERE state IN ('open', 'told');
CREATE OR REPLACE FUNCTION escalations_of_set() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM observations o WHERE o.id = NEW.observation_id AND o.admission_id = NEW.admission_id
        AND o.patient_id = NEW.patient_id AND o.clinic_id = NEW.clinic_id)
        AND NOT EXISTS (SELECT 1 FROM assessments s WHERE s.id = NEW.assessment_id AND s.admission_id = NEW.admission_id
        AND s.patient_id = NEW.patient_id AND s.clinic_id = NEW.clinic_id) THEN
        PERFORM refuse('escalations_of_set');
    END IF;
    IF NEW.state <> 'closed' THEN
        PERFORM 1 FROM admissions a WHERE a.id = NEW.admission_id AND a.state = 'admitted' FOR SHARE;
        IF NOT FOUND THEN
            PERFORM refuse('escalations_admitted');
        END IF;
    END IF;
    RETURN NEW;
END $$;
DROP TRIGGER escalations_moves ON escalations;
CREATE TRIGGER escalations_moves BEFORE UPDATE ON escalations FOR EACH ROW
WHEN (NOT ((OLD.state = NEW.state AND NEW.state IN ('open', 'told')) OR (OLD.state = 'open' AND NEW.state IN ('told', 'attended'))
        OR (OLD.state = 'told' AND NEW.state = 'attended') OR (OLD.state = 'attended' AND NEW.state IN ('open', 'closed'))
        OR (OLD.state <> 'closed' AND NEW.state = 'closed' AND NEW.withdrawn)) OR NEW.level < OLD.level OR NEW.version <> OLD.version + 1)
EXECUTE FUNCTION row_fixed('escalations_moves');
DROP TRIGGER escalations_frozen ON escalations;
CREATE TRIGGER escalations_frozen BEFORE UPDATE ON escalations FOR EACH ROW
WHEN ((NEW.id, NEW.admission_id, NEW.patient_id, NEW.clinic_id, NEW.observation_id, NEW.assessment_id, NEW.because, NEW.opened_at)
    IS DISTINCT FROM (OLD.id, OLD.admission_id, OLD.patient_id, OLD.clinic_id, OLD.observation_id, OLD.assessment_id, OLD.because, OLD.opened_at)
    OR OLD.state = 'closed')
EXECUTE FUNCTION row_fixed('escalations_frozen');
